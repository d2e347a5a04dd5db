"""What the clinic says of itself: one row, kept in the admin."""

from django.db import models

IN_LANGUAGES = ("emergency_number", "crisis_line", "hours", "out_of_hours")
"""What is said in words, and differs from language to language; names and telephone numbers are the same in all."""


class Clinic(models.Model):
    """The configuration. Empty texts fall back to ``clinic.toml`` of the knowledge."""

    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True)
    telephone = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    emergency_number = models.CharField(max_length=120, blank=True)
    crisis_line = models.CharField(max_length=300, blank=True)
    hours = models.CharField(max_length=200, blank=True, help_text="when somebody is there")
    out_of_hours = models.TextField(blank=True, help_text="who answers when nobody is there; shown to patients")
    staffed_from = models.TimeField(null=True, blank=True)
    staffed_until = models.TimeField(null=True, blank=True)
    staffed_days = models.CharField(max_length=20, default="12345", help_text="1 is Monday")
    call_within_hours = models.PositiveSmallIntegerField(
        default=48, help_text="hours until somebody calls who is not urgent"
    )
    acknowledge_emergency_minutes = models.PositiveSmallIntegerField(default=15)
    acknowledge_urgent_minutes = models.PositiveSmallIntegerField(default=240)
    escalate_to = models.EmailField(blank=True, help_text="who hears of an alert that nobody took on")
    offers = models.JSONField(default=list, blank=True, help_text="treatments given here; empty: not said")
    remind_days_before = models.PositiveSmallIntegerField(
        default=2, help_text="days before an appointment at which people are reminded; 0: not at all"
    )
    show_options = models.BooleanField(default=True, help_text="released results show the options")
    languages = models.JSONField(default=list, blank=True, help_text="languages offered beside English")
    in_languages = models.JSONField(
        default=dict, blank=True, help_text="what of it is said otherwise in those languages, by language and field"
    )
    link_days = models.PositiveSmallIntegerField(default=30, help_text="days for which a private link works")
    largest_attachment_mb = models.PositiveSmallIntegerField(default=20)

    class Meta:
        verbose_name = verbose_name_plural = "the clinic"
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="clinic_is_one"),)

    def __str__(self) -> str:
        return self.name or "the clinic"
