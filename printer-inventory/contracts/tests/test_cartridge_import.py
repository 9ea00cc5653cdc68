"""Cartridges from a spreadsheet on the page: looked through row by row, left out or not, applied once and only as shown."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from sheets import ApplyRefusedError, write_table

from contracts.models import Cartridge, CartridgeImport, DeviceModelCartridge
from contracts.services import cartridge_sessions
from contracts.tests.factories import make_model
from inventory.tests.test_pages import HOSTILE, client_of

pytestmark = pytest.mark.django_db
HEAD = ("Производитель", "Модель", "Картридж", "Артикул", "Цвет", "Ресурс")
ROW = ("Kyocera", "ECOSYS P2040dn", "TK-1160", "1T02RY0NL0", "черный", "7200")


def book(*rows: tuple[object, ...], head: tuple[str, ...] = HEAD) -> bytes:
    file = io.BytesIO()
    write_table(file, head, rows)
    return file.getvalue()


def opened(*rows: tuple[object, ...], **options: Any) -> CartridgeImport:
    make_model()
    return cartridge_sessions.open_session("cartridges.xlsx", book(*rows), None, **options)


def labels(session: CartridgeImport) -> list[str]:
    return list(session.rows.values_list("label", flat=True))


@pytest.fixture
def keeper() -> Client:
    return client_of("Contracts Admin")


def test_every_row_gets_a_verdict_and_nothing_is_changed_yet():
    Cartridge.objects.create(name="TK-1150", part_number="1T02RV0NL0", color="black", capacity="3000")
    known = ("Kyocera", "ECOSYS P2040dn", "TK-1150", "1T02RV0NL0", "", "")
    session = opened(ROW, ROW, known, ("Kyocera", "No such", "TK-1", "", "", ""), ("", "", "TK-2", "", "", ""))
    assert labels(session) == ["new", "dup_in_file", "update", "error", "error"]
    assert [row.problems[0]["code"] for row in session.rows.filter(label="error")] == [
        "MODEL_NOT_FOUND",
        "MISSING_VALUES",
    ]
    assert session.counts["apply"] == 2
    assert (Cartridge.objects.count(), DeviceModelCartridge.objects.count()) == (1, 0)


def test_it_is_applied_once_and_then_nothing_is_different():
    session = opened(ROW, primary=True)
    told = cartridge_sessions.apply_session(session.pk, session.token)
    assert (told.cartridges, told.links) == (1, 1)
    assert DeviceModelCartridge.objects.get().is_primary
    assert Cartridge.objects.get().color == "black"
    with pytest.raises(ApplyRefusedError, match="already"):
        cartridge_sessions.apply_session(session.pk, session.token)
    assert labels(opened(ROW)) == ["same"]


def test_what_is_left_out_stays_out():
    session = opened(ROW, (*ROW[:2], "TK-1170", "P2", "", ""))
    first = session.rows.first()
    assert first is not None
    cartridge_sessions.decide(session.pk, [first.pk], "skip")
    with pytest.raises(ApplyRefusedError, match="another window"):
        cartridge_sessions.apply_session(session.pk, session.token)
    session.refresh_from_db()
    assert session.counts["apply"] == 1
    cartridge_sessions.apply_session(session.pk, session.token)
    assert Cartridge.objects.get().name == "TK-1170"
    with pytest.raises(ApplyRefusedError):
        cartridge_sessions.decide(session.pk, "new", "skip")


def test_a_catalogue_that_has_changed_shows_the_rows_anew():
    session = opened(ROW)
    Cartridge.objects.create(name="TK-1160", part_number="1T02RY0NL0", color="black", capacity="7200")
    with pytest.raises(ApplyRefusedError, match="changed meanwhile"):
        cartridge_sessions.apply_session(session.pk, session.token)
    session.refresh_from_db()
    assert (labels(session), session.state) == (["update"], "offered")
    assert cartridge_sessions.apply_session(session.pk, session.token).links == 1


def test_the_pages_from_the_upload_to_the_result(keeper: Client):
    make_model()
    content = book(ROW, ("Kyocera", "ECOSYS P2040dn", HOSTILE, "", "", ""))
    upload = SimpleUploadedFile("cartridges.xlsx", content)
    answer = keeper.post("/contracts/cartridges/import/", {"file": upload, "primary": "on"})
    session = CartridgeImport.objects.get()
    assert answer.headers["location"] == session.get_absolute_url()
    page = keeper.get(session.get_absolute_url()).text
    assert ("TK-1160" in page, HOSTILE in page, 'id="apply"' in page) == (True, False, True)
    assert keeper.post(f"{session.get_absolute_url()}decide/", {"all_of": "new", "decision": "skip"}).status_code == 302
    assert 'id="apply"' not in keeper.get(session.get_absolute_url()).text
    keeper.post(f"{session.get_absolute_url()}decide/", {"all_of": "new", "decision": "apply"})
    session.refresh_from_db()
    keeper.post(f"{session.get_absolute_url()}apply/", {"token": session.token})
    assert Cartridge.objects.count() == 2
    assert keeper.get(f"{session.get_absolute_url()}report/").getvalue()[:2] == b"PK"
    assert keeper.get("/contracts/cartridges/import/").status_code == 200


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"a,b\n1,2\n"])
def test_a_file_that_is_none_changes_nothing_and_says_why(keeper: Client, content: bytes):
    answer = keeper.post("/contracts/cartridges/import/", {"file": SimpleUploadedFile("x.xlsx", content)})
    assert answer.status_code == 422
    assert not CartridgeImport.objects.exists()
