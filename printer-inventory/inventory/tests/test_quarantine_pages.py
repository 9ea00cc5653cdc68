"""The quarantine by its HTTP face."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.services.roles import bootstrap_roles
from inventory.models import InventoryTask, Organization, Printer, PrinterEvent, PrinterState, Quarantine, Trigger
from inventory.polling.reading import DeviceReading, Supply
from inventory.services.importing import store_reading
from inventory.services.printers import retire
from inventory.services.retention import cleanup
from inventory.services.usage import ALWAYS, pages_between
from inventory.tests.factories import make_organization, make_printer

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"
JSON = {"accept": "application/json"}


def client_of(role: str) -> Client:
    """Return a browser signed in with one role."""
    bootstrap_roles()
    user = User.objects.create_user(role.replace(" ", "-").lower())
    user.groups.set(Group.objects.filter(name=role))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def editor() -> Client:
    return client_of("Inventory Editor")


@pytest.fixture
def operator() -> Client:
    return client_of("Inventory Operator")


def read(printer: Printer, hours: float, **facts: Any) -> None:
    """Store a reading of so many hours ago."""
    values = {"serial": printer.serial_number, **facts}
    total = values.pop("total", 1000)
    store_reading(printer, DeviceReading(counters={"total": total}, **values), timezone.now() - timedelta(hours=hours))


def doubted(organization: Organization | None = None, hours: float = 0.5, **facts: Any) -> Quarantine:
    """Return an open doubt: a printer that counted 1000, then `facts` (by default, 10)."""
    printer = make_printer(organization=organization)
    read(printer, hours + 1)
    read(printer, hours, **{"total": 10, **facts})
    return Quarantine.objects.get(printer=printer)


def page(client: Client, query: str = "") -> str:
    """Return the list's text."""
    answer = client.get(f"/inventory/quarantine/{query}")
    assert answer.status_code == 200
    return answer.text


class TestList:
    def test_nothing_in_doubt_teaches(self, operator: Client):
        assert "Every reading is believed" in page(operator)
        assert "Nothing decided yet" in page(operator, "?state=resolved")

    def test_expected_stands_beside_got(self, editor: Client):
        doubt = doubted()
        text = page(editor)
        assert str(doubt.printer) in text
        assert "<del>1,000</del> <ins>10</ins>" in text
        assert "Accept as new baseline" in text

    def test_filters_by_kind_client_and_age(self, operator: Client):
        alpha, beta = make_organization("Alpha"), make_organization("Beta")
        reset, old = doubted(alpha), doubted(beta, hours=30, serial="OTHER")
        for query, shown in (
            ("?kind=reset", {reset}),
            ("?kind=device", {old}),
            (f"?org={alpha.pk}", {reset}),
            ("?older=24h", {old}),
            ("?kind=jump", set()),
            ("?kind=x&org=99999999999999999999&older=x&page=²", {reset, old}),
        ):
            text = page(operator, query)
            assert {doubt for doubt in (reset, old) if f'data-id="{doubt.pk}"' in text} == shown, query
        assert "No doubt matches" in page(operator, "?kind=jump")

    def test_queries_do_not_grow_with_the_list(self, editor: Client):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                page(editor)
            return len(captured)

        for _ in range(2):
            doubted(make_organization(), serial="OTHER")
        few = queries()
        for _ in range(8):
            doubted(make_organization(), serial="OTHER")
        assert queries() == few

    def test_what_a_device_says_is_never_markup(self, editor: Client):
        doubt = doubted(serial=HOSTILE, model=HOSTILE, manufacturer=HOSTILE, mac=HOSTILE)
        paths = ("/inventory/quarantine/", f"/inventory/quarantine/{doubt.pk}/", doubt.printer.get_absolute_url())
        for path in paths:
            text = editor.get(path).text
            assert HOSTILE not in text
        assert "&lt;script&gt;" in editor.get(paths[1]).text.lower()

    def test_the_rail_counts_what_waits(self, operator: Client):
        assert "rail-badge" not in page(operator)
        doubted()
        doubted()
        assert '<span class="rail-badge">2</span>' in operator.get("/inventory/").text


class TestDecisions:
    def test_one_press_takes_the_suggestion_and_offers_undo(self, editor: Client):
        doubt = doubted()
        data = {"action": "baseline", "seen": doubt.fingerprint, "next": "/inventory/quarantine/?kind=reset"}
        answer = editor.post(f"/inventory/quarantine/{doubt.pk}/resolve/", data)
        assert (answer.status_code, answer.headers["location"]) == (302, data["next"])
        assert f"/inventory/quarantine/{doubt.pk}/undo/" in page(editor)
        state = PrinterState.objects.get(pk=doubt.printer_id)
        assert (state.total_pages, state.epoch) == (10, 1)
        text = page(editor, "?state=resolved")
        assert "new baseline" in text
        assert "inventory-editor" in text
        editor.post(f"/inventory/quarantine/{doubt.pk}/undo/")
        assert PrinterState.objects.get(pk=doubt.printer_id).total_pages == 1000
        assert list(PrinterEvent.objects.filter(printer=doubt.printer).values_list("change", flat=True)) == [
            "undo",
            "counter_reset",
        ]
        assert "doubtful reading" not in editor.get(doubt.printer.get_absolute_url()).text

    def test_the_second_of_two_people_gets_409_in_both_faces(self, editor: Client):
        doubt = doubted()
        path, data = f"/inventory/quarantine/{doubt.pk}/resolve/", {"action": "baseline"}
        assert editor.post(path, data, headers=JSON).json()["resolution"] == "baseline"
        program, person = editor.post(path, {"action": "rejected"}, headers=JSON), editor.post(path, data)
        assert (program.status_code, program.headers["content-type"]) == (409, "application/problem+json")
        assert person.status_code == 409
        assert "Somebody else" in person.text
        assert Quarantine.objects.get().resolution == "baseline"

    @pytest.mark.parametrize(
        ("action", "status"), [("replaced", 409), ("recovered", 409), ("believed", 409), ("", 422), ("drop", 422)]
    )
    def test_what_does_not_fit_the_doubt_is_refused(self, editor: Client, action: str, status: int):
        doubt = doubted()
        assert editor.post(f"/inventory/quarantine/{doubt.pk}/resolve/", {"action": action}).status_code == status
        assert Quarantine.objects.get().is_open

    def test_a_mac_that_is_in_use_stands_against_a_new_board(self, editor: Client):
        doubt = doubted(serial="NEWBOARD", mac="00:1B:A9:00:00:01")
        make_printer(mac_address="00:1B:A9:00:00:01")
        answer = editor.post(f"/inventory/quarantine/{doubt.pk}/resolve/", {"action": "baseline"})
        assert answer.status_code == 409
        assert "MAC address" in answer.text
        doubt.printer.refresh_from_db()
        assert doubt.printer.serial_number != "NEWBOARD"
        assert not PrinterEvent.objects.exists()

    @pytest.mark.parametrize("action", ["resolve", "undo"])
    def test_those_who_may_not_decide_see_but_cannot(self, operator: Client, action: str):
        doubt = doubted()
        assert operator.post(f"/inventory/quarantine/{doubt.pk}/{action}/", {"action": "rejected"}).status_code == 403
        assert operator.post("/inventory/quarantine/reject/", {"ids": doubt.pk}).status_code == 403
        for text in (page(operator), operator.get(f"/inventory/quarantine/{doubt.pk}/").text):
            assert "/resolve/" not in text
            assert str(doubt.printer) in text

    def test_many_are_rejected_by_selection_or_by_filter(self, editor: Client):
        ids = [doubted().pk for _ in range(3)]
        doubted(serial="OTHER")
        assert editor.post("/inventory/quarantine/reject/", {"ids": ids[:1]}, headers=JSON).json()["rejected"] == 1
        filtered = editor.post("/inventory/quarantine/reject/?kind=reset", {"scope": "filter"}, headers=JSON)
        assert filtered.json()["rejected"] == 2
        assert [doubt.kind for doubt in Quarantine.objects.filter(resolved_at=None)] == ["device"]
        assert editor.post("/inventory/quarantine/reject/", {"ids": "x"}).status_code == 422

    def test_nothing_leads_to_foreign_pages(self, editor: Client):
        data = {"action": "rejected", "next": "https://evil.example/"}
        answer = editor.post(f"/inventory/quarantine/{doubted().pk}/resolve/", data)
        assert answer.headers["location"] == "/inventory/quarantine/"

    def test_unknown_doubts_are_404(self, editor: Client):
        assert editor.get("/inventory/quarantine/99/").status_code == 404
        assert editor.post("/inventory/quarantine/99/resolve/", {"action": "rejected"}).status_code == 404
        assert editor.post("/inventory/quarantine/99/undo/").status_code == 404


class TestPrinterPage:
    def test_the_notice_leads_to_the_doubt(self, operator: Client):
        doubt = doubted()
        assert f"/inventory/quarantine/{doubt.pk}/" in operator.get(doubt.printer.get_absolute_url()).text

    def test_an_edit_is_on_the_timeline_without_the_community(self, editor: Client):
        printer = make_printer(snmp_community="public", location="Hall 1")
        data = {
            "ip_address": "127.9.9.9",
            "snmp_port": 161,
            "web_port": 80,
            "snmp_community": "topsecret",
            "snmp_version": "auto",
            "polling_method": "SNMP",
            "serial_number": printer.serial_number,
            "location": "Hall 2",
            "version": 0,
        }
        assert editor.post(f"/inventory/{printer.pk}/edit/", data).status_code == 302
        text = editor.get(printer.get_absolute_url()).text
        assert "new address" in text
        assert "<del>Hall 1</del>" in text
        assert "topsecret" not in text
        assert "topsecret" not in str(list(PrinterEvent.objects.values("old_values", "new_values")))

    def test_retiring_closes_the_doubt(self):
        doubt = doubted()
        retire(doubt.printer, None, timezone.now())
        assert Quarantine.objects.get().resolution == "retired"


class TestRetention:
    def test_what_was_in_doubt_is_kept(self):
        doubt = doubted(hours=24 * 200)
        retire(doubt.printer, None, timezone.now())
        InventoryTask.objects.create(
            printer=doubt.printer, due_at=timezone.now() - timedelta(days=199), state="failed", status="FAILED"
        )
        assert cleanup(timezone.now(), 90) == {"deleted": 1}
        assert Quarantine.objects.get().counter.reading["counters"] == {"total": 10}
        assert InventoryTask.objects.filter(trigger=Trigger.IMPORT).count() == 2

    def test_no_page_of_an_epoch_is_lost_with_old_readings(self):
        printer = make_printer()
        day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=200)
        # Colour is counted from the fourth reading on: an epoch of its own, begun in the middle of a day.
        counted: list[dict[str, int]] = [{}, {}, {}, {"color": 0}, {"color": 0}, {"color": 0}]
        for place, (hour, more) in enumerate(zip((-7, 18, 19, 20, 21, 22), counted, strict=True)):
            values = {"total": 1000 + place, **more}
            supplies = (Supply(index="1.2", kind="toner", color="cyan"),)
            facts = DeviceReading(serial=printer.serial_number, counters=values, supplies=supplies)
            store_reading(printer, facts, day + timedelta(hours=hour))
        before = pages_between([printer.pk], *ALWAYS)
        assert before[printer.pk]["total"] == 2 + 2
        assert cleanup(timezone.now(), 90) == {"deleted": 2}
        assert pages_between([printer.pk], *ALWAYS) == before
