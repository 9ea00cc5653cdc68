"""A client behind a thin line may have a limit of its own."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0010_snmp_v3")]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="poll_window",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="For a client behind a thin line: no more of its printers are asked at once, polls by hand apart.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="printers asked at once",
            ),
        ),
    ]
