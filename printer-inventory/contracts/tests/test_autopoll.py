"""Candidates for polling: GLPI and printers are stand-ins on real sockets; from an import to a printer and back."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from standins.glpi import APP_TOKEN, Fault, Glpi
from standins.printers import PrinterFleet

from access.services.roles import bootstrap_roles
from contracts.models import AutoPollCandidate, AutoPollJob, ContractDevice, DeviceModel, ImportSession
from contracts.rules import autopoll as rules
from contracts.services import autopoll, autopoll_jobs, import_sessions
from contracts.tests.factories import make_device, make_model
from contracts.tests.test_imports import HEAD, applied, book, looked
from inventory.models import GlpiConnection, InventoryTask, Printer
from inventory.services import glpi_server
from inventory.tests.factories import make_organization, make_printer

USER_TOKEN = "glpi-demo-user-token"
TODAY = date.today().isoformat()  # noqa: DTZ011 - as GLPI writes it
LONG_AGO = "2020-01-01"


class TestRules:
    NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("addresses", "address", "status"),
        [
            (("10.0.0.1",), "10.0.0.1", None),
            (("fe80::1", "10.0.0.1"), "10.0.0.1", None),
            (("10.0.0.9", "10.0.0.1"), "10.0.0.1", None),
            (("10.0.0.9",), "10.0.0.9", rules.CONFLICT),
            ((), None, rules.NO_IP),
            (("fe80::1",), None, rules.NO_IP),
            (("192.168.1.1",), None, rules.NO_IP),
            (("::", "printer.local", "10.0.0.1; DROP"), None, rules.NO_IP),
        ],
    )  # fmt: skip
    def test_addresses(self, addresses, address, status):
        found, word = rules.judge_address(addresses, lambda text: text.startswith("10."), {"10.0.0.9"})
        assert (found, word and word.status) == (address, status)

    @pytest.mark.parametrize(
        ("hours", "status"), [(0, rules.ACTIVE), (24, rules.ACTIVE), (25, rules.STALE), (None, rules.STALE)]
    )
    def test_freshness(self, hours, status):
        seen = None if hours is None else self.NOW - timedelta(hours=hours)
        assert rules.judge_age(seen, self.NOW, timedelta(hours=24)) == status

    @pytest.mark.parametrize(
        ("status", "answer", "may"),
        [
            (rules.ACTIVE, None, True), (rules.ACTIVE, True, True), (rules.ACTIVE, False, False),
            (rules.STALE, None, False), (rules.STALE, True, True), (rules.NOT_FOUND, None, False),
        ],
    )  # fmt: skip
    def test_what_may_become_a_printer(self, status, answer, may):
        assert rules.may_become_printer(status, answer) is may


@pytest.fixture
def glpi(settings: Any, db: None) -> Iterator[Glpi]:
    """A GLPI that is set up here, with its tokens sealed."""
    with Glpi() as running:
        GlpiConnection.objects.create(pk=1, url=running.url, app_token=APP_TOKEN, user_token=USER_TOKEN)
        yield running


@pytest.fixture
def client(db: None) -> Client:
    """Somebody who imports contracts and may add and retire printers."""
    bootstrap_roles()
    user = User.objects.create_user("importer")
    user.groups.set(Group.objects.filter(name__in=("Contracts Editor", "Inventory Admin")))
    made = Client()
    made.force_login(user)
    return made


def imported(*serials: str) -> ImportSession:
    """Return an applied import of devices whose model has a network port."""
    make_organization("Alpha")
    model = make_model()
    DeviceModel.objects.filter(pk=model.pk).update(has_network_port=True)
    rows = [("Alpha", "Irkutsk", "Lenina 1", str(n), "Kyocera", model.name, one, "") for n, one in enumerate(serials)]
    return applied(looked(book(*rows, head=HEAD)))


def probed(session: ImportSession) -> AutoPollJob:
    job = autopoll.ask(session, AutoPollJob.Task.PROBE, None)
    while autopoll_jobs.run_next():
        pass
    job.refresh_from_db()
    return job


def statuses(session: ImportSession) -> dict[str, str]:
    return dict(session.candidates.values_list("serial_number", "status"))


def test_what_glpi_says_is_written_on_every_device(glpi: Glpi):
    session = imported("FRESH", "OLD", "NOWHERE", "NOBODY", "THEIRS", "TWICE", "DOUBLE1", "DOUBLE2", "V6")
    make_printer(ip_address="127.8.0.9")
    glpi.world.add("fresh", "127.8.0.1", entity=1, log=[(TODAY, 5)], counter=4711, name="<b>PRN</b>")
    glpi.world.add("OLD", "127.8.0.2", log=[(LONG_AGO, 5)])
    glpi.world.add("NOWHERE", log=[(TODAY, 5)])
    glpi.world.add("THEIRS", "127.8.0.9", log=[(TODAY, 5)])
    glpi.world.add("TWICE", "127.8.0.3", log=[(TODAY, 5)])
    glpi.world.add("TWICE", "127.8.0.4", log=[(TODAY, 5)])
    glpi.world.add("DOUBLE1", "127.8.0.5", log=[(TODAY, 5)])
    glpi.world.add("DOUBLE2", "127.8.0.5", log=[(TODAY, 5)])
    glpi.world.add("V6", "fe80::1", log=[(TODAY, 5)])
    job = probed(session)
    assert (job.state, job.done, job.total, job.reason) == ("done", 9, 9, "")
    assert statuses(session) == {
        "FRESH": "glpi_active", "OLD": "glpi_stale", "NOWHERE": "no_ip", "NOBODY": "not_found", "THEIRS": "ip_conflict",
        "TWICE": "error", "DOUBLE1": "ip_conflict", "DOUBLE2": "ip_conflict", "V6": "no_ip",
    }  # fmt: skip
    fresh = session.candidates.get(serial_number="FRESH")
    assert (fresh.glpi_ip, fresh.glpi_counter, fresh.glpi_name) == ("127.8.0.1", 4711, "<b>PRN</b>")
    assert fresh.glpi_date is not None
    assert not glpi.api.sessions


def test_only_devices_that_nobody_polls_are_candidates(glpi: Glpi):
    session = imported("HERE", "POLLED")
    make_printer(serial_number="polled")
    make_device(serial_number="OTHER-IMPORT")
    usb = make_model("HP", "USB only")
    ContractDevice.objects.filter(serial_number="HERE").update(room_number="7")
    ContractDevice.objects.create(
        **{
            name: getattr(ContractDevice.objects.first(), name)
            for name in ("organization", "city", "status", "address")
        },
        model=usb,
        serial_number="USB",
    )
    assert [one.serial_number for one in autopoll.eligible(session)] == ["HERE"]
    again = applied(looked(book(("Alpha", "Irkutsk", "Lenina 1", "8", "Kyocera", "ECOSYS P2040dn", "HERE", ""))))
    assert [one.serial_number for one in autopoll.eligible(again)] == ["HERE"], "a device that was there counts too"


def test_the_number_of_statements_and_requests_per_chunk_is_constant(glpi: Glpi, django_assert_max_num_queries: Any):
    session = imported(*(f"S{number}" for number in range(45)))
    autopoll.ask(session, AutoPollJob.Task.PROBE, None)
    with django_assert_max_num_queries(40):
        autopoll_jobs.run_next()
    assert set(statuses(session).values()) == {"not_found"}
    assert len([line for line in glpi.seen if "search/" in line]) == 3


class TestJobs:
    def test_pressed_twice_it_happens_once(self, glpi: Glpi):
        session = imported("A")
        first, second = (autopoll.ask(session, AutoPollJob.Task.PROBE, None) for _ in range(2))
        assert first.pk == second.pk

    def test_a_slice_of_time_at_once_and_the_rest_later(self, glpi: Glpi):
        session = imported(*(f"S{number}" for number in range(25)))
        job = autopoll.ask(session, AutoPollJob.Task.PROBE, None)
        assert autopoll_jobs.run_next(seconds=0)
        job.refresh_from_db()
        assert (job.state, job.done, job.total) == ("queued", 20, 25)
        assert autopoll_jobs.run_next(seconds=0)
        job.refresh_from_db()
        assert (job.state, job.done) == ("done", 25)
        assert not autopoll_jobs.run_next()

    def test_glpi_that_goes_away_fails_it_and_keeps_what_was_found(self, glpi: Glpi):
        session = imported(*(f"S{number:02}" for number in range(25)))
        for number in range(25):
            glpi.world.add(f"S{number:02}", f"127.8.1.{number}", log=[(TODAY, 1)])
        glpi.faults.add(Fault("status", "/Printer/21/", status=503))
        job = probed(session)
        assert job.state == "failed"
        assert "503" in job.reason
        assert sorted(statuses(session).values()).count("glpi_active") == 20
        assert probed(session).state == "done"
        assert set(statuses(session).values()) == {"glpi_active"}

    def test_without_a_server_it_says_what_to_do(self, db: None):
        session = imported("A")
        job = probed(session)
        assert (job.state, "address and a token" in job.reason) == ("failed", True)
        assert statuses(session) == {"A": "waiting"}

    def test_a_dead_workers_job_is_taken_over_and_given_up_at_last(self, glpi: Glpi):
        job = autopoll.ask(imported("A"), AutoPollJob.Task.PROBE, None)
        past = datetime(2020, 1, 1, tzinfo=UTC)
        AutoPollJob.objects.update(state="running", attempt=1, lease_until=past)
        assert autopoll_jobs.run_next()
        job.refresh_from_db()
        assert (job.state, job.attempt) == ("done", 2)
        AutoPollJob.objects.update(state="running", attempt=3, lease_until=past)
        assert not autopoll_jobs.run_next()
        job.refresh_from_db()
        assert job.state == "lost"

    def test_stopped_it_writes_nothing_more(self, glpi: Glpi, monkeypatch: pytest.MonkeyPatch):
        session = imported("A")
        job = autopoll.ask(session, AutoPollJob.Task.PROBE, None)
        look_up = autopoll_jobs._look_up

        def stopping(*given: Any) -> None:
            look_up(*given)
            autopoll.stop(session)

        monkeypatch.setattr(autopoll_jobs, "_look_up", stopping)
        autopoll_jobs.run_next()
        job.refresh_from_db()
        assert (job.state, statuses(session)) == ("stopped", {"A": "waiting"})


@pytest.fixture(scope="module")
def printers() -> Iterator[PrinterFleet]:
    """Three printers that answer SNMP on one port."""
    with PrinterFleet(count=3, speed=0, web=False) as running:
        yield running


class TestFromImportToPrinter:
    """The whole way by the pages: import, look up, ask, add, polled, undo."""

    @pytest.fixture
    def session(self, glpi: Glpi, printers: PrinterFleet, settings: Any) -> ImportSession:
        settings.AUTOPOLL_SNMP_PORT = printers.printers[0].snmp_port
        settings.AUTOPOLL_SNMP_COMMUNITY = printers.printers[0].community
        right, wrong, _ = printers.printers
        session = imported(right.serial, "ANOTHER", "SILENT")
        glpi.world.add(right.serial, right.address, log=[(LONG_AGO, 1)])
        glpi.world.add("ANOTHER", wrong.address, log=[(TODAY, 1)])
        glpi.world.add("SILENT", "127.42.255.1", log=[(TODAY, 1)])
        return session

    def test_the_whole_way(self, session: ImportSession, client: Client, printers: PrinterFleet):
        base = f"/contracts/import/{session.pk}/autopoll/"
        assert "Not looked up yet" in client.get(base).content.decode()
        assert client.post(f"{base}probe/").status_code == 302
        assert 'id="import-job"' in client.get(base).content.decode()
        assert client.get(f"{base}progress/").json()["state"] == "queued"
        assert autopoll_jobs.run_next()
        right = session.candidates.get(serial_number=printers.printers[0].serial)
        refused = client.post(f"{base}create/", {"ids": [right.pk]}, follow=True).content.decode()
        assert "Its address is not sure" in refused, "GLPI has not seen it lately"
        client.post(f"{base}verify/")
        assert autopoll_jobs.run_next()
        answers = dict(session.candidates.values_list("serial_number", "verify_ok"))
        assert answers == {right.serial_number: True, "ANOTHER": False, "SILENT": False}
        assert printers.printers[1].serial in session.candidates.get(serial_number="ANOTHER").verify_message
        ids = list(session.candidates.values_list("pk", flat=True))
        page = client.post(f"{base}create/", {"ids": ids}, follow=True).content.decode()
        assert "1 printer added and asked." in page
        printer = Printer.objects.get()
        assert (printer.ip_address, printer.serial_number, printer.polling_method) == (
            printers.printers[0].address, right.serial_number, "SNMP",
        )  # fmt: skip
        device = ContractDevice.objects.get(serial_number=right.serial_number)
        assert (device.printer, printer.organization) == (printer, device.organization)
        assert InventoryTask.objects.get(printer=printer).state == "queued"
        client.post(f"{base}create/", {"ids": ids})
        assert Printer.objects.count() == 1, "asked twice it happens once"
        page = client.post(f"{base}undo/?ids={right.pk}", follow=True).content.decode()
        assert "1 printer retired again." in page
        printer.refresh_from_db()
        device.refresh_from_db()
        assert (printer.is_active, device.printer) == (False, None)
        client.post(f"{base}create/", {"ids": [right.pk]})
        assert Printer.objects.filter(is_active=True).count() == 1, "and again, at the same address"

    def test_left_out_and_taken_back_in(self, session: ImportSession, client: Client):
        probed(session)
        one = session.candidates.get(serial_number="SILENT")
        base = f"/contracts/import/{session.pk}/autopoll/"
        assert "1 device left out." in client.post(f"{base}ignore/", {"ids": [one.pk]}, follow=True).content.decode()
        autopoll.ask(session, AutoPollJob.Task.VERIFY, None)
        autopoll_jobs.run_next()
        one.refresh_from_db()
        assert one.verified_at is None, "who is left out is not asked"
        assert "SILENT" in client.get(f"{base}?status=ignored").content.decode()
        client.post(f"{base}ignore/?back=1&ids={one.pk}")
        one.refresh_from_db()
        assert one.ignored_at is None

    def test_the_address_that_somebody_took_meanwhile(self, session: ImportSession, client: Client):
        probed(session)
        one = session.candidates.get(serial_number="SILENT")
        make_printer(ip_address="127.42.255.1", snmp_port=Printer(ip_address="x").snmp_port)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inventory_printer SET snmp_port = (SELECT %s::int)", [_port()])
        made, refused = autopoll.create_printers(session, [one.pk], None)
        one.refresh_from_db()
        assert (made, len(refused), one.status) == ([], 1, "ip_conflict")

    def test_the_table_as_a_file(self, session: ImportSession, client: Client):
        probed(session)
        AutoPollCandidate.objects.filter(serial_number="SILENT").update(glpi_name="=HYPERLINK(1)")
        answer: Any = client.get(f"/contracts/import/{session.pk}/autopoll/export/?format=csv")
        content = b"".join(answer.streaming_content)
        assert "'=HYPERLINK(1)" in content.decode("utf-8-sig")


def _port() -> int:
    from django.conf import settings

    return int(settings.AUTOPOLL_SNMP_PORT)


def test_hostile_names_are_shown_as_text(glpi: Glpi, client: Client):
    session = imported("X")
    glpi.world.add("X", "127.8.0.1", name="&#60;script&#62;alert(1)&#60;/script&#62;", log=[(TODAY, 1)])
    probed(session)
    page = client.get(f"/contracts/import/{session.pk}/autopoll/").content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_page_costs_the_same_for_any_number(glpi: Glpi, client: Client, django_assert_max_num_queries: Any):
    session = imported(*(f"S{number}" for number in range(60)))
    probed(session)
    address = f"/contracts/import/{session.pk}/autopoll/"
    client.get(address)
    with django_assert_max_num_queries(14):
        client.get(address)


def test_an_import_that_was_taken_back_offers_nothing(glpi: Glpi, client: Client):
    session = imported("A")
    import_sessions.ask_undo(session.pk, None)
    assert client.get(f"/contracts/import/{session.pk}/autopoll/").status_code == 404


class TestTheServerIsSetUp:
    ADDRESS = "/inventory/integrations/glpi/"

    def test_tokens_are_sealed_and_never_shown(self, client: Client, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.DEBUG)
        with Glpi() as running:
            form = {"url": running.url, "app_token": APP_TOKEN, "user_token": USER_TOKEN, "verify_tls": "on"}
            page = client.post(self.ADDRESS, form, follow=True).content.decode()
            assert "GLPI let us in." in page
            told = page + client.get(self.ADDRESS).content.decode() + caplog.text + "".join(running.seen)
            with connection.cursor() as cursor:
                cursor.execute("SELECT row_to_json(c)::text FROM inventory_glpiconnection c")
                told += cursor.fetchone()[0]
            assert not [secret for secret in (APP_TOKEN, USER_TOKEN) if secret in told]
            assert "One is stored" in page
            page = client.post(self.ADDRESS, {"url": running.url}, follow=True).content.decode()
            assert "GLPI let us in." in page, "an empty field keeps what is stored"

    def test_another_address_forgets_the_tokens(self, client: Client):
        with Glpi() as true, Glpi() as other:
            form = {"url": true.url, "app_token": APP_TOKEN, "user_token": USER_TOKEN}
            client.post(self.ADDRESS, form)
            page = client.post(self.ADDRESS, {"url": other.url}, follow=True).content.decode()
            assert "does not work yet" in page
            assert not GlpiConnection.objects.get().user_token

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/apirest.php",
            "ftp://glpi/",
            "javascript:alert(1)",
            "http://u:p@127.0.0.1/",
            "x" * 400,
        ],
    )
    def test_addresses_that_are_none(self, client: Client, url: str):
        answer = client.post(self.ADDRESS, {"url": url})
        assert answer.status_code == 422
        assert not GlpiConnection.objects.exists()

    def test_our_own_database_is_no_glpi(self, client: Client, settings: Any):
        port = settings.DATABASES["default"]["PORT"]
        assert client.post(self.ADDRESS, {"url": f"http://127.0.0.1:{port}/"}).status_code == 422

    def test_a_token_of_two_lines_is_refused(self, client: Client):
        form = {"url": "http://127.0.0.1:1/apirest.php", "user_token": "a\nX-Other: b"}
        assert client.post(self.ADDRESS, form).status_code == 422

    def test_settings_are_used_until_it_is_set_up_here(self, settings: Any, db: None):
        assert glpi_server.configured() is None
        settings.GLPI_API_URL, settings.GLPI_USER_TOKEN = "http://127.0.0.1:1/apirest.php", "from-settings"
        found = glpi_server.configured()
        assert found is not None
        assert found.user_token == "from-settings"
        GlpiConnection.objects.create(pk=1, url="http://127.0.0.1:2/apirest.php", user_token="from-here")
        found = glpi_server.configured()
        assert found is not None
        assert (found.url[-13:], found.user_token) == ("2/apirest.php", "from-here")

    def test_forgetting(self, client: Client):
        GlpiConnection.objects.create(pk=1, url="http://127.0.0.1:2/apirest.php")
        client.post(f"{self.ADDRESS}forget/")
        assert not GlpiConnection.objects.exists()

    def test_who_has_no_right_is_refused(self, client: Client):
        group = Group.objects.get(name="Inventory Admin")
        group.permissions.remove(Permission.objects.get(codename="manage_glpi"))
        assert client.get(self.ADDRESS).status_code == 403


def test_models_of_polled_printers_have_a_network_port(db: None):
    polled, other = make_model("HP", "Polled"), make_model("HP", "Other")
    make_printer(device_model=polled)
    call_command("populate_network_port", "--dry-run")
    assert not DeviceModel.objects.filter(has_network_port=True, manufacturer__name="HP").exists()
    call_command("populate_network_port")
    assert list(DeviceModel.objects.filter(has_network_port=True, manufacturer__name="HP")) == [polled]
    other.refresh_from_db()
    assert not other.has_network_port


def test_json_of_a_job_is_the_houses(glpi: Glpi, client: Client):
    session = imported("A")
    probed(session)
    told = json.loads(client.get(f"/contracts/import/{session.pk}/autopoll/progress/").content)
    assert {name: told[name] for name in ("state", "done", "total", "reason")} == {
        "state": "done", "done": 1, "total": 1, "reason": "",
    }  # fmt: skip
