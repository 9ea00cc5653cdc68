"""Printers that speak SNMPv3: their passwords go in by the form, lie encrypted, and are used by the sweep alone."""

from __future__ import annotations

import logging

import pytest
from django.db import connection

from inventory.models import Printer, PrinterState
from inventory.models.encrypted import Secret
from inventory.services.sweeping import Sweep
from inventory.tests.factories import make_printer
from inventory.tests.test_pages import client_of

pytestmark = pytest.mark.django_db
AUTH, PRIV = "fleet-auth-pass", "fleet-priv-pass"
FORM = {
    "snmp_port": 161, "web_port": 80, "snmp_version": "3", "snmp_v3_user": "fleet", "snmp_v3_auth_protocol": "SHA",
    "snmp_v3_auth_password": AUTH, "snmp_v3_priv_protocol": "AES", "snmp_v3_priv_password": PRIV,
}  # fmt: skip


def v3_printer(one, user="fleet", auth=AUTH, priv=PRIV, **more) -> Printer:
    return make_printer(
        ip_address=one.address, snmp_port=one.snmp_port, serial_number="", snmp_community="wrong", snmp_version="3",
        snmp_v3_user=user, snmp_v3_auth_password=auth, snmp_v3_priv_password=priv, **more,
    )  # fmt: skip


def test_a_sweep_reads_printers_over_v3(fleet, caplog):
    good = v3_printer(fleet.printers[0])
    sha256 = v3_printer(fleet.printers[1], "fleet-sha256", snmp_v3_auth_protocol="SHA256")
    wrong = v3_printer(fleet.printers[2], auth="not-the-password")
    bare = v3_printer(fleet.printers[3], user="")
    with caplog.at_level(logging.DEBUG):
        Sweep().run()
    ended = dict(PrinterState.objects.values_list("pk", "last_verdict"))
    assert [ended[one.pk] for one in (good, sha256, wrong, bare)] == ["SUCCESS", "SUCCESS", "FAILED", "FAILED"]
    good.refresh_from_db()
    assert good.serial_number == fleet.truth(fleet.printers[0].address)["serial"]
    told = caplog.text + " ".join(PrinterState.objects.values_list("last_error", flat=True))
    assert not any(secret in told for secret in (AUTH, PRIV, "not-the-password"))


def test_a_secret_that_no_key_opens_fails_one_printer_and_not_the_sweep(fleet, caplog):
    good, lost = v3_printer(fleet.printers[0]), v3_printer(fleet.printers[1])
    Printer.objects.filter(pk=lost.pk).update(snmp_v3_auth_password=Secret("gAAAAAforeign"))
    Sweep().run()
    ended = dict(PrinterState.objects.values_list("pk", "last_verdict"))
    assert (ended[good.pk], ended[lost.pk]) == ("SUCCESS", "FAILED")
    assert "cannot be opened" in caplog.text


def test_the_form_takes_passwords_and_never_gives_them_back():
    editor = client_of("Inventory Editor")
    answer = editor.post("/inventory/add/", {**FORM, "ip_address": "127.9.1.1"})
    assert answer.status_code == 302, answer.text
    printer = Printer.objects.get()
    assert (printer.snmp_v3_auth_password.reveal(), printer.snmp_v3_priv_password.reveal()) == (AUTH, PRIV)
    with connection.cursor() as cursor:
        cursor.execute("SELECT snmp_v3_auth_password, snmp_v3_priv_password FROM inventory_printer")
        assert not any(secret in text for text in cursor.fetchone() for secret in (AUTH, PRIV))
    for path in (f"/inventory/{printer.pk}/edit/", f"/inventory/{printer.pk}/"):
        text = editor.get(path).text
        assert not any(secret in text for secret in (AUTH, PRIV, printer.snmp_v3_auth_password.token))
    kept = {**FORM, "ip_address": "127.9.1.1", "snmp_v3_auth_password": "", "snmp_v3_priv_password": "", "version": 0}
    assert editor.post(f"/inventory/{printer.pk}/edit/", {**kept, "location": "hall"}).status_code == 302
    printer.refresh_from_db()
    assert (printer.location, printer.snmp_v3_auth_password.reveal()) == ("hall", AUTH)
    moved = {**kept, "ip_address": "127.9.1.2", "version": printer.version}
    assert editor.post(f"/inventory/{printer.pk}/edit/", moved).status_code == 302
    printer.refresh_from_db()
    assert not printer.snmp_v3_auth_password
    assert not printer.snmp_v3_priv_password


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"snmp_v3_user": ""}, "SNMPv3 needs a user"),
        ({"snmp_v3_auth_password": ""}, "type this password too"),
        ({"snmp_v3_auth_password": "short"}, "at least 8"),
    ],
)
def test_what_could_not_be_asked_is_refused(change, words):
    answer = client_of("Inventory Editor").post("/inventory/add/", {**FORM, "ip_address": "127.9.1.1", **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert AUTH not in answer.text
