"""Rows for the demo: clients and printers from the stand-in fleet's inventory file, and one account per role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction
from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import create_run

from access.models import AllowedUser
from inventory.models import Organization, PollingMethod, Printer, WebParsingRule, WebParsingTemplate
from inventory.models.encrypted import Secret
from inventory.services import web_rules
from inventory.services.identity import find_device_model
from inventory.web_parser import rules

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


PAGES: Final = {
    "serial_number": ("/status", "serial"),
    "mac_address": ("/status", "mac"),
    "counter": ("/counters", "total"),
}
"""Fields of the demo's templates: the page and the id of the place on it."""
BEHIND_A_CLICK: Final = "konica"
DEMO_TEMPLATE: Final = "Status page (demo)"


def read_some_from_pages(entries: Sequence[dict[str, Any]], most: int = 24) -> int:
    """Let some printers of the demo be read from their web pages, by a template of each model; return how many.

    Every third of them is asked by SNMP as well. The protected ones get the stand-ins' password; where the values stand behind a
    click, the browser reads them.
    """
    chosen = 0
    with transaction.atomic():
        if WebParsingRule.objects.exists():
            return 0
        rows = {(one.ip_address, one.snmp_port): one for one in Printer.objects.filter(is_active=True)}
        for entry in list(entries)[:: max(1, len(entries) // most)][:most]:
            printer = rows.get((entry["address"], entry["snmp_port"]))
            if printer is None:
                continue
            printer.device_model_id = find_device_model(str(entry.get("vendor", "")), str(entry.get("model", "")))
            printer.polling_method = PollingMethod.HYBRID if chosen % 3 == 2 else PollingMethod.WEB
            printer.web_username = str(entry.get("web_user", ""))
            printer.web_password = Secret.seal(str(entry.get("web_password", "")))
            printer.save()
            web_rules.apply_template(
                _demo_template(printer, str(entry.get("vendor", ""))), [printer], None, overwrite=True
            )
            chosen += 1
    return chosen


def _demo_template(printer: Printer, vendor: str) -> WebParsingTemplate:
    """Return the model's template, made when missing."""
    click = {"steps": [{"do": "click", "selector": "#show"}]} if BEHIND_A_CLICK in vendor.lower() else {}
    rows = [
        {"field": field, "path": path, "xpath": f"//*[@id='{name}']", **click} for field, (path, name) in PAGES.items()
    ]
    template, _made = WebParsingTemplate.objects.get_or_create(
        device_model_id=printer.device_model_id,
        name=DEMO_TEMPLATE,
        defaults={"rules_config": rules.export(rules.load(rows)), "is_public": True},
    )
    return template


def make_accounts(password: str) -> list[str]:
    """Create or reset the demo accounts with this password; return their names."""
    users = get_user_model()
    hashed = make_password(password)  # once: it is slow on purpose, and the same for all
    with transaction.atomic():
        for name, roles in ACCOUNTS.items():
            user, _ = users.objects.get_or_create(username=name)
            user.is_staff = user.is_superuser = name == "admin"
            user.password = hashed
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
