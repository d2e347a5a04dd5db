"""Configuration of the clinic and its staff, for administrators: the only two tables that the admin shows.

Nothing that was told, decided or given can be reached here, and what is changed goes through actions.
"""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from postlude.errors import PostludeError
from postlude.registry.actions import clinic as clinic_actions
from postlude.registry.actions import staff as staff_actions
from postlude.registry.clinic import clinic
from postlude.registry.models import Clinic, Staff
from postlude.registry.roles import Permission, role_of
from postlude.web.access import actor
from postlude.web.configuration import NewStaffForm, StaffForm, clinic_form


class Administration(admin.AdminSite):
    """Opens to whoever may configure, with a second factor where one is needed."""

    site_header = site_title = "Configuration"
    index_title = "What the clinic says of itself, and who works there"
    enable_nav_sidebar = False
    site_url = "/clinic/"

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if not (user.is_active and user.is_authenticated and _may(user)):
            return False
        return not settings.SECOND_FACTOR_NEEDED or is_mfa_enabled(user)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send whoever may not come in to where they can; the log-in itself is the site's own."""
        user: Any = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.GET.get("next", reverse("admin:index")))
        if not _may(user):
            raise PermissionDenied
        return redirect("admin:index" if self.has_permission(request) else "mfa_index")


def _may(user: Any) -> bool:
    return Permission.CONFIGURE in role_of(user.role).permissions


class _Table(admin.ModelAdmin):
    """What all tables here share: who may come in may change; nobody removes; the history is the audit."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    has_change_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect("/clinic/audit/")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Leave it to the audit, which the action has written."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Leave it to the audit, which the action has written."""


class ClinicTable(_Table):
    """One row, opened at once."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return clinic_form()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return clinic_form().SECTIONS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:registry_clinic_change", "1")

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Clinic:
        return clinic()

    def save_model(self, request: HttpRequest, obj: Clinic, form: Any, change: bool) -> None:
        clinic_actions.configure(clinic=obj, by=actor(request))


class StaffTable(_Table):
    """Accounts with their roles."""

    list_display = ("says", "username", "role", "profession", "on_call", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("last_name", "first_name")
    actions = ("take_second_factor",)

    def get_form(self, request: HttpRequest, obj: Staff | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = StaffForm if obj else NewStaffForm
        return type(form.__name__, (form,), {"by": actor(request)})

    def get_fieldsets(self, request: HttpRequest, obj: Staff | None = None) -> Any:
        return (StaffForm if obj else NewStaffForm).SECTIONS

    def save_model(self, request: HttpRequest, obj: Staff, form: Any, change: bool) -> None:
        does = staff_actions.amend if change else staff_actions.enter
        does(staff=obj, by=actor(request))

    @admin.action(description="Take the second factor off (the phone or key is lost)")
    def take_second_factor(self, request: HttpRequest, queryset: QuerySet[Staff]) -> None:
        for staff in queryset:
            try:
                staff_actions.lose_second_factor(staff=staff, by=actor(request), why="lost, as an administrator says")
            except PostludeError as error:
                self.message_user(request, str(error), messages.WARNING)


site = Administration(name="admin")
site.register(Clinic, ClinicTable)
site.register(Staff, StaffTable)
