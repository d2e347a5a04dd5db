"""Appointments, and who came."""

from typing import Any

from django.db import models

from postlude.registry.models.entry import Entry, one_of

DOES = (
    ("came", "came"),
    ("did_not_come", "did not come"),
    ("cancelled", "cancelled"),
    ("moved", "moved to another time"),
)
OFF = ("cancelled", "moved")
"""The last steps of an appointment that does not take place."""


class Appointment(Entry):
    """A time that was booked."""

    person = models.ForeignKey("registry.Person", on_delete=models.PROTECT, related_name="appointments")
    starts_at = models.DateTimeField()
    what_for = models.CharField(max_length=200)
    with_whom = models.CharField(max_length=200, blank=True)

    @property
    def once(self) -> str:
        """Return the name of its reminder: there is never a second message of one name."""
        return f"appointment {self.key}"

    @property
    def whose(self) -> Any:
        """Return whom it is of, also after their entry was merged into another."""
        return self.person.merged_into or self.person

    @property
    def step(self) -> Any:
        """Return what became of it last."""
        return max(self.steps.all(), key=lambda step: step.pk, default=None)


class AppointmentStep(Entry):
    """What became of an appointment; the last step counts."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="steps")
    does = models.CharField(max_length=14, choices=DOES)
    note = models.TextField(blank=True)

    class Meta:
        constraints = (one_of("does", DOES, "appointment_step_is_a_code"),)
