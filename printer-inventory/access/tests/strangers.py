"""Two clients for tests of limits: Alpha, and one whose every word is marked, so that it is known wherever it comes out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.models import Group, User
from django.db import models
from django.http import HttpResponseBase
from django.test import Client
from django.utils import timezone

from access.models import OrganizationLimit
from access.roles import ROLES
from access.services.roles import bootstrap_roles
from contracts.models import CartridgeOrder, City, ContractDevice, ContractEvent, ImportSession
from contracts.tests.factories import make_device, make_provider, make_status
from dashboard.models import (
    Alarm,
    AlertRule,
    DeviceIncident,
    FleetDay,
    PrinterDay,
    SuppliesMail,
    SupplyForecast,
)
from inventory.models import (
    Doubt,
    Export,
    InventoryTask,
    Organization,
    PageCounter,
    PollBatch,
    Printer,
    PrinterEvent,
    PrinterState,
    Quarantine,
    WebParsingRule,
)
from inventory.tests.factories import make_organization, make_printer
from monthly_report.models import CounterChangeLog, MonthlyReport
from monthly_report.tests.factories import MONTH, make_row, open_month
from outbox.services.posting import post

MARK: Final = "ZQX-OTHERS"
"""Stands in every text of the other client and nowhere else: no token holds as long a word by chance."""
THEIRS: Final = 777_777
"""The number of every row of the other client, so that one address names them all."""
OURS: Final = 555_555


@dataclass(frozen=True)
class World:
    """The two clients and the person who sees only the first."""

    alpha: Organization
    beta: Organization
    person: User
    client: Client


def make_world() -> World:
    """Return both clients with a row of every kind each, and somebody with every role and a limit to the first."""
    bootstrap_roles()
    root = User.objects.create_superuser("root")
    open_month()
    alpha, beta = make_organization("Alpha", pk=OURS), make_organization(f"{MARK} Beta", pk=THEIRS)
    furnish(alpha, "ALPHA", OURS, root)
    furnish(beta, MARK, THEIRS, root)
    ImportSession.objects.create(
        pk=THEIRS, name=f"{MARK} import", target_status=make_status(), uploaded_by=root, digest="x"
    )
    person = User.objects.create_user("person")
    person.groups.set(Group.objects.filter(name__in=ROLES))
    OrganizationLimit.objects.create(user=person).organizations.set([alpha])
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return World(alpha, beta, person, client)


def furnish(organization: Organization, mark: str, number: int, user: User) -> None:
    """Give an organization a row of every kind that belongs to one, all with the same number and the mark in every text."""
    now = timezone.now()
    printer = make_printer(
        pk=number, organization=organization, serial_number=f"{mark}1", hostname=f"{mark}-host", location=f"{mark} hall"
    )
    batch = PollBatch.objects.create(pk=number, requested_by=user, scope=f"{mark} printers", total=1)
    task = InventoryTask.objects.create(
        pk=number,
        printer=printer,
        batch=batch,
        due_at=now,
        state="failed",
        status="FAILED",
        error_message=f"{mark} is silent",
    )
    counter = PageCounter.objects.create(
        pk=number, task=task, printer=printer, recorded_at=now, total_pages=number, rule_version=1,
        reading={"serial": f"{mark}1", "counters": {"total": number}},
    )  # fmt: skip
    jam = {
        "index": "1.1",
        "severity": "critical",
        "description": f"{mark} jam",
        "code": 8,
        "code_name": "jam",
        "group": "x",
    }
    PrinterState.objects.filter(pk=printer.pk).update(
        last_attempt_at=now, last_success_at=now, last_error=f"{mark} is silent", last_verdict="FAILED",
        alerts=[jam],
    )  # fmt: skip
    Quarantine.objects.create(
        pk=number, printer=printer, kind=Doubt.values[0], verdict="VALIDATION_ERROR", reason=f"{mark} answers", fingerprint="f",
        counter=counter, first_seen_at=now, last_seen_at=now, expected={"serial": f"{mark}1"},
    )  # fmt: skip
    PrinterEvent.objects.create(
        pk=number, printer=printer, printer_name=f"{mark} printer", change="edit", comment=f"{mark} said"
    )
    WebParsingRule.objects.create(pk=number, printer=printer, field_name="counter", xpath=f"//{mark}")
    Export.objects.create(
        pk=number,
        requested_by=user,
        kind="csv",
        query=f"q={mark}",
        state="done",
        requested_at=now,
        language="en",
        zone="UTC",
    )
    furnish_contracts(organization, mark, number, user, printer)


def furnish_contracts(organization: Organization, mark: str, number: int, user: User, printer: Printer) -> None:
    """The same for contracts and months."""
    device = make_device(
        pk=number, organization=organization, serial_number=f"{mark}2", address=f"{mark} street", comment=f"{mark} comment",
        city=City.objects.create(name=f"{mark} town"), printer=printer,
    )  # fmt: skip
    ContractEvent.objects.create(
        pk=number, device=device, device_name=f"{mark} device", change="edited", comment=f"{mark} did"
    )
    mail = post(f"order-{mark}", "order", "An order", f"{mark} order", to=["a@b.example"])
    CartridgeOrder.objects.create(
        pk=number, device=device, provider=make_provider(), recipient="a@b.example", comment=f"{mark} order", request_key=mark,
        lines=[{"cartridge": 1, "name": f"{mark} toner", "quantity": 1}], delivery=mail.deliveries.get(),
    )  # fmt: skip
    row = make_row(
        pk=number, organization=organization, serial_number=f"{mark}3", address=f"{mark} lane", city=f"{mark} city",
        printer=printer, equipment_model=f"{mark} model", inventory_number=f"{mark}-9", branch=f"{mark} branch",
        a4_bw_start=1, a4_bw_end=2,
    )  # fmt: skip
    furnish_dashboard(organization, mark, number, printer)
    past = MONTH - timedelta(days=28)
    make_row(organization=organization, serial_number=f"{mark}3", month=past, printer=printer)
    CounterChangeLog.objects.create(
        pk=number, monthly_report=row, month=MONTH, device_key=row.device_key, part="ALL", serial_number=f"{mark}3", user=user,
        field_name="a4_bw_end", old_value=1, new_value=2, comment=f"{mark} corrected",
    )  # fmt: skip


def furnish_dashboard(organization: Organization, mark: str, number: int, printer: Printer) -> None:
    """The same for the dashboard: low toner, a day that was counted, an incident, a rule with its alarm, a mail."""
    now = timezone.now()
    toner = {
        "index": "1.1", "description": f"{mark} toner", "kind": "toner", "color": "black", "percent": 3, "state": "level",
        "is_receptacle": False, "part_number": f"{mark}-TN",
    }  # fmt: skip
    PrinterState.objects.filter(pk=printer.pk).update(supplies=[toner])
    counts = {
        "polls": 10, "good": 6, "failed": 3, "doubted": 1, "hours_asked": 10, "hours_silent": 3, "pages": 70, "pages_bw": 50,
        "pages_color": 20,
    }  # fmt: skip
    today = timezone.localdate()
    city = City.objects.get(name=f"{mark} town")
    PrinterDay.objects.create(printer=printer, day=today, **counts)
    FleetDay.objects.create(day=today, organization=organization, city=city, printers=1, **counts)
    DeviceIncident.objects.create(
        pk=number, printer=printer, key="1", description=f"{mark} jam", severity="critical", opened_at=now
    )
    SupplyForecast.objects.create(
        pk=number, printer=printer, index="1.1", rate=1, fastest=2, slowest=0.5, made_on=today
    )
    rule = AlertRule.objects.create(pk=number, name=f"{mark} rule", kind="silent", organization=organization)
    Alarm.objects.create(
        pk=number,
        rule=rule,
        printer=printer,
        printer_name=f"{mark} printer",
        key="1",
        text=f"{mark} silent",
        opened_at=now,
    )
    SuppliesMail.objects.create(pk=number, name=f"{mark} mail", recipients="a@b.example", at="08:00")


TABLES: Final[tuple[type[models.Model], ...]] = (
    Organization, Printer, PollBatch, InventoryTask, PageCounter, Quarantine, PrinterEvent, WebParsingRule, Export,
    ContractDevice, ContractEvent, CartridgeOrder, MonthlyReport, CounterChangeLog, ImportSession, DeviceIncident,
    SupplyForecast, AlertRule, Alarm, SuppliesMail,
)  # fmt: skip


def snapshot() -> dict[str, Any]:
    """Return the other client's rows as they are."""
    return {model.__name__: list(model._base_manager.filter(pk=THEIRS).values()) for model in TABLES}


def text_of(answer: HttpResponseBase) -> str:
    """Return everything an answer says, streams included; a workbook's cells as text, and those of an archive of workbooks."""
    return unpacked(b"".join(pieces_of(answer))) + str(answer.headers)


def unpacked(content: bytes) -> str:
    """Return bytes as text, what lies in archives (and workbooks are some) as well."""
    if content[:2] != b"PK":
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(unpacked(archive.read(name)) for name in archive.namelist())


def pieces_of(answer: HttpResponseBase) -> Iterator[bytes]:
    """Yield the bytes of an answer."""
    if answer.streaming:
        yield from answer.streaming_content  # type: ignore[attr-defined] # a stream has it
    else:
        yield answer.content  # type: ignore[attr-defined] # and any other answer this
