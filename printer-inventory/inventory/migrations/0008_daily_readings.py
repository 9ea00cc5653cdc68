"""Daily readings, and what else years of polls need: room for updates in place where rows change with every poll."""

import django.db.models.deletion
from django.db import migrations, models

LEVELS = """
CREATE FUNCTION inventory_supply_levels(reading jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE(jsonb_agg(jsonb_build_array(
               s -> 'index', COALESCE(NULLIF(s ->> 'description', ''), s ->> 'kind', ''), s -> 'color', s -> 'percent')
           ORDER BY place), '[]')
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(reading -> 'supplies') = 'array' THEN reading -> 'supplies' ELSE '[]' END)
        WITH ORDINALITY AS x(s, place)
    WHERE s ->> 'percent' IS NOT NULL AND COALESCE(s ->> 'is_receptacle', 'false') <> 'true'
$$
"""

# A row that is written anew at every poll finds room on its own page, so that its indexes stay as they are.
ROOM = """
ALTER TABLE inventory_printerstate SET (fillfactor = 60);
ALTER TABLE inventory_pollschedule SET (fillfactor = 60);
"""
NO_ROOM = """
ALTER TABLE inventory_printerstate RESET (fillfactor);
ALTER TABLE inventory_pollschedule RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0007_web_parsing")]

    operations = [
        migrations.CreateModel(
            name="HistoryMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rolled_through", models.DateField(blank=True, null=True)),
                ("thinned_through", models.DateField(blank=True, null=True)),
            ],
            options={"verbose_name": "history mark", "verbose_name_plural": "history marks"},
        ),
        migrations.CreateModel(
            name="DailyReading",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "printer_id", "day", "epoch", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("epoch", models.PositiveIntegerField(verbose_name="epoch")),
                ("read_at", models.DateTimeField(verbose_name="read")),
                ("bw_a4", models.BigIntegerField(blank=True, null=True)),
                ("color_a4", models.BigIntegerField(blank=True, null=True)),
                ("bw_a3", models.BigIntegerField(blank=True, null=True)),
                ("color_a3", models.BigIntegerField(blank=True, null=True)),
                ("total_pages", models.BigIntegerField(blank=True, null=True, verbose_name="total")),
                ("levels", models.JSONField(default=list, verbose_name="supply levels")),
                ("readings", models.PositiveSmallIntegerField(default=1, verbose_name="readings")),
                (
                    "printer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="inventory.printer",
                    ),
                ),
            ],
            options={"verbose_name": "daily reading", "verbose_name_plural": "daily readings"},
        ),
        migrations.RunSQL(LEVELS, "DROP FUNCTION inventory_supply_levels(jsonb)"),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
