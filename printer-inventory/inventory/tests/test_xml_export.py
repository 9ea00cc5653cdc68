"""A printer's last reading as an agent's XML: what stands in it, and that it is read back as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import etree
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, Printer, PrinterState
from inventory.polling.glpi.mapping import read_inventory, read_inventory_xml
from inventory.polling.glpi.writer import write_inventory
from inventory.polling.reading import DeviceReading, Supply
from inventory.services import xml_export
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_printer

pytestmark = pytest.mark.django_db


def export(printer: Printer) -> tuple[bytes, str]:
    """Return what a superuser downloads and the header that names the file."""
    client = Client()
    client.force_login(User.objects.create_superuser("reader"))
    response = client.get(reverse("inventory:web_export_xml", args=[printer.pk]))
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    return response.content, response["Content-Disposition"]


def test_every_printer_of_the_fleet_comes_back_as_it_stands(fleet: PrinterFleet, fleet_printers: list[Printer]):
    Sweep().run()
    read = Printer.objects.select_related("device_model__manufacturer", "status").exclude(status__last_success_at=None)
    assert len(read) > 15
    for printer in read:
        reading = read_inventory_xml(xml_export.inventory_xml(printer))[0]
        assert printer.device_model is not None
        assert (reading.serial, reading.mac, reading.hostname) == (
            printer.serial_number, printer.mac_address, printer.hostname,
        )  # fmt: skip
        assert reading.counters["total"] == printer.status.total_pages
        for name in ("bw_a4", "bw_a3", "color_a4", "color_a3"):
            assert reading.counters.get(name) == getattr(printer.status, name), (printer.model_display, name)
        inks = {(one["kind"], one["color"]): one["percent"] for one in reversed(printer.status.supplies)}
        back = {(one.kind, one.color): one.percent for one in reading.supplies}
        toners = {key: percent for key, percent in inks.items() if key[0] == "toner" and key[1] not in (None, "other")}
        assert toners == {key: percent for key, percent in back.items() if key[0] == "toner"}, printer.model_display


def test_the_download_is_stored_again_by_the_import_command(
    fleet: PrinterFleet, fleet_printers: list[Printer], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    number = next(place for place, one in enumerate(fleet.printers) if "HP" in one.vendor.upper())
    printer = fleet_printers[number]
    Sweep().run()
    printer.refresh_from_db()
    content, header = export(printer)
    assert header == f'attachment; filename="{printer.serial_number}.xml"'
    (tmp_path / "one.xml").write_bytes(content)
    before = InventoryTask.objects.filter(printer=printer).count()
    call_command("import_inventory_xml", str(tmp_path / "one.xml"), "--store")
    assert "SUCCESS" in capsys.readouterr().out
    assert InventoryTask.objects.filter(printer=printer, status="SUCCESS").count() == before + 1


def test_the_documented_elements_and_who_is_asked_how():
    reading = DeviceReading(
        manufacturer="Sharp", model="MX-1", serial="S1", mac="00:00:00:00:00:01", hostname="mx",
        counters={"total": 30, "bw_a4": 10, "bw_a3": 5, "color_a4": 15, "copy": 7},
        supplies=(
            Supply("1", kind="toner", color="cyan", percent=45),
            Supply("2", kind="toner", color="cyan", percent=99),
            Supply("3", kind="opc", state="some remaining"),
            Supply("4", kind="waste_toner", state="unknown", is_receptacle=True),
            Supply("5", kind="fuser", percent=0),
            Supply("6", kind="staples", percent=3),
        ),
    )  # fmt: skip
    root = etree.fromstring(write_inventory(reading, "10.0.0.9", "WEBQUERY"))
    told = {
        path: root.findtext(path) for path in ("DEVICEID", "QUERY", "CONTENT/MODULEVERSION", "CONTENT/PROCESSNUMBER")
    }
    assert list(told.values()) == ["S1", "WEBQUERY", "6.8", "1"]
    device = root.find("CONTENT/DEVICE")
    assert device is not None

    def texts(tag: str) -> dict[str, str | None]:
        return {str(node.tag): node.text for node in device.iterfind(f"{tag}/*")}

    assert texts("PAGECOUNTERS") == {
        "TOTAL": "30", "BW_A4": "10", "BW_A3": "5", "COLOR_A4": "15",
    }  # fmt: skip
    assert texts("CARTRIDGES") == {
        "TONERCYAN": "45", "DRUMBLACK": "OK", "WASTETONER": "WARNING", "FUSERKIT": "0",
    }  # fmt: skip
    assert [device.findtext(f"INFO/{tag}") for tag in ("TYPE", "MANUFACTURER", "IPS/IP")] == [
        "PRINTER",
        "Sharp",
        "10.0.0.9",
    ]


@pytest.mark.parametrize(
    ("serial", "name"),
    [
        ('x"; filename=evil.exe\r\nSet-Cookie: a=b', "x_filename_evil.exe_Set-Cookie_a_b.xml"),
        ("../../etc/passwd", "etc_passwd.xml"),
        ("", "10.0.0.77.xml"),
    ],
)
def test_what_a_device_says_cannot_leave_its_place(serial: str, name: str):
    hostile: dict[str, Any] = {"hostname": "</NAME><EVIL/>&\x00\x0b\ufffe", "location": "<!DOCTYPE x>"}
    printer = make_printer(ip_address="10.0.0.77", serial_number=serial)
    for field, value in hostile.items():
        setattr(printer, field, value)
    root = etree.fromstring(xml_export.inventory_xml(printer))
    assert root.findtext("CONTENT/DEVICE/INFO/NAME") == "</NAME><EVIL/>&"
    assert root.findtext("CONTENT/DEVICE/INFO/LOCATION") == "<!DOCTYPE x>"
    assert root.find(".//EVIL") is None
    assert export(printer)[1] == f'attachment; filename="{name}"'


def test_before_the_first_reading_there_is_an_identity_and_no_invented_zero():
    printer = make_printer(serial_number="NEW-1")
    PrinterState.objects.update_or_create(pk=printer.pk, defaults={"total_pages": 5, "last_success_at": None})
    with CaptureQueriesContext(connection) as captured:
        content = xml_export.inventory_xml(printer)
    assert len(captured) == 1
    assert b"PAGECOUNTERS" not in content
    assert b"<QUERY>SNMPQUERY</QUERY>" in content
    assert read_inventory(content)[0].reading is not None
