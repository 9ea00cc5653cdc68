"""Asking an address who it is, before it becomes a printer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from inventory.models import Printer
from inventory.polling.reading import DeviceReading
from inventory.polling.snmp.collector import Collector, Target, V3Credentials
from inventory.rules.networks import Networks
from inventory.services.sweeping import VERSIONS


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What an address answered; `error` is a sentence for a person when it did not."""

    ok: bool
    error: str = ""
    reading: DeviceReading | None = None
    known_as: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return `{ok, serial, manufacturer, model, mac, ...}` or `{ok: false, error}`."""
        if self.reading is None:
            return {"ok": False, "is_valid": False, "error": self.error}
        reading = self.reading
        return {
            "ok": True,
            "is_valid": True,
            "error": "",
            "serial": reading.serial,
            "manufacturer": reading.manufacturer,
            "model": reading.model,
            "mac": reading.mac,
            "hostname": reading.hostname,
            "location": reading.location,
            "total": reading.total,
            "supplies": len(reading.supplies),
            "known_as": self.known_as,
        }


def probe(address: str, port: int, community: str, version: str, v3: V3Credentials | None = None) -> ProbeResult:
    """Ask one address for its identity and counters; takes a few seconds at most. Version "3" asks as the user of `v3`."""
    if not Networks.parse(settings.PRINTER_NETWORKS).allow(address):
        return ProbeResult(ok=False, error=f"{address} lies outside PRINTER_NETWORKS; nothing was sent.")
    target = Target(key=0, address=address, port=port, community=community, version=VERSIONS.get(version), v3=v3)
    with Collector() as collector:
        outcome = next(outcome for outcome in collector.poll([target]) if outcome is not None)
    if outcome.reading is None:
        return ProbeResult(ok=False, error=outcome.error.text if outcome.error else "The device did not answer.")
    return ProbeResult(ok=True, reading=outcome.reading, known_as=_known(outcome.reading))


def _known(reading: DeviceReading) -> int | None:
    """Return the id of the active printer that already has this serial number."""
    if not reading.serial:
        return None
    return (
        Printer.objects.filter(is_active=True, serial_number__iexact=reading.serial)
        .values_list("pk", flat=True)
        .first()
    )
