"""Searches of networks: asked for, stopped, looked at, and what they found taken into the fleet."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import DiscoveredDevice, Discovery, JobState, Organization, Printer, Standing
from inventory.polling.snmp.discover import Asked, expected_seconds
from inventory.polling.snmp.targets import V3Credentials
from inventory.polling.space import AddressSpace
from inventory.rules.discovery import Device, Fleet, Registered, compare
from inventory.rules.identity import Identity
from inventory.services.broker import wake
from inventory.services.identity import find_device_model
from inventory.services.printers import AddressTakenError
from inventory.services.requests import Progress, tell_sweeper
from inventory.services.snmp_v3 import FACTS, opened, sealed

logger = logging.getLogger(__name__)

TASK: Final = "inventory.tasks.run_discoveries"
QUEUE: Final = "low_priority"
MOST_ADDED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be searched, and how. `organization` is offered when found printers are added."""

    space: AddressSpace
    asked: Asked
    organization: Organization | None = None


def make_wish(
    networks: Iterable[str],
    ports: Sequence[int] = (161,),
    communities: Sequence[str] = ("public",),
    pps: int | None = None,
    organization: Organization | None = None,
    v3: V3Credentials | None = None,
) -> Wish:
    """Return a checked wish; SpaceError for networks that may not be searched. `pps` is capped by DISCOVERY_PPS."""
    space = AddressSpace.parse(networks, settings.PRINTER_NETWORKS)
    rate = min(pps or settings.DISCOVERY_PPS, settings.DISCOVERY_PPS)
    return Wish(space, Asked(tuple(ports), tuple(communities), max(1, rate), v3), organization)


def wish_of(discovery: Discovery) -> Wish:
    """Return what a row asks for, checked against today's settings; SpaceError when these no longer allow it.

    UndecryptableError or ImproperlyConfigured when no key opens its SNMPv3 passwords.
    """
    v3 = opened(discovery) if discovery.snmp_v3_user else None
    return make_wish(
        discovery.networks, discovery.ports, discovery.communities, discovery.pps, discovery.organization, v3
    )


def request_discovery(wish: Wish, user_id: int | None) -> Discovery:
    """Ask for a search; workers are told after the commit, and find the row by themselves if they cannot be told."""
    with transaction.atomic():
        discovery = Discovery.objects.create(
            networks=list(wish.space.networks),
            ports=list(wish.asked.ports),
            communities=list(wish.asked.communities),
            **sealed(wish.asked.v3),
            pps=wish.asked.pps,
            organization=wish.organization,
            requested_by_id=user_id,
            total=wish.space.total,
        )
        transaction.on_commit(tell_searcher)
    return discovery


def tell_searcher() -> None:
    """Wake a worker; without a broker the next tick of beat does."""
    wake(TASK, QUEUE)


def stop_discovery(pk: int) -> None:
    """Stop a search: at once when nobody works on it yet, else at the worker's next look. What was found stays."""
    now = timezone.now()
    reason = _("Stopped before it started.")
    with transaction.atomic():
        queued = Discovery.objects.filter(pk=pk, state=JobState.QUEUED)
        if not queued.update(state=JobState.STOPPED, finished_at=now, reason=reason):
            Discovery.objects.filter(pk=pk, state=JobState.RUNNING).update(stop_asked=True)


def forget_old(now: datetime, keep_days: int) -> int:
    """Delete searches that ended more than `keep_days` ago with what they found; printers made of it stay. Return how many."""
    old = Discovery.objects.filter(finished_at__lt=now - timedelta(days=keep_days))
    ids = list(old.values_list("pk", flat=True))
    old.delete()
    return len(ids)


def seconds_left(discovery: Discovery) -> float:
    """Return how many seconds the rest of a search takes at least."""
    v3 = V3Credentials(discovery.snmp_v3_user) if discovery.snmp_v3_user else None
    asked = Asked(tuple(discovery.ports), tuple(discovery.communities), discovery.pps, v3)
    return expected_seconds(discovery.total - discovery.position, asked)


def progress_of(discovery: Discovery) -> Progress:
    """Return how far a search is: addresses finished and devices asked who they are, together."""
    found = discovery.devices.aggregate(all=Count("pk"), asked=Count("pk", filter=Q(asked_at__isnull=False)))
    text = _("%(done)s of %(total)s addresses, %(found)s devices answered, %(asked)s said who they are") % {
        "done": f"{discovery.position:,}",
        "total": f"{discovery.total:,}",
        "found": f"{found['all']:,}",
        "asked": f"{found['asked']:,}",
    }
    done, total = discovery.position + found["asked"], discovery.total + found["all"]
    return Progress(JobState(discovery.state), done, total, 0, text, discovery.reason)


def standings(discovery: Discovery) -> dict[str, int]:
    """Return how many devices of a search stand how."""
    rows = discovery.devices.order_by().values_list("standing").annotate(Count("pk"))
    return {str(standing): int(count) for standing, count in rows}


def registered() -> Fleet:
    """Return the printers in use, to compare with."""
    rows = Printer.objects.filter(is_active=True).order_by("pk")
    values = rows.values_list("pk", "ip_address", "snmp_port", "serial_number", "mac_address")
    return Fleet.of(
        Registered(pk, address, port, Identity.of(serial, mac)) for pk, address, port, serial, mac in values
    )


def compare_devices(discovery_id: int, fleet: Fleet) -> list[DiscoveredDevice]:
    """Write anew what the devices of a search are to the fleet; return all of them in order of their addresses."""
    rows = list(DiscoveredDevice.objects.filter(discovery=discovery_id).order_by("address", "port"))
    found = compare([device_of(row) for row in rows], fleet)
    changed = []
    for row in rows:
        now = found[row.pk]
        # Why a device did not say who it is was written when it was asked.
        reason = row.reason if now.standing == "silent" else now.reason[:255]
        new = (now.standing, reason, now.printer)
        if (row.standing, row.reason, row.printer_id) != new:
            row.standing, row.reason, row.printer_id = new
            changed.append(row)
    rewrite(changed, ["standing", "reason", "printer"])
    return rows


def rewrite(rows: Sequence[DiscoveredDevice], names: Sequence[str]) -> None:
    """Write fields of stored rows. As an upsert by id: `bulk_update` spends seconds on building its CASE for a thousand rows."""
    DiscoveredDevice.objects.bulk_create(
        rows, batch_size=1000, update_conflicts=True, unique_fields=["id"], update_fields=list(names)
    )


def device_of(row: DiscoveredDevice) -> Device:
    """Return a row as the rule sees it."""
    identity = Identity.of(row.serial_number, row.mac_address)
    return Device(row.pk, row.address, row.port, identity, row.is_printer, row.asked_at is not None)


def add_devices(
    discovery_id: int, device_ids: Sequence[int] | None, organization: Organization | None, user_id: int | None
) -> list[int]:
    """Take new devices of a search (None: all of them) into the fleet; return the ids of the printers made.

    What is in the fleet by now is left as it is, so that a second call makes nothing. They are due at once. AddressTakenError
    when somebody adds the same addresses at the same moment.
    """
    for attempt in (1, 2):
        try:
            with transaction.atomic():
                return _add(discovery_id, device_ids, organization, user_id)
        except IntegrityError as error:
            if attempt == 2:
                text = _("Somebody else is adding the same printers. Look at the list again.")
                raise AddressTakenError(text) from error
    return []


def _add(
    discovery_id: int, device_ids: Sequence[int] | None, organization: Organization | None, user_id: int | None
) -> list[int]:
    search = Discovery.objects.select_for_update(of=("self",)).get(pk=discovery_id)
    rows = compare_devices(discovery_id, registered())
    wanted = None if device_ids is None else set(device_ids)
    new = [row for row in rows if row.standing == Standing.NEW and (wanted is None or row.pk in wanted)][:MOST_ADDED]
    if not new:
        return []
    models = _models_of(new)
    printers = Printer.objects.bulk_create(
        [printer_of(row, organization, models.get((row.manufacturer, row.model)), search) for row in new]
    )
    now = timezone.now()
    for row, printer in zip(new, printers, strict=True):
        row.printer, row.standing, row.added_at = printer, Standing.KNOWN, now
    rewrite(new, ["printer", "standing", "added_at"])
    audit_added(printers, user_id, _("Added from a search of the network."))
    compare_devices(discovery_id, registered())
    transaction.on_commit(tell_sweeper)
    return [printer.pk for printer in printers]


def _models_of(rows: Iterable[DiscoveredDevice]) -> dict[tuple[str, str], int]:
    named = {(row.manufacturer, row.model) for row in rows if row.model}
    return {key: find_device_model(*key) for key in sorted(named)}


def printer_of(
    row: DiscoveredDevice, organization: Organization | None, device_model_id: int | None, search: Discovery
) -> Printer:
    """Return the printer that a found device becomes, not saved yet; one heard over SNMPv3 keeps the search's credentials."""
    v3 = {name: getattr(search, name) for name in FACTS} if row.snmp_version == "3" else {}
    return Printer(
        **v3,
        snmp_version="3" if v3 else "auto",
        organization=organization,
        device_model_id=device_model_id,
        ip_address=row.address,
        snmp_port=row.port,
        snmp_community=row.community or "public",
        serial_number=row.serial_number,
        mac_address=row.mac_address,
        hostname=row.hostname,
        location=row.location,
    )


def audit_added(printers: Iterable[Printer], user_id: int | None, text: str) -> None:
    """Write who added these printers, in one statement."""
    if user_id is None:
        return
    kind = ContentType.objects.get_for_model(Printer)
    entries: list[Any] = [
        LogEntry(
            user_id=user_id,
            content_type=kind,
            object_id=str(printer.pk),
            object_repr=str(printer)[:200],
            action_flag=ADDITION,
            change_message=text,
        )
        for printer in printers
    ]
    LogEntry.objects.bulk_create(entries, batch_size=1000)
