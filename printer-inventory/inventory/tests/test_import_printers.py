"""Spreadsheets of printers: what each row means, the wizard that applies once, the command."""

from __future__ import annotations

import io
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from sheets import SheetError, read_table, write_table

from inventory.models import PollSchedule, Printer, PrinterImport
from inventory.rules.model_match import Catalogue, CatalogueModel
from inventory.rules.printer_rows import Defaults
from inventory.services import import_sessions
from inventory.services.importing_sheets import apply_rows, look_through
from inventory.services.printers import AddressTakenError
from inventory.tests.factories import make_organization, make_printer
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db
RUSSIAN = ("№", "Производитель", "Модель оборудования", "Серийный номер", "IP")


def book(*rows: tuple[object, ...], head: tuple[str, ...] = ("ip", "serial", "manufacturer", "model")) -> bytes:
    """Return an Excel file."""
    file = io.BytesIO()
    write_table(file, head, rows)
    return file.getvalue()


def make_model(maker: str, name: str) -> int:
    manufacturer, _ = apps.get_model("contracts", "Manufacturer").objects.get_or_create(name=maker)
    return int(apps.get_model("contracts", "DeviceModel").objects.create(manufacturer=manufacturer, name=name).pk)


def judged(content: bytes, **defaults: object) -> list[tuple[str, set[str]]]:
    """Return each row's label and codes."""
    preview = look_through(content, Defaults(**defaults))  # type: ignore[arg-type] # test values by name
    return [(row.meaning.label, {one.code for one in row.meaning.findings}) for row in preview.rows]


class TestModelMatch:
    catalogue = Catalogue(
        [
            CatalogueModel(1, "Kyocera", "ECOSYS P2040dn"),
            CatalogueModel(2, "Kyocera", "ECOSYS M2040dn"),
            CatalogueModel(3, "Kyocera", "M2040"),
            CatalogueModel(4, "HP", "LaserJet 400 M401"),
            CatalogueModel(5, "HP", "LaserJet Pro MFP M428fdn"),
            CatalogueModel(6, "Ricoh", "20"),
        ]
    )

    @pytest.mark.parametrize(
        ("maker", "name", "model", "step"),
        [
            ("Kyocera", "ECOSYS P2040dn", 1, "exact"),
            ("KYOCERA", "ecosys p2040DN", 1, "exact"),
            ("Kyocera", "Ecosys-P2040 dn", 1, "no-space"),
            ("", "ecosysp2040dn", 1, "no-space"),
            ("Kyocera", "Kyocera ECOSYS M2040dn (A4)", 2, "contained"),
            ("HP", "M428fdn", 5, "contains"),
            ("HP", "LaserJet", None, "ambiguous"),
            ("Canon", "ECOSYS P2040dn", None, "none"),
            ("Ricoh", "MP 2014", None, "none"),
            ("HP", "401", None, "none"),
            ("HP", "---", None, "none"),
        ],
    )
    def test_the_four_steps(self, maker, name, model, step):
        match = self.catalogue.find(maker, name)
        assert (match.model and match.model.pk, match.step) == (model, step)


class TestRows:
    def test_the_documents_headers_are_understood(self):
        pk = make_model("Kyocera", "ECOSYS P2040dn")
        preview = look_through(book((1, "Kyocera", "ECOSYS P2040dn", "VCF1", "127.3.0.1"), head=RUSSIAN), Defaults())
        meaning = preview.rows[0].meaning
        assert (meaning.label, meaning.findings) == ("new", ())
        assert dict(meaning.fields) == {
            "ip_address": "127.3.0.1",
            "snmp_port": 161,
            "serial_number": "VCF1",
            "device_model_id": pk,
            "snmp_community": "public",
        }

    def test_every_column_is_taken(self):
        organization = make_organization("Альфа")
        head = ("IP-адрес", "Организация", "Порт", "SNMP community", "MAC-адрес", "Имя хоста")
        content = book(("127.3.0.1", "альфа", 1161, "s3cret", "001B.A912.3456", "prn-1"), head=head)
        meaning = look_through(content, Defaults()).rows[0].meaning
        assert dict(meaning.fields) == {
            "ip_address": "127.3.0.1",
            "snmp_port": 1161,
            "snmp_community": "s3cret",
            "mac_address": "00:1B:A9:12:34:56",
            "hostname": "prn-1",
            "organization_id": organization.pk,
        }

    @pytest.mark.parametrize(
        ("row", "label", "code"),
        [
            (("", "A1"), "error", "NO_ADDRESS"),
            (("printer", "A1"), "error", "BAD_ADDRESS"),
            (("127.3.0.1:9100", "A1"), "error", "BAD_ADDRESS"),
            (("8.8.8.8", "A1"), "error", "OUTSIDE_NETWORKS"),
            (("127.3.0.1", "1.23E+12"), "error", "SHORTENED"),
            (("127.3.0.1", "x" * 101), "error", "TOO_LONG"),
            (("127.3.0.1", "A1", "HP", "Nothing"), "new", "MODEL_UNKNOWN"),
            (("127.3.0.1", "XXXX"), "new", "NO_SERIAL"),
        ],
    )
    def test_what_is_wrong_is_said_by_code(self, row, label, code):
        ((got, codes),) = judged(book(row))
        assert got == label
        assert code in codes

    def test_an_unknown_organization_is_an_error(self):
        assert judged(book(("127.3.0.1", "Nobody"), head=("ip", "organization"))) == [
            ("error", {"UNKNOWN_ORGANIZATION"})
        ]

    def test_rows_against_the_fleet(self):
        make_printer(ip_address="127.3.0.1", serial_number="SAME", hostname="h")
        make_printer(ip_address="127.3.0.2", serial_number="MOVES")
        make_printer(ip_address="127.3.0.3", serial_number="OTHER")
        make_printer(ip_address="127.3.0.4", serial_number="")
        make_printer(ip_address="127.3.0.5", serial_number="MACOWNER", mac_address="00:00:00:00:00:05")
        rows = [
            ("127.3.0.1", "same", ""),
            ("127.3.0.22", "MOVES", ""),
            ("127.3.0.3", "NEWONE", ""),
            ("127.3.0.4", "FIRST", ""),
            ("127.3.0.66", "N6", "00-00-00-00-00-05"),
            ("127.3.0.77", "N7", ""),
        ]
        assert judged(book(*rows, head=("ip", "serial", "mac"))) == [
            ("same", set()),
            ("update", {"ADDRESS_CHANGES"}),
            ("conflict", {"ADDRESS_IN_USE"}),
            ("update", set()),
            ("conflict", {"MAC_IN_USE"}),
            ("new", set()),
        ]

    def test_a_serial_number_at_another_printers_address_is_a_conflict(self):
        make_printer(ip_address="127.3.0.1", serial_number="A")
        make_printer(ip_address="127.3.0.2", serial_number="B")
        assert judged(book(("127.3.0.2", "A"), head=("ip", "serial"))) == [("conflict", {"ADDRESS_IN_USE"})]

    def test_twice_in_the_file(self):
        rows = [
            ("127.3.0.1", "A", ""),
            ("127.3.0.2", "a", ""),
            ("127.3.0.1", "C", ""),
            ("127.3.0.4", "", "00:00:00:00:00:01"),
            ("127.3.0.5", "", "000000000001"),
        ]
        assert judged(book(*rows, head=("ip", "serial", "mac"))) == [
            ("new", set()),
            ("dup_in_file", {"DUPLICATE_SERIAL"}),
            ("dup_in_file", {"DUPLICATE_ADDRESS"}),
            ("new", set()),
            ("dup_in_file", {"DUPLICATE_MAC"}),
        ]

    def test_retired_printers_are_in_nobodys_way(self):
        make_printer(ip_address="127.3.0.1", serial_number="A", is_active=False)
        assert judged(book(("127.3.0.1", "A"), head=("ip", "serial"))) == [("new", set())]

    @pytest.mark.parametrize(
        "content",
        [b"", b"\x00" * 100, b"PK\x03\x04broken", b"no,header\n1,2\n", b"ip,ip\n127.0.0.1,127.0.0.2\n", b"ip;serial\n"],
    )
    def test_a_broken_file_is_refused_as_a_whole(self, content):
        with pytest.raises(SheetError):
            look_through(content, Defaults())

    def test_the_line_that_numbers_the_columns_is_no_printer(self):
        content = book((1, 2, 3, 4, 5), (1, "HP", "M401", "A1", "127.3.0.1"), head=RUSSIAN)
        assert [label for label, _ in judged(content)] == ["new"]


class TestApplying:
    def test_new_and_changed_rows_are_written_and_the_rest_is_left(self):
        mine = make_printer(ip_address="127.3.0.1", serial_number="A", hostname="old")
        taken = make_printer(ip_address="127.3.0.3", serial_number="B")
        organization = make_organization()
        content = book(
            ("127.3.0.9", "A", "renamed"), ("127.3.0.2", "N", ""), ("127.3.0.3", "FOREIGN", ""), ("nowhere", "Y", ""),
            head=("ip", "serial", "host"),
        )  # fmt: skip
        PollSchedule.objects.filter(pk=mine.pk).update(due_at=timezone.now() + timedelta(days=1), failures=7)
        preview = look_through(content, Defaults(organization.pk, "s3cret"))
        applied = apply_rows(preview.rows, None)
        assert (applied.created, applied.updated, applied.models) == (1, 1, 0)
        mine.refresh_from_db()
        assert (mine.ip_address, mine.hostname, mine.version) == ("127.3.0.9", "renamed", 1)
        assert mine.organization is None
        schedule = PollSchedule.objects.get(pk=mine.pk)
        assert (schedule.due_at is not None and schedule.due_at <= timezone.now(), schedule.failures) == (True, 0)
        new = Printer.objects.get(serial_number="N")
        assert (new.organization, new.snmp_community) == (organization, "s3cret")
        assert PollSchedule.objects.filter(printer=new, due_at__lte=timezone.now()).exists()
        taken.refresh_from_db()
        assert (taken.serial_number, taken.version) == ("B", 0)

    def test_missing_models_are_made_once_when_asked_for(self):
        content = book(("127.3.0.1", "A", "Canon", "MF 1"), ("127.3.0.2", "B", "CANON", "MF 1"))
        assert apply_rows(look_through(content, Defaults(create_models=True)).rows, None).created == 2
        assert apps.get_model("contracts", "DeviceModel").objects.count() == 1
        assert Printer.objects.filter(device_model__name="MF 1", device_model__manufacturer__name="Canon").count() == 2

    def test_a_second_time_finds_nothing_to_do(self):
        content = book(("127.3.0.1", "A", "HP", "M401"), ("127.3.0.2", "", "", ""))
        apply_rows(look_through(content, Defaults(create_models=True)).rows, None)
        assert [label for label, _ in judged(content, create_models=True)] == ["same", "same"]

    def test_an_address_taken_meanwhile_changes_nothing_at_all(self):
        preview = look_through(book(("127.3.0.1", "A"), ("127.3.0.2", "B"), head=("ip", "serial")), Defaults())
        make_printer(ip_address="127.3.0.2")
        with pytest.raises(AddressTakenError):
            apply_rows(preview.rows, None)
        assert not Printer.objects.filter(serial_number="A").exists()

    def test_two_printers_can_change_places_in_one_file(self):
        """Serial numbers say who is who, so this is two conflicts and not two wrong identities."""
        make_printer(ip_address="127.3.0.1", serial_number="A")
        make_printer(ip_address="127.3.0.2", serial_number="B")
        content = book(("127.3.0.2", "A"), ("127.3.0.1", "B"), head=("ip", "serial"))
        assert [label for label, _ in judged(content)] == ["conflict", "conflict"]


@pytest.fixture
def editor() -> Client:
    return client_of("Inventory Editor")


def upload(client: Client, content: bytes, name: str = "fleet.xlsx", **values: object) -> PrinterImport:
    answer = client.post("/inventory/import/", {"file": SimpleUploadedFile(name, content), **values})
    assert answer.status_code == 302, answer.text
    return PrinterImport.objects.latest("pk")


class TestWizard:
    def test_upload_preview_apply(self, editor):
        session = upload(editor, book(("127.3.0.1", "A1"), ("bad", "A2"), head=("ip", "serial")))
        page = editor.get(session.get_absolute_url()).text
        assert "Nothing has been changed yet" in page
        assert "is no IP address" in page
        assert "Apply 1 row" in page
        assert not Printer.objects.exists()
        page = editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token}, follow=True).text
        assert "Printers added: 1" in page
        assert Printer.objects.get().serial_number == "A1"
        assert LogEntry.objects.get().change_message == "Imported from a spreadsheet."

    def test_pressed_twice_it_is_applied_once(self, editor):
        session = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))
        for _ in range(2):
            page = editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token}, follow=True)
        assert "nothing was done twice" in page.text
        session.refresh_from_db()
        assert (session.state, session.attempt, session.result["created"]) == ("done", 1, 1)
        assert Printer.objects.count() == 1

    def test_what_was_applied_is_forgotten_with_its_secrets(self, editor):
        content = book(("127.3.0.1", "s3cret"), head=("ip", "community"))
        session = upload(editor, content, community="0ther")
        page = editor.get(session.get_absolute_url()).text
        assert "s3cret" not in page + str(list(session.rows.values("values", "problems")))
        editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token})
        session.refresh_from_db()
        assert (bytes(session.content), session.community) == (b"", "")
        assert Printer.objects.get().snmp_community == "s3cret"

    def test_a_wrong_token_applies_nothing(self, editor):
        session = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))
        page = editor.post(f"/inventory/import/{session.pk}/apply/", {"token": "x" * 32}, follow=True)
        assert "older than the preview" in page.text
        assert not Printer.objects.exists()

    def test_a_fleet_that_has_changed_makes_the_preview_anew(self, editor):
        session = upload(editor, book(("127.3.0.1", "A1"), ("127.3.0.2", "A2"), head=("ip", "serial")))
        make_printer(ip_address="127.3.0.1", serial_number="THERE")
        page = editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token}, follow=True)
        assert "judged anew" in page.text
        assert not Printer.objects.filter(serial_number="A2").exists()
        fresh = PrinterImport.objects.get()
        assert fresh.token != session.token
        assert fresh.counts == {"conflict": 1, "new": 1}
        editor.post(f"/inventory/import/{session.pk}/apply/", {"token": fresh.token})
        assert Printer.objects.filter(serial_number="A2").exists()

    def test_a_crash_in_the_middle_leaves_the_preview_as_it_was(self, editor, monkeypatch):
        session = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))

        def crash(*arguments: object) -> None:
            raise RuntimeError("power cut")

        monkeypatch.setattr(import_sessions, "finish", crash)
        with pytest.raises(RuntimeError):
            import_sessions.apply_session(session.pk, session.token, None)
        session.refresh_from_db()
        assert (session.state, session.attempt) == ("offered", 0)
        assert not Printer.objects.exists()

    @pytest.mark.parametrize("content", [b"", b"<html>", b"a;b\n1;2\n", b"\xd0\xcf\x11\xe0" + b"\x00" * 600])
    def test_a_broken_file_is_refused_with_words_and_leaves_nothing(self, editor, content):
        answer = editor.post("/inventory/import/", {"file": SimpleUploadedFile("x.xlsx", content)})
        assert answer.status_code == 422
        assert "invalid-feedback" in answer.text
        assert not PrinterImport.objects.exists()

    def test_csv_is_taken_too(self, editor):
        content = "№;Производитель;Модель оборудования;Серийный номер;IP\n1;HP;M401;A1;127.3.0.1\n".encode("cp1251")
        assert upload(editor, content, "fleet.csv").counts == {"new": 1}

    def test_old_unapplied_files_are_thrown_away(self, editor):
        applied = upload(editor, book(("127.3.0.2", "A2"), head=("ip", "serial")))
        import_sessions.apply_session(applied.pk, applied.token, None)
        old = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))
        PrinterImport.objects.filter(pk__in=[old.pk, applied.pk]).update(uploaded_at=timezone.now() - timedelta(days=8))
        new = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))
        assert import_sessions.forget_old(timezone.now(), 90) == 1
        assert set(PrinterImport.objects.values_list("pk", flat=True)) == {applied.pk, new.pk}
        assert import_sessions.forget_old(timezone.now(), 7) == 1

    def test_hostile_cells_are_text_everywhere(self, editor):
        evil = '=HYPERLINK("http://x","y")'
        rows = [("127.3.0.1", evil, HOSTILE), ("127.3.0.2", "+1", "@SUM(A1)")]
        session = upload(editor, book(*rows, head=("ip", "serial", "host")))
        page = editor.get(session.get_absolute_url()).text
        assert evil not in page
        csv = b"".join(editor.get(f"/inventory/import/{session.pk}/report/?format=csv")).decode("utf-8-sig")
        assert "'=HYPERLINK" in csv
        assert ",=HYPERLINK" not in csv
        book_of = b"".join(editor.get(f"/inventory/import/{session.pk}/report/"))
        with read_table(io.BytesIO(book_of), header_row=1) as table:
            cells = [row.cells for row in table]
        assert evil in cells[0]
        session.refresh_from_db()
        editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token})
        assert HOSTILE not in editor.get("/inventory/").text

    def test_the_empty_table_is_understood_by_the_import(self, editor):
        content = b"".join(editor.get("/inventory/import/template/"))
        with pytest.raises(SheetError, match="no rows"):
            look_through(content, Defaults())

    def test_a_preview_costs_the_same_for_any_number_of_rows(self, editor, django_assert_max_num_queries):
        rows = [(f"127.3.{n // 200}.{n % 200 + 1}", f"A{n}") for n in range(400)]
        session = upload(editor, book(*rows, head=("ip", "serial")))
        with django_assert_max_num_queries(8):
            page = editor.get(session.get_absolute_url(), {"page": "2"}).text
        assert "127.3.0.101" in page
        with django_assert_max_num_queries(25):
            editor.post(f"/inventory/import/{session.pk}/apply/", {"token": session.token})
        assert Printer.objects.count() == 400

    @pytest.mark.parametrize("query", [{"label": "nonsense"}, {"label": "error"}, {"page": "9999"}, {"page": "\x00"}])
    def test_any_query_is_a_page(self, editor, query):
        session = upload(editor, book(("127.3.0.1", "A1"), head=("ip", "serial")))
        assert editor.get(session.get_absolute_url(), query).status_code == 200

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", ""),
            ("post", ""),
            ("get", "template/"),
            ("get", "{pk}/"),
            ("post", "{pk}/apply/"),
            ("get", "{pk}/report/"),
        ],
    )
    @pytest.mark.parametrize(
        ("role", "may"),
        [
            ("Inventory Viewer", False),
            ("Inventory Operator", False),
            ("Inventory Editor", True),
            ("Inventory Admin", True),
        ],
    )
    def test_only_who_may_add_printers_may_import(self, role, may, method, path):
        content = book(("127.3.0.1", "A1"), head=("ip", "serial"))
        session = import_sessions.open_session("x.xlsx", content, None, "public", None, create_models=False)
        values = {"token": session.token} if "apply" in path else {}
        answer = getattr(client_of(role), method)(f"/inventory/import/{path.format(pk=session.pk)}", values)
        assert (answer.status_code != 403) is may
        assert Printer.objects.exists() is (may and "apply" in path)


class TestCommand:
    def run(self, path: Path, *options: str) -> str:
        out = StringIO()
        call_command("import_printers_xlsx", str(path), *options, stdout=out)
        return out.getvalue()

    def test_it_says_first_and_writes_only_when_told(self, tmp_path):
        make_organization("Alpha")
        path = tmp_path / "fleet.xlsx"
        path.write_bytes(book((1, "Canon", "MF 1", "A1", "127.3.0.1"), head=RUSSIAN))
        options = ("--organization", "alpha", "--create-missing-models", "--snmp-community", "c0mm")
        said = self.run(path, *options, "--dry-run")
        assert "new 1" in said
        assert "Nothing changed" in said
        assert not Printer.objects.exists()
        assert "1 added, 0 changed, 1 models made" in self.run(path, *options)
        printer = Printer.objects.get()
        assert (str(printer.organization), printer.model_display, printer.snmp_community) == (
            "Alpha",
            "Canon MF 1",
            "c0mm",
        )

    def test_rows_with_errors_are_named_and_the_exit_code_tells(self, tmp_path):
        path = tmp_path / "fleet.csv"
        path.write_text("ip,serial\n127.3.0.1,A1\nnowhere,A2\n")
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("import_printers_xlsx", str(path), stdout=out)
        assert ended.value.code == 1
        assert "BAD_ADDRESS" in out.getvalue()
        assert Printer.objects.count() == 1

    @pytest.mark.parametrize("options", [("--organization", "Nobody"), ()])
    def test_what_cannot_be_done_is_said(self, tmp_path, options):
        path = tmp_path / "fleet.csv"
        if options:
            path.write_text("ip\n127.3.0.1\n")
        with pytest.raises(CommandError, match=r"no organization|No such file"):
            self.run(path, *options)
