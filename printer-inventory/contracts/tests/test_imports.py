"""Spreadsheets of contract devices: what each row means, the two phases, applied once and only as shown, hostile files."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from sheets import ApplyRefusedError, write_table

from contracts.models import City, ContractDevice, ContractEvent, DeviceModel, ImportSession, Manufacturer
from contracts.services import filters, import_jobs, import_sessions
from contracts.services.exporting import OUTS, SHEET, lines
from contracts.tests.factories import make_device, make_model, make_provider, make_status
from dashboard.models import AlertRule
from inventory.models import Organization
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db
HEAD = (
    "Организация", "Город", "Адрес", "№ кабинета", "Производитель", "Модель оборудования", "Серийный номер",
    "Месяц обслуживания",
)  # fmt: skip
ROW = ("Alpha", "Irkutsk", "Lenina 1", "101", "Kyocera", "ECOSYS P2040dn", "VCF1", "03.2026")


def book(*rows: tuple[object, ...], head: tuple[str, ...] = HEAD) -> bytes:
    """Return an Excel file."""
    file = io.BytesIO()
    write_table(file, head, rows)
    return file.getvalue()


def looked(*contents: bytes, **options: Any) -> ImportSession:
    """Return a session whose files were looked through."""
    files = [(f"file{place}.xlsx", content) for place, content in enumerate(contents, 1)]
    session = import_sessions.open_session("test", files, make_status(), options.pop("provider", None), None, **options)
    assert import_jobs.run_next()
    session.refresh_from_db()
    return session


def applied(session: ImportSession) -> ImportSession:
    import_sessions.ask_apply(session.pk, session.token)
    assert import_jobs.run_next()
    session.refresh_from_db()
    return session


def labels(session: ImportSession) -> list[str]:
    return list(session.rows.order_by("file", "number").values_list("label", flat=True))


def codes(session: ImportSession) -> set[str]:
    return {problem["code"] for row in session.rows.all() for problem in row.problems}


@pytest.fixture
def alpha() -> Any:
    City.objects.create(name="Irkutsk")
    make_model()
    return make_organization("Alpha")


class TestRows:
    def test_a_new_device_is_made_with_everything_the_row_says(self, alpha):
        provider = make_provider()
        session = looked(book(ROW), provider=provider)
        assert labels(session) == ["new"]
        assert not ContractDevice.objects.exists()
        assert applied(session).result == {"created": 1, "updated": 0}
        device = ContractDevice.objects.get()
        assert (device.organization, device.serial_number, device.room_number) == (alpha, "VCF1", "101")
        assert (device.service_start_month, device.service_provider) == (date(2026, 3, 1), provider)
        event = ContractEvent.objects.get(device=device)
        assert (event.change, event.comment) == ("added", "test")

    @pytest.mark.parametrize(
        ("place", "value", "code"),
        [
            (0, "", "NO_ORGANIZATION"), (0, "Nobody", "UNKNOWN_ORGANIZATION"), (1, "", "NO_CITY"), (2, "", "NO_ADDRESS"),
            (4, "", "NO_MANUFACTURER"), (4, "Canon", "UNKNOWN_MANUFACTURER"), (5, "", "NO_MODEL"),
            (5, "P9", "UNKNOWN_MODEL"), (6, "", "NO_SERIAL"), (6, "x" * 129, "TOO_LONG"), (6, "1.23E+12", "SHORTENED"),
            (2, '=HYPERLINK("http://x","y")', "FORMULA"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_by_code_and_row(self, alpha, place, value, code):
        row = list(ROW)
        row[place] = value
        session = looked(book(tuple(row)))
        assert labels(session) == ["error"]
        assert code in codes(session)
        assert session.rows.get().number == 2

    @pytest.mark.parametrize(("place", "value", "code"), [(1, "Bratsk", "NEW_CITY"), (7, "soon", "BAD_SERVICE_MONTH")])
    def test_warnings_do_not_keep_a_row_out(self, alpha, place, value, code):
        row = list(ROW)
        row[place] = value
        session = looked(book(tuple(row)))
        assert (labels(session), code in codes(session)) == (["new"], True)
        assert applied(session).state == "done"

    def test_cities_and_models_are_made_when_asked(self, alpha):
        rows = [("Alpha", "Братск", f"Mira {n}", "", "HP", "M428", f"S{n}", "") for n in range(3)]
        session = applied(looked(book(*rows), create_models=True))
        assert session.result["created"] == 3
        assert City.objects.filter(name="Братск").count() == DeviceModel.objects.filter(name="M428").count() == 1

    def test_rows_against_the_contracts(self, alpha):
        make_device(organization=alpha, serial_number="SAME", address="Lenina 1", room_number="101")
        make_device(organization=alpha, serial_number="CHANGES", address="Lenina 2", comment="ours stays")
        make_device(organization=make_organization("Beta"), serial_number="MOVES")
        for _ in range(2):
            make_device(serial_number="TWICE")
        head = (*HEAD, "Комментарий")

        def row(serial: str, address: str = "Lenina 1") -> tuple[str, ...]:
            return ("alpha", "IRKUTSK", address, "101", "kyocera", "Ecosys P2040DN", serial, "", "theirs")

        session = looked(book(*[row(one) for one in ("same", "CHANGES", "MOVES", "TWICE", "NEW1", "new1")], head=head))
        assert labels(session) == ["update", "update", "moved", "error", "new", "dup_in_file"]
        session = applied(session)
        assert session.result == {"created": 1, "updated": 2}
        changed = ContractDevice.objects.get(serial_number="CHANGES")
        assert (changed.address, changed.comment, changed.version) == ("Lenina 1", "ours stays", 1)
        assert ContractDevice.objects.get(serial_number="MOVES").organization.name == "Beta"

    def test_a_move_to_another_client_wants_a_word(self, alpha):
        device = make_device(organization=make_organization("Beta"), serial_number="MOVES")
        session = looked(book((*ROW[:6], "MOVES", "")))
        with pytest.raises(ApplyRefusedError):
            import_sessions.ask_apply(session.pk, session.token)
        import_sessions.decide(session.pk, "moved", "apply")
        session.refresh_from_db()
        applied(session)
        device.refresh_from_db()
        assert device.organization == alpha

    def test_of_two_rows_with_one_serial_number_the_other_can_be_chosen(self, alpha):
        first, second = (*ROW[:2], "Lenina 1", *ROW[3:]), (*ROW[:2], "Mira 7", *ROW[3:])
        session = looked(book(first), book(second))
        assert labels(session) == ["new", "dup_in_file"]
        twin = session.rows.get(label="dup_in_file")
        import_sessions.decide(session.pk, [twin.pk], "apply")
        session.refresh_from_db()
        assert labels(session) == ["dup_in_file", "new"]
        applied(session)
        assert ContractDevice.objects.get().address == "Mira 7"

    def test_a_row_that_is_left_out_stays_out(self, alpha):
        session = looked(book(ROW, (*ROW[:6], "VCF2", "")))
        import_sessions.decide(session.pk, [session.rows.get(key="VCF1").pk], "skip")
        session.refresh_from_db()
        assert applied(session).result["created"] == 1
        assert ContractDevice.objects.get().serial_number == "VCF2"

    def test_a_printer_with_the_serial_number_is_linked(self, alpha):
        printer = make_printer(serial_number="vcf1")
        session = looked(book(ROW))
        assert "WILL_LINK_PRINTER" in codes(session)
        applied(session)
        assert ContractDevice.objects.get().printer == printer

    def test_devices_that_stand_in_no_file_are_told(self, alpha):
        missing = make_device(organization=alpha, serial_number="MISSING")
        make_device(serial_number="OTHERCLIENT")
        make_device(organization=alpha, serial_number="VCF1")
        session = looked(book(ROW))
        assert list(import_sessions.missing_devices(session)) == [missing]
        assert list(import_sessions.missing_devices(applied(session))) == [missing]


class TestRoundTrip:
    def test_what_was_exported_is_imported_without_a_difference(self, alpha):
        beta = make_organization("Бета «Север»")
        provider = make_provider()
        for number in range(20):
            make_device(
                organization=(alpha, beta)[number % 2],
                serial_number=f"00{number:04}" if number % 5 else "",
                address=f"ул. Ленина, {number}",
                service_start_month=date(2026, 1 + number % 12, 1) if number % 3 else None,
                service_provider=provider if number % 2 else None,
                status=make_status(("In service", "In repair")[number % 2]),
                comment="=a note\nof two lines" if number % 4 == 0 else "",
            )
        for one in (alpha, beta):
            make_device(organization=one, serial_number="BOTH")
        for kind in ("xlsx", "csv"):
            file = io.BytesIO()
            write_table(file, OUTS, lines(filters.DeviceFilter(), kind), sheet=SHEET, kind=kind)
            session = looked(file.getvalue())
            assert Counter(labels(session)) == {"same": 22}, [
                row.problems for row in session.rows.exclude(label="same")
            ]


class TestTwoPhases:
    def test_applied_once_however_often_it_is_pressed(self, alpha):
        client = client_of("Contracts Editor")
        session = looked(book(ROW))
        url = f"/contracts/import/{session.pk}/apply/"
        for _ in range(2):
            client.post(url, {"token": session.token})
        while import_jobs.run_next():
            pass
        answer = client.post(url, {"token": session.token}, follow=True)
        assert "nothing was done twice" in answer.text
        assert ContractDevice.objects.count() == 1

    def test_a_page_older_than_the_decisions_is_refused(self, alpha):
        session = looked(book(ROW))
        import_sessions.decide(session.pk, "new", "skip")
        import_sessions.decide(session.pk, "new", "apply")
        with pytest.raises(ApplyRefusedError, match="another window"):
            import_sessions.ask_apply(session.pk, session.token)

    def test_contracts_that_changed_meanwhile_are_shown_anew_and_nothing_is_applied(self, alpha):
        session = looked(book(ROW, (*ROW[:6], "VCF2", "")))
        import_sessions.ask_apply(session.pk, session.token)
        make_device(organization=alpha, serial_number="VCF2")
        assert import_jobs.run_next()
        session.refresh_from_db()
        assert (session.state, labels(session)) == ("offered", ["new", "update"])
        assert "changed meanwhile" in session.reason
        assert ContractDevice.objects.count() == 1
        assert applied(session).result == {"created": 1, "updated": 1}

    def test_a_worker_that_dies_leaves_nothing_and_after_three_it_is_lost(self, alpha, monkeypatch):
        session = looked(book(ROW))
        import_sessions.ask_apply(session.pk, session.token)

        def dies(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(import_jobs, "apply_chunk", dies)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                import_jobs.run_next()
            ImportSession.objects.update(lease_until="2026-01-01T00:00Z")
        assert not import_jobs.run_next()
        session.refresh_from_db()
        assert (session.state, ContractDevice.objects.count()) == ("lost", 0)

    def test_statements_per_chunk_do_not_grow_with_its_rows(self, alpha, monkeypatch):
        def statements(count: int, serial: str) -> tuple[int, int]:
            rows = [(*ROW[:2], f"Lenina {n}", "1", *ROW[4:6], f"{serial}{n:05}", "") for n in range(count)]
            with CaptureQueriesContext(connection) as looking:
                session = looked(book(*rows))
            with CaptureQueriesContext(connection) as applying:
                applied(session)
            return len(looking), len(applying)

        assert statements(10, "A") == statements(900, "B")

    def test_the_pages_of_a_session(self, alpha):
        client = client_of("Contracts Editor")
        make_device(organization=alpha, serial_number="VCF2")
        file = io.BytesIO(book(ROW, (*ROW[:6], "VCF2", ""), (HOSTILE, *ROW[1:])))
        file.name = "contracts.xlsx"
        answer = client.post("/contracts/import/", {"files": file, "status": make_status().pk, "create_cities": "on"})
        session = ImportSession.objects.get()
        assert answer.headers["location"] == session.get_absolute_url()
        assert "Looking through" in client.get(session.get_absolute_url()).text
        assert import_jobs.run_next()
        page = client.get(session.get_absolute_url())
        assert "Apply 2 rows" in page.text
        assert HOSTILE not in page.text
        assert client.get(f"{session.get_absolute_url()}progress/").json()["state"] == "done"
        assert client.get(f"{session.get_absolute_url()}report/").status_code == 200
        assert client.get(f"{session.get_absolute_url()}missing/").status_code == 200
        assert client.get(f"{session.get_absolute_url()}missing/export/").status_code == 200
        session.refresh_from_db()
        client.post(f"{session.get_absolute_url()}decide/?label=new", {"all_of": "new", "decision": "skip"})
        assert "Apply 1 row" in client.get(session.get_absolute_url()).text

    def test_a_form_without_a_file_says_so(self):
        assert client_of("Contracts Editor").post("/contracts/import/", {}).status_code == 422


def bomb() -> bytes:
    """A workbook of a few kilobytes that unpacks to 300 MB."""
    file = io.BytesIO(book(ROW))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(300 * 2**20))
    return file.getvalue()


def with_entities() -> bytes:
    """A workbook whose sheet is an entity bomb."""
    source, target = io.BytesIO(book(ROW)), io.BytesIO()
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, evil if name.startswith("xl/worksheets/sheet") else old.read(name))
    return target.getvalue()


class TestHostileFiles:
    @pytest.mark.parametrize(
        "make", [bomb, with_entities, lambda: b"\xd0\xcf\x11\xe0" + bytes(600), lambda: b"PK\x03\x04broken"]
    )
    def test_they_are_refused_and_nothing_is_kept(self, alpha, make):
        session = looked(make())
        assert session.state == "failed"
        assert "file1.xlsx" in session.reason
        assert not session.rows.exists()
        assert not ContractDevice.objects.exists()

    def test_a_file_that_breaks_in_the_middle_is_refused_with_the_row(self, alpha):
        text = "\r\n".join([";".join(HEAD), *[";".join(ROW)] * 3, ";".join(["x" * 40_000, *ROW[1:]])])
        session = looked(text.encode())
        assert session.state == "failed"
        assert "row 5" in session.reason
        assert not session.rows.exists()

    def test_a_header_that_is_not_ours_says_what_is_missing(self, alpha):
        session = looked(book(("a", "b"), head=("Серийный номер", "Адрес")))
        assert session.state == "failed"
        assert "Организация" in session.reason

    def test_a_header_without_rows_is_refused(self, alpha):
        assert "no rows" in looked(book()).reason


def test_anybody_without_the_permission_is_refused():
    session = looked(book(ROW))
    for client in (client_of("Contracts Viewer"), Client()):
        for path in ("", "report/", "missing/", "progress/"):
            assert client.get(f"{session.get_absolute_url()}{path}").status_code in (302, 401, 403)


def undone(session: ImportSession) -> ImportSession:
    import_sessions.ask_undo(session.pk, None)
    assert import_jobs.run_next()
    session.refresh_from_db()
    return session


class TestUndo:
    """An applied import is taken back whole, or not at all where something was built on it."""

    @pytest.fixture
    def session(self, alpha: Any) -> ImportSession:
        make_device(
            organization=alpha, serial_number="OLD", address="Lenina 2", room_number="7", city=City.objects.get()
        )
        make_device(organization=make_organization("Beta"), serial_number="MOVES", address="Mira 1")
        rows = [
            ("Alpha", "Bratsk", "Lenina 9", "101", "Kyocera", "ECOSYS P2040dn", name, "05.2026")
            for name in ("OLD", "MOVES", "NEW")
        ]
        session = looked(book(*rows))
        import_sessions.decide(session.pk, "moved", "apply")
        session.refresh_from_db()
        return applied(session)

    @staticmethod
    def standing() -> list[tuple[Any, ...]]:
        rows = ContractDevice.objects.filter(is_active=True).order_by("serial_number")
        return list(
            rows.values_list(
                "serial_number", "organization__name", "city__name", "address", "room_number", "service_start_month"
            )
        )

    def test_everything_is_as_it_was(self, session):
        assert [row[3] for row in self.standing()] == ["Lenina 9"] * 3
        assert undone(session).undone_at is not None
        assert [(row[0], row[1], row[3]) for row in self.standing()] == [
            ("MOVES", "Beta", "Mira 1"), ("OLD", "Alpha", "Lenina 2"),
        ]  # fmt: skip
        assert ContractDevice.objects.get(serial_number="OLD").service_start_month is None
        assert not ContractDevice.objects.filter(serial_number="NEW").exists()
        assert not City.objects.filter(name="Bratsk").exists(), "the city that only the import made goes with it"
        assert ContractEvent.objects.filter(device=None, device_name__contains="NEW", change="undone").exists()
        assert ContractEvent.objects.filter(change="undone").count() == 3
        assert (session.state, session.can_undo) == ("done", False)

    def test_the_catalogue_is_as_it_was_except_for_what_others_use_by_now(self, alpha):
        def row(place: int) -> tuple[str, ...]:
            return ("Alpha", f"Town {place}", "Mira 1", "", f"Maker {place}", f"Model {place}", f"S{place}", "")

        before = [set(one.objects.values_list("name", flat=True)) for one in (City, DeviceModel, Manufacturer)]
        session = applied(looked(book(*map(row, range(5))), create_models=True))
        make_device(city=City.objects.get(name="Town 1"))
        make_printer(device_model=DeviceModel.objects.get(name="Model 2"))
        DeviceModel.objects.create(manufacturer=Manufacturer.objects.get(name="Maker 3"), name="Another")
        City.objects.filter(name="Town 4").update(name="Town four")
        AlertRule.objects.create(name="watches", kind="silent", city=City.objects.get(name="Town 0"))
        assert undone(session).undone_at is not None
        after = [set(one.objects.values_list("name", flat=True)) for one in (City, DeviceModel, Manufacturer)]
        grown = [now - then for now, then in zip(after, before, strict=True)]
        assert grown == [{"Town 0", "Town 1", "Town four"}, {"Model 2", "Another"}, {"Maker 2", "Maker 3"}]

    def test_what_was_there_before_the_import_is_not_its_own(self, alpha):
        City.objects.create(name="Empty town")
        session = applied(looked(book(("Alpha", "Empty town", "Mira 1", "", "Kyocera", "ECOSYS P2040dn", "S1", ""))))
        undone(session)
        assert City.objects.filter(name="Empty town").exists()

    def test_the_file_can_be_imported_again(self, session):
        undone(session)
        again = looked(book(("Alpha", "Bratsk", "Lenina 9", "", "Kyocera", "ECOSYS P2040dn", "NEW", "")))
        assert labels(again) == ["new"]
        assert applied(again).result["created"] == 1

    def test_what_was_built_on_it_is_not_lost(self, session):
        ContractDevice.objects.filter(serial_number="NEW").update(room_number="202")
        before = self.standing()
        assert undone(session).undone_at is None
        assert (session.state, "changed since" in session.reason) == ("done", True)
        assert self.standing() == before

    def test_a_serial_number_taken_meanwhile_stops_it(self, session):
        make_device(organization=Organization.objects.get(name="Beta"), serial_number="moves")
        assert undone(session).undone_at is None
        assert "in use elsewhere" in session.reason

    def test_it_happens_once_and_only_to_what_was_applied(self, session):
        undone(session)
        with pytest.raises(ApplyRefusedError, match="undone already"):
            import_sessions.ask_undo(session.pk, None)
        offered = looked(book(ROW))
        with pytest.raises(ApplyRefusedError, match="not been applied"):
            import_sessions.ask_undo(offered.pk, None)

    def test_a_dead_worker_leaves_it_applied_and_to_be_undone_again(self, session, monkeypatch):
        from contracts.services import undoing_imports

        def dies(*_args: object) -> None:
            raise MemoryError

        monkeypatch.setattr(undoing_imports, "write", dies)
        before = self.standing()
        assert undone(session).state == "done"
        assert session.reason
        assert self.standing() == before
        monkeypatch.undo()
        assert undone(session).undone_at is not None

    def test_the_page_offers_it_and_says_what_became_of_it(self, session):
        client = client_of("Contracts Editor")
        assert b'id="undo"' in client.get(session.get_absolute_url()).content
        assert client.post(f"{session.get_absolute_url()}undo/").status_code == 302
        assert import_jobs.run_next()
        assert b"was undone" in client.get(session.get_absolute_url()).content

    def test_the_number_of_statements_does_not_grow_with_the_rows(self, alpha):
        def statements(rows: int) -> int:
            names = [f"N{rows}-{place}" for place in range(rows)]
            lines = [("Alpha", "Irkutsk", "Lenina 1", "", "Kyocera", "ECOSYS P2040dn", name, "") for name in names]
            session = applied(looked(book(*lines)))
            with CaptureQueriesContext(connection) as asked:
                undone(session)
            return len(asked)

        assert statements(200) == statements(3)
