"""From answers to a reading: `learn` decides once which objects matter, `read` gives the reading of any later poll.

A first poll runs both on the same answers, so that a refresh cannot mean something else than the poll it was learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp import names, objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.counters import add_up, find_counters
from inventory.polling.snmp.identity import Identity, charset_of
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.oids import decode_oid, encode_oid
from inventory.polling.snmp.supplies import find_alerts, find_supplies, read_alerts, read_supply
from inventory.polling.snmp.text import decode_text
from inventory.profiles.catalog import Catalog, Profile

MAX_CONSOLE_LINES: Final = 4

_NOTES: Final = {
    "looping": "The device repeats rows of its tables; it is read row by row.",
    "truncated": "A table of the device does not end; the rest of it was left out.",
    "dropped": "The device refuses some of its objects; they were left out.",
}


def learn(answers: Answers, identity: Identity, catalog: Catalog, now: float) -> Learned:
    """Return what is worth remembering of a device's answers; `now` is seconds since the epoch.

    The transport's facts (version, sizes, times) are not filled in here.
    """
    charset = charset_of(answers)
    profile = identity.profile
    static = identity.static()
    counters, warnings = find_counters(answers, profile or catalog.by_name.get("generic"), identity.device)
    watch = {decode_oid(objects.SYS_OBJECT_ID): identity.object_id.hex()} if identity.object_id else {}
    serial_name = identity.serial_name()
    if serial_name is not None:
        watch[decode_oid(serial_name)] = answers.octets(serial_name).hex()
    learned = Learned(
        profile=profile.name if profile else "generic",
        learned_at=now,
        booted_at=booted_at(answers.values, now),
        charset=charset,
        static=static,
        watch=watch,
        status=_status_names(answers, identity.device),
        console=_console_names(answers, profile),
        counters=counters,
        supplies=find_supplies(answers, profile, charset, static["model"]),
        alerts=find_alerts(answers, charset),
        warnings=[*warnings, *(text for note, text in _NOTES.items() if note in answers.notes)],
    )
    learned.alarm = alarm_of(learned, answers.values)
    return learned


def booted_at(values: Mapping[bytes, Value], now: float) -> float | None:
    """Return when the device was started, by sysUpTime (hundredths of a second)."""
    ticks = values.get(objects.SYS_UP_TIME)
    return round(now - ticks / 100, 1) if isinstance(ticks, int) else None


def _status_names(answers: Answers, device: bytes) -> dict[str, str]:
    columns = {
        "device": objects.HR_DEVICE_STATUS,
        "printer": objects.HR_PRINTER_STATUS,
        "errors": objects.HR_ERROR_STATE,
    }
    found: dict[str, str] = {}
    for role, column in columns.items():
        if device in answers.rows(column):
            found[role] = decode_oid(encode_oid(column) + device)
    return found


def _console_names(answers: Answers, profile: Profile | None) -> list[str]:
    """Return the panel's lines: the first one always, others where they hold something now."""
    column = encode_oid(objects.CONSOLE_TEXT)
    rows = list(answers.rows(objects.CONSOLE_TEXT).items())
    lines = [column + suffix for place, (suffix, text) in enumerate(rows) if place == 0 or text]
    if not lines and profile and profile.console and answers.octets(encode_oid(profile.console)):
        lines = [encode_oid(profile.console)]
    return [decode_oid(line) for line in lines[:MAX_CONSOLE_LINES]]


def alarm_of(learned: Learned, values: Mapping[bytes, Value]) -> str:
    """Return the state whose change makes the alert table worth reading again."""
    parts = []
    for role in ("device", "errors"):
        value = values.get(encode_oid(learned.status[role])) if role in learned.status else None
        parts.append(value.hex() if isinstance(value, bytes) else str(value or ""))
    return "/".join(parts)


def read(learned: Learned, values: Mapping[bytes, Value], profile: Profile | None) -> DeviceReading:
    """Return the reading that `values` (by name, content octets) and what was learned make."""
    counters, raw, warnings = add_up(learned.counters, values, profile)
    supplies = []
    for row in learned.supplies:
        supply, warning = read_supply(row, values, raw)
        supplies.append(supply)
        if warning:
            warnings.append(warning)
    ticks = values.get(objects.SYS_UP_TIME)
    errors = _status(learned, values, "errors")
    return DeviceReading(
        engine="snmp",
        **learned.static,
        uptime_seconds=ticks // 100 if isinstance(ticks, int) else None,
        printer_status=printer_status(_status(learned, values, "printer"), _status(learned, values, "device")),
        console=_console(learned, values),
        errors=names.error_names(errors) if isinstance(errors, bytes) else (),
        counters=counters,
        supplies=tuple(supplies),
        alerts=read_alerts(learned.alerts),
        warnings=(*learned.warnings, *warnings),
        raw=raw,
    )


def _status(learned: Learned, values: Mapping[bytes, Value], role: str) -> Value:
    oid = learned.status.get(role)
    return values.get(encode_oid(oid)) if oid else None


def printer_status(printer: Value, device: Value) -> str:
    """Return one word: hrPrinterStatus, or where that says nothing hrDeviceStatus (RFC 2790 appendix: standby, error)."""
    word = names.PRINTER_STATUS.get(printer, "") if isinstance(printer, int) else ""
    if word in {"idle", "printing", "warmup"}:
        return word
    return names.DEVICE_STATUS.get(device, word) if isinstance(device, int) else word


def _console(learned: Learned, values: Mapping[bytes, Value]) -> str:
    lines = []
    for oid in learned.console:
        value = values.get(encode_oid(oid))
        if isinstance(value, bytes) and (line := decode_text(value, learned.charset)):
            lines.append(line)
    return " / ".join(lines)
