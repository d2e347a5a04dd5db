from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_reminders"),
    ]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="in_languages",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="what of it is said otherwise in those languages, by language and field",
            ),
        ),
    ]
