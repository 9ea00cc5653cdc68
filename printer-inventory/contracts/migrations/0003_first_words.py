"""The words a new system starts with: the two service providers of the documents, and four statuses; all can be renamed."""

from django.db import migrations

PROVIDERS = (("amb", "AMB", "okdesk"), ("tonex", "Tonex", "none"))
STATUSES = (("In service", "#2f9e44"), ("In repair", "#e8590c"), ("In store", "#1971c2"), ("Written off", "#868e96"))


def add(apps, schema_editor):
    providers = apps.get_model("contracts", "ServiceProvider")
    for code, name, tracker in PROVIDERS:
        providers.objects.get_or_create(code=code, defaults={"name": name, "issue_tracker": tracker})
    statuses = apps.get_model("contracts", "ContractStatus")
    for name, color in STATUSES:
        statuses.objects.get_or_create(name=name, defaults={"color": color})


class Migration(migrations.Migration):
    dependencies = [("contracts", "0002_devices_and_orders")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
