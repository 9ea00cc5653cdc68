"""What the database itself guarantees about printers."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase

from inventory.models import PollSchedule, Printer, PrinterState
from inventory.tests.factories import make_printer


class TestPrinterModel(TestCase):
    """Identity, address and the rows every printer has."""

    def test_every_insert_brings_schedule_and_state(self):
        made = Printer.objects.bulk_create([Printer(ip_address=f"127.8.0.{number}") for number in (1, 2, 3)])
        ids = {printer.pk for printer in made}
        assert set(PollSchedule.objects.exclude(due_at=None).values_list("pk", flat=True)) == ids
        assert set(PrinterState.objects.values_list("pk", flat=True)) == ids

    def test_two_active_printers_never_share_an_address(self):
        make_printer(ip_address="127.8.1.1")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_printer(ip_address="127.8.1.1")
        assert make_printer(ip_address="127.8.1.1", snmp_port=1161).pk
        assert make_printer(ip_address="127.8.1.1", is_active=False).pk

    def test_two_active_printers_never_share_a_mac_address(self):
        make_printer(mac_address="00:1B:A9:12:34:56")
        with pytest.raises(IntegrityError), transaction.atomic():
            make_printer(mac_address="00:1B:A9:12:34:56")
        assert make_printer().pk
        assert make_printer().pk

    def test_a_printer_is_called_by_its_address_and_an_unusual_port(self):
        assert str(Printer(ip_address="10.0.0.1")) == "10.0.0.1"
        assert str(Printer(ip_address="10.0.0.1", snmp_port=1161)) == "10.0.0.1:1161"
        assert str(Printer(ip_address="fd00::1", snmp_port=1161)) == "[fd00::1]:1161"

    def test_retiring_takes_a_printer_off_the_schedule(self):
        printer = make_printer()
        printer.is_active = False
        printer.save()
        assert PollSchedule.objects.get(pk=printer.pk).due_at is None
