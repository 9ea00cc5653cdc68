"""Printers read from their web pages: leased, read, judged and stored as those asked by SNMP."""

from __future__ import annotations

from typing import Any

import pytest
import safehttp
from django.db import connection
from django.test.utils import CaptureQueriesContext
from standins.printers import PrinterFleet

from inventory.models import InventoryTask, PageCounter, Printer, PrinterEvent, PrinterState, Quarantine, WebParsingRule
from inventory.services import web_polling, web_rules
from inventory.services.identity import find_device_model
from inventory.services.requests import request_polls
from inventory.services.sweeping import Sweep, run_inventory_for_printer
from inventory.tests.factories import make_printer
from inventory.web_parser import rules
from inventory.web_parser.errors import RuleError

pytestmark = pytest.mark.django_db

IDS = {"serial_number": ("/status", "serial"), "mac_address": ("/status", "mac"), "counter": ("/counters", "total")}


def teach(printer: Printer, method: str = "WEB", **more: dict[str, Any]) -> None:
    """Give a printer rules for the ids its stand-in's pages have."""
    rows = [{"field": field, "path": path, "xpath": f"//*[@id='{name}']"} for field, (path, name) in IDS.items()]
    web_rules.replace_rules(printer, rules.load([*rows, *more.values()]), None, overwrite=True)
    Printer.objects.filter(pk=printer.pk).update(polling_method=method)


def index_of(fleet: PrinterFleet, layout: str) -> int:
    """Return the number of a printer of a vendor with such pages."""
    models = {"european": "Canon", "protected": "RICOH", "table": "HP", "api": "Lexmark", "button": "KONICA"}
    return next(number for number, one in enumerate(fleet.printers) if models[layout].lower() in one.vendor.lower())


class TestWeb:
    def test_a_page_is_read_judged_and_stored(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "table")
        printer = fleet_printers[number]
        teach(printer)
        request_polls([printer.pk], None)
        assert run_inventory_for_printer(printer.pk) == (True, "Polled.")
        state, task = PrinterState.objects.get(pk=printer.pk), InventoryTask.objects.get()
        assert state.total_pages == fleet.truth(number)["counters"]["total"]
        assert (task.engine, task.status, task.match_rule) == ("web", "SUCCESS", "SN_MAC")
        printer.refresh_from_db()
        assert printer.serial_number == fleet.printers[number].serial
        assert PageCounter.objects.get().reading["raw"]["web.counter"] == str(state.total_pages)

    def test_dots_for_thousands_are_no_decimals(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "european")
        teach(fleet_printers[number])
        Sweep(lane="web").run()
        assert (
            PrinterState.objects.get(pk=fleet_printers[number].pk).total_pages
            == fleet.truth(number)["counters"]["total"]
        )

    def test_a_protected_page_takes_the_stored_password(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "protected")
        printer = fleet_printers[number]
        teach(printer)
        Sweep(lane="web").run()
        assert "asks for a user and a password" in InventoryTask.objects.get().error_message
        printer.refresh_from_db()
        printer.web_username, printer.web_password = "admin", "fleet-web-pass"
        printer.save()
        assert "fleet-web-pass" not in str(Printer.objects.filter(pk=printer.pk).values().get())
        request_polls([printer.pk], None)
        assert run_inventory_for_printer(printer.pk)[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT web_password FROM inventory_printer WHERE id = %s", [printer.pk])
            assert "fleet-web-pass" not in cursor.fetchone()[0]

    def test_a_page_behind_digest_is_read_without_a_browser_and_without_telling_the_password(
        self, fleet: PrinterFleet, fleet_printers: list[Printer], monkeypatch: pytest.MonkeyPatch
    ):
        number = next(n for n, one in enumerate(fleet.printers) if "Apeos" in one.model)
        printer = fleet_printers[number]
        teach(printer)
        Printer.objects.filter(pk=printer.pk).update(web_username="admin")
        printer.refresh_from_db()
        printer.web_password = "fleet-web-pass"
        printer.save()
        told: list[str] = []
        ask = safehttp.Client.get

        def overhear(self: safehttp.Client, url: str, **asked: Any) -> safehttp.Response:
            told.append(f"{asked.get('auth')} {asked.get('headers')}")
            return ask(self, url, **asked)

        monkeypatch.setattr(safehttp.Client, "get", overhear)
        assert run_inventory_for_printer(request_polls([printer.pk], None)[0].printer_id) == (True, "Polled.")
        assert PrinterState.objects.get(pk=printer.pk).total_pages == fleet.truth(number)["counters"]["total"]
        assert any("Digest username" in text for text in told)
        assert not any("fleet-web-pass" in text for text in told)
        # One refusal, then one request a page: the proof is good for all of them.
        assert len(told) == 1 + len({path for path, _ in IDS.values()})

    def test_a_page_of_frames_is_read_by_the_frames_own_path(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = next(n for n, one in enumerate(fleet.printers) if "AltaLink" in one.model)
        printer = fleet_printers[number]
        rows = [
            {"field": "serial_number", "path": "/status", "xpath": "//*[@id='serial']"},
            {"field": "counter", "path": "/counters", "xpath": "//*[@id='total']"},
        ]
        web_rules.replace_rules(printer, rules.load(rows), None, overwrite=True)
        Printer.objects.filter(pk=printer.pk).update(polling_method="WEB")
        Sweep(lane="web").run()
        assert PrinterState.objects.get(pk=printer.pk).total_pages == fleet.truth(number)["counters"]["total"]

    def test_json_is_read_like_a_page(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "api")
        printer = fleet_printers[number]
        taught = [
            {"field": "counter", "path": "/api/status.json", "xpath": "//counters/total"},
            {"field": "serial_number", "path": "/api/status.json", "xpath": "//device/serial"},
        ]
        web_rules.replace_rules(printer, rules.load(taught), None, overwrite=True)
        Printer.objects.filter(pk=printer.pk).update(polling_method="WEB")
        Sweep(lane="web").run()
        assert PrinterState.objects.get(pk=printer.pk).total_pages == fleet.truth(number)["counters"]["total"]

    def test_another_device_at_the_address_goes_to_the_quarantine(
        self, fleet_printers: list[Printer], fleet: PrinterFleet
    ):
        printer = fleet_printers[index_of(fleet, "table")]
        teach(printer)
        Printer.objects.filter(pk=printer.pk).update(serial_number="SOMEBODY-ELSE")
        Sweep(lane="web").run()
        assert InventoryTask.objects.get().status == "VALIDATION_ERROR"
        assert Quarantine.objects.get().kind == "device"

    def test_a_page_that_names_no_device_is_not_believed(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        printer = fleet_printers[index_of(fleet, "table")]
        teach(printer)
        WebParsingRule.objects.exclude(field_name="counter").delete()
        Sweep(lane="web").run()
        assert InventoryTask.objects.get().status == "VALIDATION_ERROR"

    def test_without_rules_and_without_an_answer_the_poll_says_what_to_do(self):
        make_printer(polling_method="WEB")
        silent = make_printer(polling_method="WEB", ip_address="127.99.0.7", web_port=9)
        teach(silent)
        Sweep(lane="web").run()
        words = sorted(InventoryTask.objects.values_list("error_message", flat=True))
        assert "Teach the system" in words[0]
        assert "refuses connections" in words[1]
        assert set(InventoryTask.objects.values_list("state", flat=True)) == {"failed"}

    def test_the_native_sweep_and_the_agents_leave_them_alone(self):
        make_printer(polling_method="WEB")
        make_printer(polling_method="HYBRID")
        assert Sweep().run().polled == Sweep(lane="agent").run().polled == 0
        assert Sweep(lane="web").run().polled == 2

    def test_statements_do_not_grow_with_the_printers(
        self, fleet: PrinterFleet, fleet_printers: list[Printer], settings
    ):
        settings.WEB_BATCH_SIZE = 100
        plain = [one for one, far in zip(fleet_printers, fleet.printers, strict=True) if not far.web_user][:12]
        for printer in plain:
            teach(printer)
        with CaptureQueriesContext(connection) as captured:
            assert Sweep(lane="web").run().polled == len(plain)
        reads = [query for query in captured if "webparsingrule" in query["sql"]]
        assert len(reads) == 1


class TestHybrid:
    def test_pages_add_what_snmp_does_not_tell(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "table")
        printer = fleet_printers[number]
        teach(printer, "HYBRID", panel={"field": "console", "path": "/status", "xpath": "//*[@id='panel']"})
        Sweep(lane="web").run()
        task, state = InventoryTask.objects.get(), PrinterState.objects.get(pk=printer.pk)
        assert (task.engine, task.status) == ("hybrid", "SUCCESS")
        assert state.total_pages == fleet.truth(number)["counters"]["total"]
        assert state.supplies

    def test_a_rule_that_reads_another_number_fails_the_poll(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        printer = fleet_printers[index_of(fleet, "table")]
        teach(printer, "HYBRID")
        WebParsingRule.objects.filter(field_name="counter").update(xpath="concat('9', //*[@id='total'])")
        Sweep(lane="web").run()
        task = InventoryTask.objects.get()
        assert (task.state, "SNMP tells" in task.error_message) == ("failed", True)

    def test_both_have_to_answer(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        printer = fleet_printers[index_of(fleet, "table")]
        teach(printer, "HYBRID")
        Printer.objects.filter(pk=printer.pk).update(snmp_community="wrong")
        Sweep(lane="web").run()
        assert "SNMP gave nothing" in InventoryTask.objects.get().error_message


class TestTemplates:
    def test_a_template_survives_being_applied(self, fleet: PrinterFleet, fleet_printers: list[Printer]):
        number = index_of(fleet, "table")
        first = fleet_printers[number]
        teach(first, twice={"field": "counter_bw", "formula": "counter + 0"})
        first.device_model_id = web_polling_model("B")
        first.save()
        template = web_rules.save_template(first, "Status page", None, public=True)
        other = make_printer(device_model=first.device_model)
        web_rules.apply_template(template, [other], None, overwrite=False)
        assert web_rules.rules_of(other) == web_rules.rules_of(first)
        template.refresh_from_db()
        assert template.usage_count == 1
        assert PrinterEvent.objects.filter(printer=other, comment__contains="Status page").exists()

    def test_it_fits_its_own_model_only_and_then_nothing_changes(self, fleet_printers: list[Printer]):
        first, second = fleet_printers[:2]
        first.device_model_id = web_polling_model("A")
        first.save()
        teach(first)
        template = web_rules.save_template(first, "x", None)
        with pytest.raises(RuleError, match="own device model"):
            web_rules.apply_template(template, [first, second], None, overwrite=True)
        assert WebParsingRule.objects.filter(printer=second).count() == 0

    def test_without_overwriting_own_rules_stay(self, fleet_printers: list[Printer]):
        printer = fleet_printers[0]
        own = rules.load([{"field": "counter", "xpath": "//b"}])
        web_rules.replace_rules(printer, own, None, overwrite=True)
        before = web_rules.replace_rules(
            printer,
            rules.load([{"field": "counter", "xpath": "//i"}, {"field": "model", "xpath": "//u"}]),
            None,
            overwrite=False,
        )
        assert [(one.field, one.xpath) for one in web_rules.rules_of(printer)] == [("counter", "//b"), ("model", "//u")]
        web_rules.replace_rules(printer, rules.load(before), None, overwrite=True)
        assert web_rules.rules_of(printer) == own


def web_polling_model(name: str) -> int:
    """Return the id of a device model."""
    return find_device_model("Maker", name)


class TestOwnServices:
    def test_our_own_services_are_never_a_printer(self, settings):
        settings.BASE_URL = "http://127.0.0.1:5000"
        listed = {port: host for host, port in web_polling.own_services()}
        assert listed[5000] == "0.0.0.0"  # noqa: S104 - compared, not bound
        printer = make_printer(ip_address="127.0.0.1", web_port=int(settings.REDIS_PORT), polling_method="WEB")
        teach(printer)
        Sweep(lane="web").run()
        assert "one of our own services" in InventoryTask.objects.get().error_message
