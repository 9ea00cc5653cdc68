"""Script in what a device or a spreadsheet says is stored as it is and shown as text, on every page that shows it."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from sheets import write_table
from standins.printers import PrinterFleet

from inventory.models import PageCounter, Printer, PrinterImport
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(document.domain)</script>"
"""What the stand-in with the fault `texts=script` says in its free texts, sysName among them."""


def test_stored_xss_from_sysname(fleet: PrinterFleet):
    fleet.set_faults(6, texts="script")
    try:
        far = fleet.printers[6]
        printer = make_printer(ip_address=far.address, snmp_port=far.snmp_port, serial_number="")
        Sweep().run()
    finally:
        fleet.set_faults(6)
    assert SCRIPT in str(PageCounter.objects.get().reading)
    viewer = client_of("Inventory Viewer")
    for address in (
        "/inventory/",
        f"/inventory/{printer.pk}/",
        f"/inventory/rows/?ids={printer.pk}",
        "/inventory/alerts/",
    ):
        assert SCRIPT not in viewer.get(address).text, address


def test_stored_xss_from_excel():
    file = io.BytesIO()
    write_table(file, ("IP-адрес", "Серийный номер", "Имя хоста"), [("127.9.3.3", "XSS1", HOSTILE)])
    editor = client_of("Inventory Editor")
    editor.post("/inventory/import/", {"file": SimpleUploadedFile("printers.xlsx", file.getvalue())})
    session = PrinterImport.objects.get()
    assert HOSTILE not in editor.get(session.get_absolute_url()).text
    editor.post(f"{session.get_absolute_url()}apply/", {"token": session.token})
    printer = Printer.objects.get(serial_number="XSS1")
    assert printer.hostname == HOSTILE
    assert HOSTILE not in editor.get(printer.get_absolute_url()).text + editor.get("/inventory/").text
