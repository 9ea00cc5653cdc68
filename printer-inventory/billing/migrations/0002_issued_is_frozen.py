"""What was issued is neither changed nor deleted, whoever asks: only an invoice's `state` and its link to a user may change."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION billing_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'billing_invoice' THEN
        IF to_jsonb(NEW) - 'state' - 'issued_by_id' = to_jsonb(OLD) - 'state' - 'issued_by_id' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an invoice that was issued is frozen: issue a new version' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER billing_invoice_frozen BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_frozen();
CREATE TRIGGER billing_invoiceline_frozen BEFORE UPDATE OR DELETE ON billing_invoiceline
    FOR EACH ROW EXECUTE FUNCTION billing_frozen();
CREATE TRIGGER billing_invoicedevice_frozen BEFORE UPDATE OR DELETE ON billing_invoicedevice
    FOR EACH ROW EXECUTE FUNCTION billing_frozen();
"""
THAW = """
DROP TRIGGER billing_invoice_frozen ON billing_invoice;
DROP TRIGGER billing_invoiceline_frozen ON billing_invoiceline;
DROP TRIGGER billing_invoicedevice_frozen ON billing_invoicedevice;
DROP FUNCTION billing_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_tables")]
    operations = [migrations.RunSQL(FREEZE, THAW)]
