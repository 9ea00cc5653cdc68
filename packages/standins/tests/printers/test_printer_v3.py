"""SNMPv3: an independent client at every level, reports byte by byte, contexts."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from gufo.snmp import Aes128Key, DesKey, Md5Key, Sha1Key, Sha256Key, SnmpAuthError, SnmpVersion, User
from gufo.snmp.sync import SnmpSession

from standins.printers import DEFAULT_USERS, PrinterAddress, PrinterFleet, V3User, ber
from standins.printers.asking import NULL, SERIAL, Manager

AUTH = {"md5": Md5Key, "sha1": Sha1Key, "sha256": Sha256Key}
PRIV = {"des": DesKey, "aes128": Aes128Key}
REPORTS = {4: "unknown engine", 3: "unknown user", 2: "time window", 5: "wrong digest", 1: "level", 6: "decryption"}
FLAGS_REPORTABLE = 4


def session(printer: PrinterAddress, user: V3User, *, auth_password: str = "") -> SnmpSession:
    auth = AUTH[user.auth]((auth_password or user.auth_password).encode()) if user.auth else None
    priv = PRIV[user.priv](user.priv_password.encode()) if user.priv else None
    known = User(user.name, auth_key=auth, priv_key=priv)
    return SnmpSession(printer.address, printer.snmp_port, version=SnmpVersion.v3, user=known, timeout=5)


@pytest.mark.parametrize("user", DEFAULT_USERS, ids=lambda user: user.name)
def test_an_independent_client_reads_at_every_level(fleet: PrinterFleet, user: V3User) -> None:
    printer, truth = fleet.printers[11], fleet.truth(11)
    with session(printer, user) as snmp:
        snmp.refresh()
        assert snmp.get("1.3.6.1.2.1.43.5.1.1.17.1") == truth["serial"].encode()
        levels = [value for _, value in snmp.getbulk("1.3.6.1.2.1.43.11.1.1.9")]
    assert levels == [supply["level"] for supply in truth["supplies"]]


def test_a_wrong_password_is_refused(fleet: PrinterFleet) -> None:
    with (
        session(fleet.printers[0], DEFAULT_USERS[3], auth_password="not-the-password") as snmp,
        pytest.raises(SnmpAuthError),
    ):
        snmp.get("1.3.6.1.2.1.1.1.0")


def message(
    engine: bytes,
    user: str,
    *,
    boots: int = 0,
    seconds: int = 0,
    flags: int = FLAGS_REPORTABLE,
    digest: bytes = b"",
    context: bytes = b"",
    oid: ber.Oid = SERIAL,
    data: bytes | None = None,
) -> bytes:
    """Return a v3 message without any cryptography."""
    body = ber.integer(5) + ber.integer(0) + ber.integer(0) + ber.tlv(ber.SEQUENCE, ber.varbind(oid, NULL))
    scoped = ber.tlv(ber.SEQUENCE, ber.tlv(4, engine) + ber.tlv(4, context) + ber.tlv(ber.GET, body))
    head = ber.tlv(ber.SEQUENCE, ber.integer(9) + ber.integer(65_507) + ber.tlv(4, bytes((flags,))) + ber.integer(3))
    parts = (ber.tlv(4, engine), ber.integer(boots), ber.integer(seconds), ber.tlv(4, user.encode()))
    salt = b"12345678" if flags & 2 else b""
    security = ber.tlv(4, ber.tlv(ber.SEQUENCE, b"".join(parts) + ber.tlv(4, digest) + ber.tlv(4, salt)))
    return ber.tlv(ber.SEQUENCE, ber.integer(3) + head + security + (scoped if data is None else data))


def opened(data: bytes) -> tuple[bytes, int, int, int, ber.Oid, bytes]:
    """Return (engine, boots, time, PDU tag, first oid, first value's content) of an unencrypted v3 message."""
    at, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
    _, at = ber.read_integer(data, at, end)
    _, at = ber.expect(data, at, end, ber.SEQUENCE)
    start, at = ber.expect(data, at, end, ber.OCTET_STRING)
    inner, inner_end = ber.expect(data, start, at, ber.SEQUENCE)
    engine, inner = ber.read_octets(data, inner, inner_end)
    boots, inner = ber.read_integer(data, inner, inner_end)
    seconds, _ = ber.read_integer(data, inner, inner_end)
    at, end = ber.expect(data, at, end, ber.SEQUENCE)
    _, at = ber.read_octets(data, at, end)
    _, at = ber.read_octets(data, at, end)
    tag, at, end = ber.header(data, at, end)
    for _ in range(3):
        _, at = ber.read_integer(data, at, end)
    at, end = ber.expect(data, at, end, ber.SEQUENCE)
    at, end = ber.expect(data, at, end, ber.SEQUENCE)
    start, stop = ber.expect(data, at, end, ber.OID)
    _, value_start, value_stop = ber.header(data, stop, end)
    return engine, boots, seconds, tag, ber.parse_oid(data[start:stop]), data[value_start:value_stop]


def discovered(manager: Manager, printer: PrinterAddress) -> tuple[bytes, int, int]:
    manager.send(printer, message(b"", ""))
    engine, boots, seconds, tag, oid, _ = opened(manager.receive()[0])
    assert (tag, oid) == (ber.REPORT, (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0))
    return engine, boots, seconds


def test_discovery_reports_engine_boots_and_time(fleet: PrinterFleet, manager: Manager) -> None:
    first, other = fleet.printers[0], fleet.printers[1]
    engine, boots, seconds = discovered(manager, first)
    assert engine[5:] == bytes.fromhex(first.mac.replace(":", ""))
    assert (boots, seconds >= 3600) == (1, True)
    assert discovered(manager, other)[0] != engine


@pytest.mark.parametrize(
    ("statistic", "options"),
    [
        (3, {"user": "nobody"}),
        (1, {"user": "fleet-open", "flags": 5, "digest": bytes(12)}),
        (1, {"user": "fleet-auth", "flags": 7, "digest": bytes(12)}),
        (5, {"user": "fleet-auth", "flags": 5, "digest": bytes(12)}),
        (5, {"user": "fleet", "flags": 5, "digest": b""}),
    ],
    ids=lambda value: REPORTS.get(value, "") if isinstance(value, int) else value["user"],
)
def test_reports_of_what_is_wrong(
    fleet: PrinterFleet, manager: Manager, statistic: int, options: dict[str, Any]
) -> None:
    printer = fleet.printers[2]
    engine, boots, seconds = discovered(manager, printer)
    manager.send(printer, message(engine, boots=boots, seconds=seconds, **options))
    _, _, _, tag, oid, value = opened(manager.receive()[0])
    assert (tag, oid) == (ber.REPORT, (1, 3, 6, 1, 6, 3, 15, 1, 1, statistic, 0))
    assert int.from_bytes(value) >= 1


def test_a_message_out_of_the_time_window_gets_an_authentic_report(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[4]
    engine, boots, seconds = discovered(manager, printer)
    key = Sha1Key.get_localized_key(Sha1Key.get_master_key(b"fleet-auth-pass"), engine)

    def signed(boots: int, seconds: int) -> bytes:
        blank = message(engine, "fleet-auth", boots=boots, seconds=seconds, flags=5, digest=bytes(12))
        digest = hmac.digest(key, blank, "sha1")[:12]
        return message(engine, "fleet-auth", boots=boots, seconds=seconds, flags=5, digest=digest)

    manager.send(printer, signed(boots, seconds))
    assert opened(manager.receive()[0])[3:] == (ber.RESPONSE, SERIAL, printer.serial.encode())
    for wrong in (signed(boots + 1, seconds), signed(boots, seconds - 500)):
        manager.send(printer, wrong)
        data = manager.receive()[0]
        assert opened(data)[3:5] == (ber.REPORT, (1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0))
        assert opened(data)[2] >= seconds


@pytest.mark.parametrize("number", range(12))
def test_what_a_wrong_key_encrypted_is_reported(fleet: PrinterFleet, manager: Manager, number: int) -> None:
    printer = fleet.printers[9]
    engine, boots, seconds = discovered(manager, printer)
    noise = ber.tlv(ber.OCTET_STRING, bytes((number * 37 + place) % 256 for place in range(60 + number)))
    blank = message(engine, "fleet", boots=boots, seconds=seconds, flags=7, digest=bytes(12), data=noise)
    key = Sha1Key.get_localized_key(Sha1Key.get_master_key(b"fleet-auth-pass"), engine)
    digest = hmac.digest(key, blank, "sha1")[:12]
    manager.send(printer, message(engine, "fleet", boots=boots, seconds=seconds, flags=7, digest=digest, data=noise))
    assert opened(manager.receive()[0])[3:5] == (ber.REPORT, (1, 3, 6, 1, 6, 3, 15, 1, 1, 6, 0))


def test_no_report_unless_it_may_be_reported(fleet: PrinterFleet, manager: Manager) -> None:
    assert manager.is_silent(fleet.printers[0], message(b"", "", flags=0), fleet.printers[1])
    assert manager.is_silent(fleet.printers[0], message(b"", "")[:-4], fleet.printers[1])


def test_an_unknown_context_is_reported(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[6]
    engine, boots, seconds = discovered(manager, printer)
    manager.send(printer, message(engine, "fleet-open", boots=boots, seconds=seconds, context=b"elsewhere"))
    assert opened(manager.receive()[0])[3:5] == (ber.REPORT, (1, 3, 6, 1, 6, 3, 12, 1, 5, 0))


def test_supplies_kept_in_a_context(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[11]
    level = (1, 3, 6, 1, 2, 1, 43, 11, 1, 1, 9)
    fleet.set_faults(printer.number, context="Jetdirect")
    try:
        outside = manager.ask(printer, ber.GET_NEXT, level)
        assert outside.varbinds[0][0][:9] != level[:9]
        engine, boots, seconds = discovered(manager, printer)
        inside = message(engine, "fleet-open", boots=boots, seconds=seconds, context=b"Jetdirect", oid=(*level, 1, 1))
        manager.send(printer, inside)
        found = opened(manager.receive()[0])
        assert found[3:5] == (ber.RESPONSE, (*level, 1, 1))
        assert int.from_bytes(found[5]) == fleet.truth(11)["supplies"][0]["level"]
    finally:
        fleet.set_faults(printer.number)


def test_a_user_with_keys_is_not_answered_in_the_open(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[7]
    engine, boots, seconds = discovered(manager, printer)
    manager.send(printer, message(engine, "fleet", boots=boots, seconds=seconds))
    data = manager.receive()[0]
    assert opened(data)[3] == ber.RESPONSE
    assert printer.serial.encode() not in data


def test_a_new_board_is_a_new_engine_and_a_restart_one_boot_more(fleet: PrinterFleet, manager: Manager) -> None:
    printer = fleet.printers[8]
    engine, boots, _ = discovered(manager, printer)
    fleet.swap_board(printer.number, mac=False, serial=True)
    again, boots_again, seconds = discovered(manager, printer)
    assert (again, boots_again, seconds < 60) == (engine, boots + 1, True)
    fleet.swap_board(printer.number)
    assert discovered(manager, printer)[0] != engine
