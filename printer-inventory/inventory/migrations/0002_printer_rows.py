"""Give every printer its schedule and state row in the database itself, whatever inserts it: a form, an import, plain SQL.

A new printer is due at once; a retired one is due never; a restored one is due at once.
"""

from django.db import migrations

FORWARDS = """
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

BACKWARDS = """
DROP TRIGGER inventory_printer_rows ON inventory_printer;
DROP FUNCTION inventory_printer_rows();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
