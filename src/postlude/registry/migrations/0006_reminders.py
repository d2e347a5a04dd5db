"""People are reminded of appointments, which can be moved; what follow-up leaves out, and whom it calls, is kept."""

from django.db import migrations, models

from postlude.registry.append_only import guard


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_names"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="appointmentstep",
            name="appointment_step_is_a_code",
        ),
        migrations.RemoveConstraint(
            model_name="contactstep",
            name="contact_step_is_a_code",
        ),
        migrations.AddField(
            model_name="clinic",
            name="remind_days_before",
            field=models.PositiveSmallIntegerField(
                default=2, help_text="days before an appointment at which people are reminded; 0: not at all"
            ),
        ),
        migrations.AlterField(
            model_name="appointmentstep",
            name="does",
            field=models.CharField(
                choices=[
                    ("came", "came"),
                    ("did_not_come", "did not come"),
                    ("cancelled", "cancelled"),
                    ("moved", "moved to another time"),
                ],
                max_length=14,
            ),
        ),
        migrations.AlterField(
            model_name="contactstep",
            name="does",
            field=models.CharField(
                choices=[
                    ("to_call", "to be asked by telephone"),
                    ("asked", "asked"),
                    ("answered", "answered"),
                    ("silent", "closed without an answer"),
                    ("reopened", "reopened"),
                    ("dropped", "no longer due: what it was about was entered by mistake"),
                    ("left_out", "not asked"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="appointmentstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("does__in", ["came", "did_not_come", "cancelled", "moved"])),
                name="appointment_step_is_a_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="contactstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("does__in", ["to_call", "asked", "answered", "silent", "reopened", "dropped", "left_out"])
                ),
                name="contact_step_is_a_code",
            ),
        ),
        guard("registry_appointmentstep", "registry_contactstep"),
    ]
