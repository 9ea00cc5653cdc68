"""What the database does by itself, whoever writes to it.

A printer gets its schedule and state row, whatever inserts it: a form, an import, plain SQL. A new printer is due at once; a retired one
is due never; a restored one is due at once.
"""

from django.db import migrations

ROWS = """
CREATE FUNCTION inventory_printer_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO inventory_pollschedule (printer_id, due_at, priority, leased_by, attempt, failures)
        VALUES (NEW.id, CASE WHEN NEW.is_active THEN now() END, 5, '', 0, 0);
        INSERT INTO inventory_printerstate
            (printer_id, last_verdict, last_error, supplies, printer_status, console, errors, alerts, warnings, firmware)
        VALUES (NEW.id, '', '', '[]', '', '', '[]', '[]', '[]', '');
    ELSIF NEW.is_active IS DISTINCT FROM OLD.is_active THEN
        UPDATE inventory_pollschedule SET due_at = CASE WHEN NEW.is_active THEN now() END, failures = 0
        WHERE printer_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER inventory_printer_rows AFTER INSERT OR UPDATE OF is_active ON inventory_printer
FOR EACH ROW EXECUTE FUNCTION inventory_printer_rows();
"""
NO_ROWS = """
DROP TRIGGER inventory_printer_rows ON inventory_printer;
DROP FUNCTION inventory_printer_rows();
"""

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
    dependencies = [("inventory", "0001_tables")]
    replaces = [("inventory", "0002_printer_rows"), ("inventory", "0008_daily_readings")]

    operations = [
        migrations.RunSQL(ROWS, NO_ROWS),
        migrations.RunSQL(LEVELS, "DROP FUNCTION inventory_supply_levels(jsonb)"),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
