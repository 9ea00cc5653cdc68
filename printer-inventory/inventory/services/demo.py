"""Rows for the demo: clients and printers from the stand-in fleet's inventory file, and one account per role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import create_run

from access.models import AllowedUser
from inventory.models import Organization, Printer

FIRST_RUNS = ("Check polling", "Look at Redis", "What thinning out would delete")
ACCOUNTS = {
    "admin": ("Inventory Admin", "Contracts Admin"),
    "operator": ("Inventory Operator", "Contracts Editor"),
    "viewer": ("Inventory Viewer", "Contracts Viewer"),
}


def load_fleet(entries: Sequence[dict[str, Any]]) -> int:
    """Create the clients and printers that are not there yet; return how many printers were made.

    Serial and MAC are left for the first poll to find out, as with a printer that a person adds.
    """
    with transaction.atomic():
        names = {str(entry["organization"]) for entry in entries}
        clients = {name: Organization.objects.get_or_create(name=name)[0] for name in sorted(names)}
        known = set(Printer.objects.filter(is_active=True).values_list("ip_address", "snmp_port"))
        printers = [
            Printer(
                organization=clients[str(entry["organization"])],
                ip_address=entry["address"],
                snmp_port=entry["snmp_port"],
                web_port=entry["web_port"],
                snmp_community=entry.get("community", "public"),
            )
            for entry in entries
            if (entry["address"], entry["snmp_port"]) not in known
        ]
        return len(Printer.objects.bulk_create(printers, batch_size=1000))


def make_accounts(password: str) -> list[str]:
    """Create or reset the demo accounts with this password; return their names."""
    users = get_user_model()
    with transaction.atomic():
        for name, roles in ACCOUNTS.items():
            user, _ = users.objects.get_or_create(username=name)
            user.is_staff = user.is_superuser = name == "admin"
            user.set_password(password)
            user.save()
            user.groups.set(Group.objects.filter(name__in=roles))
            # The same people may come in through the demo's provider; a fourth one there has to wait for approval.
            AllowedUser.objects.get_or_create(username=name, defaults={"added_by": "load_demo"})
    return list(ACCOUNTS)


def run_first_tasks() -> int:
    """Queue some maintenance tasks where none has ever run, so that their page has something to show; return how many."""
    if LaunchReport.objects.exists():
        return 0
    tasks = Task.objects.filter(name__in=FIRST_RUNS)
    with acting("load_demo"):
        for task in tasks:
            create_run(task)
    return len(tasks)
