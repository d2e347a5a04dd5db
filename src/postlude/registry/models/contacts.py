"""Who is due to be asked how they are, was asked, and answered: the denominators."""

from typing import Any, Self

from django.db import models
from django.db.models import functions

from postlude.registry.models.entry import Entry, one_of

WAYS = (("visit", "at a visit"), ("phone", "by telephone"), ("letter", "by letter"), ("online", "online"))
SILENT = (
    ("no_answer", "asked, and no answer came"),
    ("refused", "did not want to answer this time"),
    ("withdrew", "asked not to be followed any more"),
    ("moved", "moved away"),
    ("died", "died"),
    ("too_ill", "too ill to answer"),
    ("not_asked", "was not asked, though it was due"),
    ("other", "another reason"),
)
KINDS = (("safety", "safety check"), ("follow_up", "follow-up"))
DOES = (
    ("to_call", "to be asked by telephone"),
    ("asked", "asked"),
    ("answered", "answered"),
    ("silent", "closed without an answer"),
    ("reopened", "reopened"),
    ("dropped", "no longer due: what it was about was entered by mistake"),
    ("left_out", "not asked"),
)


OPEN = ("", "to_call", "asked", "reopened")
"""The last steps with which a contact still waits for its answer."""
NEVER_DUE = ("dropped", "left_out")
"""The last steps of a contact that nobody was to answer: it counts in no denominator."""


class Contacts(models.QuerySet[Any]):
    """Contacts with where they stand."""

    def standing(self) -> Self:
        """Add where each stands.

        ``stands``: the last step, empty before the first; ``stands_on``: its day; ``attempts`` to reach somebody;
        ``to_call``: why no message asks, and somebody calls.
        """
        last = ContactStep.objects.filter(contact=models.OuterRef("pk")).order_by("-id")
        return self.annotate(
            to_call=functions.Coalesce(
                models.Subquery(last.filter(does="to_call").values("note")[:1]),
                models.Value("", models.TextField()),
            ),
            stands=functions.Coalesce(models.Subquery(last.values("does")[:1]), models.Value("")),
            stands_on=models.Subquery(last.values("on")[:1]),
            attempts=models.Count("steps", filter=models.Q(steps__does="asked")),
        )

    def waiting(self) -> Self:
        """Return those that still wait for an answer."""
        return self.standing().filter(stands__in=OPEN)


class Contact(Entry):
    """One follow-up of one person. What became of it stands in its steps."""

    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="contacts")
    about = models.ForeignKey(
        "registry.Treatment", null=True, blank=True, on_delete=models.PROTECT, related_name="contacts"
    )
    kind = models.CharField(max_length=10, choices=KINDS, default="follow_up")
    months = models.FloatField(null=True, blank=True)
    due_on = models.DateField()

    objects = Contacts.as_manager()

    class Meta:
        constraints = (
            one_of("kind", KINDS, "contact_kind_is_a_code"),
            models.UniqueConstraint(fields=("person", "about", "months", "kind"), name="contact_is_planned_once"),
        )
        indexes = (models.Index(fields=("due_on",)),)


class ContactStep(Entry):
    """Asked, answered, or closed with the reason why there is no answer; the last step counts.

    Each attempt to reach somebody is a step of its own. A contact that was dropped or left out is in no denominator.
    """

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="steps")
    does = models.CharField(max_length=10, choices=DOES)
    on = models.DateField()
    way = models.CharField(max_length=8, blank=True, choices=WAYS)
    reason = models.CharField(max_length=12, blank=True, choices=SILENT)
    note = models.TextField(blank=True)

    class Meta:
        constraints = (
            one_of("does", DOES, "contact_step_is_a_code"),
            one_of("way", WAYS, "contact_way_is_a_code", blank=True),
            one_of("reason", SILENT, "contact_reason_is_a_code", blank=True),
            models.CheckConstraint(
                condition=(models.Q(does="silent") & ~models.Q(reason=""))
                | (~models.Q(does="silent") & models.Q(reason="")),
                name="contact_without_answer_has_a_reason",
            ),
        )
