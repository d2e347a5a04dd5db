"""The forms in which an administrator configures the clinic and its staff."""

from typing import Any, ClassVar

from django import forms
from django.contrib.auth.forms import SetPasswordMixin

from postlude.registry.actor import Actor
from postlude.registry.knowledge import catalogue
from postlude.registry.models import Clinic, Staff
from postlude.registry.models.clinic import IN_LANGUAGES
from postlude.registry.roles import ROLES

_DAYS = (
    ("1", "Monday"),
    ("2", "Tuesday"),
    ("3", "Wednesday"),
    ("4", "Thursday"),
    ("5", "Friday"),
    ("6", "Saturday"),
    ("7", "Sunday"),
)
Sections = tuple[tuple[str, dict[str, Any]], ...]


class ClinicForm(forms.ModelForm):
    """What the clinic says of itself."""

    staffed_days = forms.MultipleChoiceField(
        label="Days on which somebody is there",
        choices=_DAYS,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    offers = forms.MultipleChoiceField(
        label="Treatments given here",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: the clinic has not said; nothing is left out of what people are shown.",
    )
    languages = forms.MultipleChoiceField(
        label="Languages beside English",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Patients are offered a language once a clinical translator has signed it.",
    )

    class Meta:
        model = Clinic
        exclude = ("in_languages",)
        labels: ClassVar = {
            "email": "E-mail address",
            "hours": "Opening hours, in words",
            "out_of_hours": "When nobody is there",
            "call_within_hours": "Call people who are not urgent within, hours",
            "acknowledge_emergency_minutes": "Take on an emergency within, minutes",
            "acknowledge_urgent_minutes": "Take on what is urgent within, minutes",
            "escalate_to": "Then tell, by e-mail",
            "remind_days_before": "Remind people of an appointment, days before",
            "show_options": "Show the options to patients",
            "link_days": "Private links work for, days",
            "largest_attachment_mb": "Largest paper, MB",
        }
        help_texts: ClassVar = {
            "name": "As patients read it. Empty: as clinic.toml of the knowledge has it; so for all of these.",
            "emergency_number": "The number that people are told to call in an emergency.",
            "crisis_line": "Whom people can call day and night who think of ending their life.",
            "out_of_hours": "Who answers when nobody is there. Patients read this on every page.",
            "staffed_from": "Both or neither. Outside these times people are told so at once.",
            "acknowledge_emergency_minutes": "After so many minutes an emergency that nobody has taken on escalates.",
            "acknowledge_urgent_minutes": "The same, for what is urgent.",
            "remind_days_before": "By e-mail or text message, where they agreed to it; 0: never. Two is our choice.",
            "link_days": "Days for which a private link works.",
            "show_options": "Off: a released result says what happens next, and no options.",
        }

    SECTIONS: ClassVar[Sections] = (
        ("Who we are", {"fields": ("name", "address", "telephone", "email")}),
        ("In an emergency", {"fields": ("emergency_number", "crisis_line")}),
        (
            "When somebody is there",
            {"fields": ("hours", "out_of_hours", "staffed_days", "staffed_from", "staffed_until")},
        ),
        (
            "Who is called, and until when",
            {
                "fields": (
                    "call_within_hours",
                    "acknowledge_emergency_minutes",
                    "acknowledge_urgent_minutes",
                    "escalate_to",
                    "remind_days_before",
                )
            },
        ),
        ("What patients are shown", {"fields": ("show_options", "offers", "languages", "link_days")}),
        ("Papers that come in", {"fields": ("largest_attachment_mb",)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = catalogue()
        treatments = sorted(known.treatments.values(), key=lambda treatment: treatment.name)
        self.fields["offers"].choices = [(treatment.id, treatment.name) for treatment in treatments]
        self.fields["languages"].choices = [(code, made.name) for code, made in known.translations.items()]
        self.initial["staffed_days"] = list(self.instance.staffed_days)
        for code, told in self.instance.in_languages.items():
            self.initial |= {f"{name}_in_{code}": text for name, text in told.items()}

    def clean_staffed_days(self) -> str:
        return "".join(sorted(self.cleaned_data["staffed_days"]))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.in_languages = _in_languages(said)
        start, end = said.get("staffed_from"), said.get("staffed_until")
        if (start is None) != (end is None):
            self.add_error("staffed_until" if start else "staffed_from", "Say both times, or neither.")
        elif start is not None and end is not None and start >= end:
            self.add_error("staffed_until", f"This has to be later than {start:%H:%M}.")
        for name, least, most in (
            ("call_within_hours", 1, 336),
            ("acknowledge_emergency_minutes", 1, 60),
            ("acknowledge_urgent_minutes", 5, 2880),
            ("remind_days_before", 0, 30),
            ("link_days", 1, 365),
            ("largest_attachment_mb", 1, 100),
        ):
            value = said.get(name)
            if value is not None and not least <= value <= most:
                self.add_error(name, f"Found {value}; a whole number from {least} to {most} is needed.")
        return said


def clinic_form() -> type[ClinicForm]:
    """Return the form of the configuration, with what is said in words once more for each other language."""
    fields: dict[str, forms.Field] = {}
    for code, made in catalogue().translations.items():
        for name in IN_LANGUAGES:
            label = f"{ClinicForm.Meta.labels.get(name) or name.replace('_', ' ').capitalize()}: {made.name}"
            fields[f"{name}_in_{code}"] = forms.CharField(
                label=label,
                required=False,
                max_length=Clinic._meta.get_field(name).max_length or 2000,
                widget=forms.Textarea({"rows": 3}) if name == "out_of_hours" else forms.TextInput,
            )
    told = {
        "fields": tuple(fields),
        "description": "What you say above, for people who read another language. "
        "Left empty, they read what stands above, marked as English.",
    }
    sections = (*ClinicForm.SECTIONS[:-1], ("In other languages", told), ClinicForm.SECTIONS[-1])
    return type("ClinicForm", (ClinicForm,), {**fields, "SECTIONS": sections})


def _in_languages(said: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return what was said in other languages, by language and field, without what is empty."""
    found: dict[str, dict[str, str]] = {}
    for key, text in said.items():
        name, found_in, code = key.partition("_in_")
        if found_in and name in IN_LANGUAGES and text:
            found.setdefault(code, {})[name] = text
    return found


class StaffForm(forms.ModelForm):
    """An account that is there."""

    by: ClassVar[Actor | None] = None

    role = forms.ChoiceField(
        choices=[
            ("", "none yet: may do nothing"),
            *((role.id, f"{role.name}: {role.says}") for role in ROLES.values()),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    class Meta:
        model = Staff
        fields: ClassVar[tuple[str, ...]] = (
            "username",
            "first_name",
            "last_name",
            "email",
            "profession",
            "role",
            "sms",
            "on_call",
            "is_active",
        )
        labels: ClassVar = {"sms": "Mobile number", "is_active": "May log in"}
        help_texts: ClassVar = {
            "sms": "Where alerts reach them.",
            "is_active": "Switch this off when somebody leaves; the history goes on naming them.",
        }

    SECTIONS: ClassVar[Sections] = (
        ("Who it is", {"fields": ("username", "first_name", "last_name", "email", "profession")}),
        ("What they may do", {"fields": ("role",)}),
        ("Alerts", {"fields": ("sms", "on_call")}),
        ("The account", {"fields": ("is_active",)}),
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        own = self.instance.pk is not None and self.by == Actor.staff(self.instance)
        if own and (said.get("role") != self.initial["role"] or not said.get("is_active")):
            raise forms.ValidationError("Another administrator changes your role or closes your account.")
        return said


class NewStaffForm(SetPasswordMixin, StaffForm):
    """An account to be given out, with a first password."""

    password1, password2 = SetPasswordMixin.create_password_fields(
        label1="First password", label2="First password, once more"
    )

    class Meta(StaffForm.Meta):
        fields = StaffForm.Meta.fields[:-1]

    SECTIONS: ClassVar[Sections] = (
        *StaffForm.SECTIONS[:3],
        ("How they log in first", {"fields": ("password1", "password2")}),
    )

    def clean(self) -> dict[str, Any]:
        self.validate_passwords()
        self.validate_password_for_user(self.instance)
        return super().clean()

    def save(self, commit: bool = True) -> Staff:
        staff: Staff = super().save(commit=False)
        staff.set_password(self.cleaned_data["password1"])
        return staff
