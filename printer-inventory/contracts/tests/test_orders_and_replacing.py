"""Orders by e-mail, links by serial number, and devices that are replaced in the contract and the inventory at once."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone
from sheets import SheetError, write_table
from standins.smtp import MailServer

from contracts.models import Cartridge, CartridgeOrder, ContractDevice, ContractEvent, DeviceModelCartridge
from contracts.services import history, linking, ordering, replacing
from contracts.services.devices import ConflictError
from contracts.services.importing_cartridges import import_cartridges
from contracts.tests.factories import make_device, make_model, make_provider, make_status
from inventory.models import Printer, PrinterEvent
from inventory.services.replacing import note_replacement, successor_of
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of
from inventory.tests.workers import wait_until
from outbox.models import Delivery
from outbox.services import sending
from outbox.tests.test_kill import start_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def device() -> ContractDevice:
    """A device whose provider takes orders and whose model takes two cartridges."""
    made = make_device(service_provider=make_provider(), serial_number="VCF1", room_number="101")
    for name, primary in (("TK-1170", True), ("DK-1150", False)):
        cartridge = Cartridge.objects.create(name=name, part_number=f"P-{name}", color="black")
        DeviceModelCartridge.objects.create(device_model=made.model, cartridge=cartridge, is_primary=primary)
    return made


class TestOrders:
    def test_an_order_is_sent_once_however_often_it_is_pressed(self, device):
        client = client_of("Contracts Editor")
        page = client.get(f"/contracts/{device.pk}/order/")
        assert page.text.index("TK-1170") < page.text.index("DK-1150")
        pk = Cartridge.objects.get(name="TK-1170").pk
        for _ in range(2):
            client.post(f"/contracts/{device.pk}/order/", {"key": "k1", f"pieces_{pk}": "2", "comment": HOSTILE})
        for sent in (1, 0):
            assert sending.send_due(timezone.now())["sent"] == sent
        (message,) = mail.outbox
        assert (message.to, message.subject) == (["orders@amb.example"], "Заявка на картридж")
        assert "TK-1170 (P-TK-1170)" in message.body
        parts: Any = message.message().get_payload()
        html = parts[1].get_payload(decode=True).decode()
        assert "VCF1" in html
        assert HOSTILE not in html
        order = CartridgeOrder.objects.get()
        assert (order.delivery.state, order.lines[0]["quantity"]) == ("done", 2)
        assert "TK-1170" in client.get(device.get_absolute_url()).text
        file = client.get(f"/contracts/orders/{order.pk}/")
        assert file.headers["content-type"] == "message/rfc822"

    @pytest.mark.parametrize("pieces", ["0", "", "x", "-1"])
    def test_an_order_of_nothing_is_refused(self, device, pieces):
        pk = Cartridge.objects.get(name="TK-1170").pk
        answer = client_of("Contracts Editor").post(f"/contracts/{device.pk}/order/", {f"pieces_{pk}": pieces})
        assert answer.status_code == 422
        assert not CartridgeOrder.objects.exists()

    def test_without_a_provider_nobody_is_asked(self, device):
        ContractDevice.objects.update(service_provider=None)
        pk = Cartridge.objects.get(name="TK-1170").pk
        answer = client_of("Contracts Editor").post(f"/contracts/{device.pk}/order/", {f"pieces_{pk}": "1"})
        assert "service provider" in answer.text
        assert not CartridgeOrder.objects.exists()

    def test_a_mail_server_that_is_away_is_tried_again_and_then_a_person_is_asked(self, device, settings):
        pk = Cartridge.objects.get(name="TK-1170").pk
        made = ordering.order(device, {pk: 1}, "", "k", None, "")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        now = timezone.now()
        assert sending.send_due(now)["put_off"] == 1
        client = client_of("Contracts Editor")
        assert "ConnectionRefusedError" in client.get("/contracts/orders/").text
        for _ in range(6):
            now += timedelta(days=1)
            sending.send_due(now)
        made.delivery.refresh_from_db()
        assert made.delivery.state == "failed"
        assert client.post(f"/contracts/orders/{made.pk}/again/").status_code == 302
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert sending.send_due(now)["sent"] == 1
        assert not ordering.send_again(made)

    def test_order_and_mail_are_written_together_or_not_at_all(self, device, monkeypatch):
        def broken(*_args: Any, **_named: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(history, "event", broken)
        pk = Cartridge.objects.get(name="TK-1170").pk
        with pytest.raises(RuntimeError):
            ordering.order(device, {pk: 1}, "", "k", None, "")
        assert not Delivery.objects.exists()
        assert not CartridgeOrder.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("moment", "state"), [("EHLO", "done"), ("accepted", "lost"), ("QUIT", "done")])
def test_a_worker_killed_while_it_sends_an_order(device, settings, moment, state):
    pk = Cartridge.objects.get(name="TK-1170").pk
    with MailServer() as server:
        made = ordering.order(device, {pk: 1}, "", "k", None, "")
        worker = start_worker(server)

        def kill() -> None:
            server.at(moment, lambda: None)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            raise ConnectionError

        server.at(moment, kill)
        wait_until(lambda: worker.poll() is not None, f"the worker's end at {moment}")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
        for _ in range(3):
            ordering.order(device, {pk: 1}, "", "k", None, "")
            sending.send_due(timezone.now() + sending.LEASE + timedelta(seconds=1))
        made.delivery.refresh_from_db()
        assert made.delivery.state == state
        assert [one.message["Subject"] for one in server.received] == [ordering.SUBJECT]


class TestLinks:
    def test_by_serial_number_whatever_its_case_and_only_printers_in_use(self):
        printer = make_printer(serial_number="vcf1")
        make_printer(serial_number="VCF2", is_active=False)
        first, second = make_device(serial_number="VCF1"), make_device(serial_number="VCF2")
        told = linking.link_devices(ContractDevice.objects.all())
        assert (told.linked, told.not_found) == (1, 1)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.printer, second.printer) == (printer, None)

    def test_a_printer_belongs_to_one_device(self):
        make_printer(serial_number="BOTH")
        make_device(serial_number="BOTH")
        make_device(serial_number="both")
        told = linking.link_devices(ContractDevice.objects.all())
        assert (told.linked, told.occupied) == (1, 1)

    def test_a_device_that_was_taken_out_lends_its_printer(self):
        printer = make_printer(serial_number="VCF1")
        make_device(serial_number="VCF1", printer=printer, is_active=False)
        new = make_device(serial_number="VCF1")
        assert linking.link_one(new, None) == printer

    def test_what_has_become_linkable_is_found(self):
        device = make_device(serial_number="VCF1")
        make_device(serial_number="VCF2")
        assert not linking.linkable().exists()
        make_printer(serial_number="vcf1")
        assert list(linking.linkable()) == [device]

    def test_the_command(self, capsys):
        make_printer(serial_number="VCF1")
        device = make_device(serial_number="VCF1")
        call_command("link_devices_by_serial", "--dry-run", "--show-details")
        assert ContractDevice.objects.filter(printer=None).count() == 1
        call_command("link_devices_by_serial", "--filter-org", device.organization.name, "--serial-contains", "vcf")
        device.refresh_from_db()
        assert device.printer is not None
        assert "linked 1" in capsys.readouterr().out


class TestReplacing:
    @pytest.fixture
    def broken(self) -> ContractDevice:
        organization = make_organization("Alpha")
        printer = make_printer(serial_number="OLD1", organization=organization)
        return make_device(organization=organization, serial_number="OLD1", printer=printer)

    def test_the_contract_and_the_inventory_follow_together(self, broken):
        status = make_status("Written off")
        new = replacing.replace(
            broken.pk, {"serial_number": "NEW1", "status_id": status.pk}, 0, None, timezone.now(), "burnt"
        )
        old = ContractDevice.objects.get(pk=broken.pk)
        assert (old.is_active, old.replaced_by, old.status) == (False, new, status)
        assert (new.address, new.organization, new.room_number) == (
            broken.address,
            broken.organization,
            broken.room_number,
        )
        assert broken.printer_id is not None
        assert new.printer is not None
        before = Printer.objects.get(pk=broken.printer_id)
        assert (before.is_active, before.replaced_by, before.ip_address) == (False, new.printer, new.printer.ip_address)
        assert (new.printer.serial_number, new.printer.device_model_id) == ("NEW1", broken.model_id)
        assert PrinterEvent.objects.filter(printer=before, change="replacement").exists()
        assert ContractEvent.objects.filter(device=old, change="replaced", comment="burnt").exists()

    def test_it_is_undone_as_one(self, broken):
        new = replacing.replace(broken.pk, {"serial_number": "NEW1"}, 0, None, timezone.now())
        assert broken.printer_id is not None
        back = replacing.undo(new.pk, None, timezone.now())
        assert (back.is_active, back.replaced_by) == (True, None)
        assert Printer.objects.get(pk=broken.printer_id).is_active
        assert not Printer.objects.filter(contract_device=new, is_active=True).exists()
        assert not ContractDevice.objects.get(pk=new.pk).is_active

    def test_a_spare_of_the_same_client_moves_here(self, broken):
        spare = make_device(organization=broken.organization, serial_number="SPARE1", address="Store")
        printer = make_printer(serial_number="SPARE1")
        new = replacing.replace(broken.pk, {"serial_number": "spare1"}, 0, None, timezone.now())
        assert (new.pk, new.address, new.printer) == (spare.pk, broken.address, printer)
        assert not Printer.objects.get(pk=broken.printer_id).is_active

    @pytest.mark.parametrize("serial", ["", "0000", "old1", "FOREIGN"])
    def test_what_cannot_be_is_refused_and_nothing_changes(self, broken, serial):
        make_device(serial_number="FOREIGN")
        with pytest.raises(replacing.NotReplaceableError):
            replacing.replace(broken.pk, {"serial_number": serial}, 0, None, timezone.now())
        assert ContractDevice.objects.get(pk=broken.pk).is_active
        assert Printer.objects.get(pk=broken.printer_id).is_active

    def test_an_older_version_is_a_conflict(self, broken):
        with pytest.raises(ConflictError):
            replacing.replace(broken.pk, {"serial_number": "NEW1"}, 7, None, timezone.now())

    def test_a_replacement_decided_in_the_inventory_is_followed(self, broken):
        old = broken.printer
        assert old is not None
        new = successor_of(
            old, timezone.now(), "gone", serial_number="NEW1", device_model_id=make_model("HP", "M428").pk
        )
        note_replacement(old, new, timezone.now(), None)
        made = ContractDevice.objects.get(serial_number="NEW1")
        assert (made.printer, made.address, str(made.model)) == (new, broken.address, "HP M428")
        assert ContractDevice.objects.get(pk=broken.pk).replaced_by == made

    def test_the_page_replaces_and_offers_to_undo(self, broken):
        client = client_of("Contracts Editor")
        typed = {
            "serial_number": "NEW1", "model": str(broken.model), "new_status": broken.status_id,
            "old_status": make_status("Written off").pk, "version": 0,
        }  # fmt: skip
        answer = client.post(f"/contracts/{broken.pk}/replace/", typed, follow=True)
        new = ContractDevice.objects.get(serial_number="NEW1")
        assert f"/contracts/{new.pk}/replace/undo/" in answer.text
        assert client.post(f"/contracts/{broken.pk}/replace/", typed).status_code == 409
        client.post(f"/contracts/{new.pk}/replace/undo/")
        assert ContractDevice.objects.get(pk=broken.pk).is_active


def sheet(tmp_path, head, *rows):
    path = tmp_path / "table.xlsx"
    write_table(path, head, rows)
    return str(path)


class TestCommands:
    HEAD = ("Производитель", "Модель", "Картридж", "Артикул", "Цвет", "Ресурс")

    def test_cartridges_are_imported_and_bad_rows_named(self, tmp_path, capsys):
        model = make_model("Kyocera", "P2040")
        path = sheet(
            tmp_path, self.HEAD, ("kyocera", "P2040", "TK-1170", "1T02", "чёрный", "7200"),
            ("Kyocera", "P2040", "TK-1170", "1T03", "K", "7200"), ("", "P2040", "", "", "", ""), ("", "Nothing", "X", "", "", ""),
        )  # fmt: skip
        with pytest.raises(SystemExit):
            call_command("import_cartridges_xlsx", path, "--primary")
        out = capsys.readouterr().out
        assert "MISSING_VALUES" in out
        assert "MODEL_NOT_FOUND" in out
        assert list(Cartridge.objects.values_list("name", "part_number", "color")) == [
            ("TK-1170", "1T02", "black"),
            ("TK-1170", "1T03", "black"),
        ]
        assert DeviceModelCartridge.objects.filter(device_model=model, is_primary=True).count() == 2
        good = sheet(tmp_path, self.HEAD, ("Kyocera", "P2040", "tk-1170", "1t02", "", "9000"))
        call_command("import_cartridges_xlsx", good)
        assert Cartridge.objects.get(part_number="1T02").capacity == "9000"

    def test_a_dry_run_of_cartridges_changes_nothing(self, tmp_path):
        make_model("Kyocera", "P2040")
        call_command("import_cartridges_xlsx", sheet(tmp_path, self.HEAD, ("", "P2040", "TK", "", "", "")), "--dry-run")
        assert not Cartridge.objects.exists()

    def test_contracts_are_imported_by_command(self, tmp_path, capsys):
        make_organization("Alpha")
        make_model("Kyocera", "P2040")
        status = make_status("In store")
        head = ("Организация", "Город", "Адрес", "Производитель", "Модель", "Серийный номер")
        path = sheet(tmp_path, head, ("Alpha", "Bratsk", "Mira 1", "Kyocera", "P2040", "VCF1"))
        call_command("contracts_import_xlsx", path, "--create-cities", "--dry-run")
        assert not ContractDevice.objects.exists()
        make_provider()
        call_command("contracts_import_xlsx", path, "--create-cities", "--status", "in store", "--provider", "amb")
        device = ContractDevice.objects.get()
        assert (device.status, str(device.service_provider)) == (status, "AMB")
        assert "1 added, 0 changed" in capsys.readouterr().out
        with pytest.raises(SystemExit):
            call_command("contracts_import_xlsx", sheet(tmp_path, head, ("Nobody", "B", "M", "K", "P", "S")))

    @pytest.mark.parametrize("command", ["contracts_import_xlsx", "import_cartridges_xlsx"])
    def test_a_file_that_is_not_there_is_said(self, command, tmp_path):
        with pytest.raises(CommandError, match="No such file"):
            call_command(command, str(tmp_path / "none.xlsx"))

    def test_a_status_that_is_not_there_names_those_that_are(self, tmp_path):
        make_status("In store")
        with pytest.raises(CommandError, match="In store"):
            call_command("contracts_import_xlsx", sheet(tmp_path, ("a",), ("b",)), "--status", "Nowhere")


def test_a_broken_file_of_cartridges_is_refused():
    with pytest.raises(SheetError):
        import_cartridges(b"PK\x03\x04broken")
