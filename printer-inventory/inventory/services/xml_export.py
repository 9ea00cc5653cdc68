"""How a printer stands, as an agent's inventory XML (spec/printers.md 3.8)."""

from __future__ import annotations

import re
from typing import Final

from inventory.models import PollingMethod, Printer, PrinterState
from inventory.polling.glpi.writer import write_inventory
from inventory.polling.reading import DeviceReading, Supply

FIGURES: Final = {
    "total": "total_pages",
    "bw_a4": "bw_a4",
    "bw_a3": "bw_a3",
    "color_a4": "color_a4",
    "color_a3": "color_a3",
}
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


def inventory_xml(printer: Printer) -> bytes:
    """Return identity, counters and supply levels of the last believed reading; identity alone before there is one.

    One statement, for how the printer stands; `device_model__manufacturer` is to be loaded already.
    """
    status = PrinterState.objects.filter(pk=printer.pk, last_success_at__isnull=False).first()
    model = printer.device_model
    reading = DeviceReading(
        manufacturer=model.manufacturer.name if model else "",
        model=model.name if model else "",
        serial=printer.serial_number,
        mac=printer.mac_address,
        hostname=printer.hostname,
        location=printer.location,
        counters={
            name: value for name, column in FIGURES.items() if (value := getattr(status, column, None)) is not None
        },
        supplies=tuple(Supply(**row) for row in status.supplies) if status else (),
    )
    by_web = printer.polling_method in (PollingMethod.WEB, PollingMethod.HYBRID)
    return write_inventory(reading, printer.ip_address, "WEBQUERY" if by_web else "SNMPQUERY")


def file_name(printer: Printer) -> str:
    """Return a name for the file: the serial number, which a device chose, without what may not stand in a header or path."""
    stem = _NOT_IN_NAMES.sub("_", printer.serial_number).strip("._")
    return f"{stem or _NOT_IN_NAMES.sub('_', printer.ip_address)}.xml"
