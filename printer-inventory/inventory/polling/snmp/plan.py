"""What to ask a printer, in which order: the probe, the full plan that learns, the refresh that follows it.

A plan is a generator: it yields what it wants (`Get`, `Walk`), finds the results in its `Answers`, and returns its result.
Whoever runs it may be a socket, a recorded walk or an SNMPv3 session.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from inventory.polling.reading import DeviceReading
from inventory.polling.snmp import objects
from inventory.polling.snmp.answers import Answers, Ask, Get, Table, Walk
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.build import alarm_of, booted_at, learn, read
from inventory.polling.snmp.dialogue import SIZES
from inventory.polling.snmp.identity import Identity, charset_of
from inventory.polling.snmp.learned import Learned
from inventory.polling.snmp.oids import encode_oid, encode_suffix
from inventory.polling.snmp.supplies import alert_names, find_alerts
from inventory.profiles.catalog import Catalog, Profile

FULL_ANSWER: Final = 1200
"""Octets of variable bindings per answer: with headers it fits an Ethernet frame, so nothing is fragmented."""

MAX_AGE: Final = 24 * 3600.0
AGE_SPREAD: Final = 4 * 3600
"""A printer is learned anew after a day even if nothing seems to have changed; up to four hours sooner, each at its own time, so
that a fleet that was added at once does not learn at once ever after.
"""

RESTART_AGE: Final = 3600.0
"""Seconds since it was learned before a restart alone makes a printer worth learning: some restart whenever they wake."""

CLOCK_SLACK: Final = 600.0
"""Seconds by which a start time computed from sysUpTime may wander without a restart."""

LEVEL_RISE: Final = 5
"""Points by which a supply must rise since it was learned to mean a new cartridge, whose description is then read again."""


@dataclass(slots=True)
class Polled:
    """A reading and what is known after it; `learned` is a new object when there is something new to remember."""

    reading: DeviceReading
    learned: Learned


class NotAPrinter(Exception):  # noqa: N818 - an answer, not a fault
    """The device answers, but nothing of it is a printer's; the text is its own description."""


Plan = Generator[Ask, None, Polled]


def probe(answers: Answers, catalog: Catalog, address: str, now: float) -> Plan:
    """Ask one packet's worth: the reading holds identity alone; NotAPrinter when the device is none."""
    yield Get(objects.IDENTITY)
    learned = learn(answers, Identity(answers, catalog, charset_of(answers), address), catalog, now)
    if not is_printer(answers, learned):
        raise NotAPrinter(learned.static["description"])
    return Polled(read(learned, answers.values, catalog.by_name.get(learned.profile)), learned)


def full(answers: Answers, catalog: Catalog, address: str, now: float, *, any_device: bool = False) -> Plan:
    """Ask for everything a reading is made of, and learn; NotAPrinter when the device is none, unless `any_device` will do."""
    yield Get(objects.IDENTITY)
    identity = Identity(answers, catalog, charset_of(answers), address)
    profile = identity.profile or catalog.by_name["generic"]
    wanted = [*profile.scalars, *_other_charset(answers)]
    if wanted:
        yield Get(tuple(wanted))
    yield Walk((*objects.STANDARD_TABLES, *_columns(profile)))
    identity = Identity(answers, catalog, charset_of(answers), address)
    if identity.profile is not None and identity.profile is not profile:
        # The tables named the maker where the first packet did not.
        profile = identity.profile
        yield Get(profile.scalars)
        yield Walk(_columns(profile))
    if not identity.serial:
        yield Walk(objects.ENTITY_TABLES)
        identity = Identity(answers, catalog, charset_of(answers), address)
    learned = learn(answers, identity, catalog, now)
    if not any_device and not is_printer(answers, learned):
        raise NotAPrinter(learned.static["description"])
    return Polled(read(learned, answers.values, profile), learned)


def _other_charset(answers: Answers) -> list[bytes]:
    """Return the character set of a panel language that is not the first."""
    localization = answers.number(objects.FIRST_LOCALIZATION)
    if localization is None or not 1 < localization < 1000:
        return []
    return [encode_oid(objects.PRT_CHARSET) + encode_suffix(f"1.{localization}")]


def _columns(profile: Profile) -> tuple[Table, ...]:
    return tuple(Table(column[:-1], column[-1], column[-1]) for column in profile.columns)


def is_printer(answers: Answers, learned: Learned) -> bool:
    """Whether anything is a printer's: its device type, Printer-MIB rows, a maker's counters, or a maker's name."""
    types = answers.rows(objects.HR_DEVICE_TYPE).values()
    rows = (objects.PRT_SERIAL, objects.PRT_PRINTER_NAME, objects.PRT_LIFE_COUNT)
    return (
        objects.HR_DEVICE_PRINTER in types
        or objects.FIRST_LOCALIZATION in answers.values
        or any(answers.rows(column) for column in rows)
        or bool(learned.supplies or learned.counters)
        or learned.profile != "generic"
    )


def refresh_names(learned: Learned) -> tuple[bytes, ...]:
    """Return the objects of a refresh: those that tell whether it is the same device, then all that changes."""
    oids = [*learned.watch, *learned.status.values(), *learned.console]
    for terms in learned.counters.values():
        oids += [term[0] for term in terms]
    oids += [row["oid"] for row in learned.supplies if row["level"] is not None]
    alerts = alert_names(learned.alerts) if learned.alerts else ()
    return tuple(dict.fromkeys((objects.SYS_UP_TIME, *map(encode_oid, oids), *alerts)))


def refresh_size(learned: Learned, answers: Answers) -> int:
    """Return how many objects per PDU keep the answer to a refresh near `FULL_ANSWER` octets."""
    names = refresh_names(learned)
    octets = 0
    for name in names:
        value = answers.values.get(name)
        octets += len(name) + 6 + (len(value) if isinstance(value, bytes) else 4)
    fitting = FULL_ANSWER * len(names) // max(octets, 1)
    return next((size for size in SIZES if size <= fitting), 1)


def refresh(answers: Answers, learned: Learned, catalog: Catalog, address: str, now: float) -> Plan:
    """Ask for what changes; learn anew when the device is another one, was restarted, lost rows or got a new supply."""
    if not 0 <= now - learned.learned_at <= age_limit(learned):
        return (yield from full(answers, catalog, address, now))
    names = refresh_names(learned)
    yield Get(names)
    if needs_healing(learned, answers.values, now, complete=len(answers.values) == len(names)):
        answers.values.clear()
        return (yield from full(answers, catalog, address, now))
    changed = learned
    if _alerts_changed(learned, answers.values):
        yield Walk((objects.ALERTS,))
        alerts = find_alerts(answers, learned.charset)
        changed = learned.changed(alerts=alerts, alarm=alarm_of(learned, answers.values))
    return Polled(read(changed, answers.values, catalog.by_name.get(learned.profile)), changed)


def age_limit(learned: Learned) -> float:
    """Return after how many seconds what was learned is forgotten: the same for one printer, spread over a fleet."""
    return MAX_AGE - zlib.crc32("".join(learned.watch.values()).encode()) % AGE_SPREAD


def needs_healing(learned: Learned, values: dict[bytes, Value], now: float, *, complete: bool) -> bool:
    """Whether what was learned no longer holds; `complete` when every object asked for was answered."""
    for oid, octets in learned.watch.items():
        value = values.get(encode_oid(oid))
        if not isinstance(value, bytes) or value.hex() != octets:
            return True
    booted, known = booted_at(values, now), learned.booted_at
    restarted = booted is not None and known is not None and booted > known + CLOCK_SLACK
    if restarted and now - learned.learned_at > RESTART_AGE:
        return True
    return (not complete and _rows_lost(learned, values)) or _new_supply(learned, values)


def _rows_lost(learned: Learned, values: dict[bytes, Value]) -> bool:
    names = [encode_oid(oid) for terms in learned.counters.values() for oid, _how in terms]
    names += [encode_oid(row["oid"]) for row in learned.supplies if row["level"] is not None]
    return any(name not in values for name in names)


def _new_supply(learned: Learned, values: dict[bytes, Value]) -> bool:
    for row in learned.supplies:
        level, known = values.get(encode_oid(row["oid"])), row["level"]
        if not isinstance(level, int) or known is None or level <= known or row["is_receptacle"]:
            continue
        capacity = row["capacity"]
        scale = capacity if capacity is not None and capacity > 0 else 100
        if (level - max(known, 0)) * 100 >= LEVEL_RISE * scale:
            return True
    return False


def _alerts_changed(learned: Learned, values: dict[bytes, Value]) -> bool:
    if alarm_of(learned, values) != learned.alarm:
        return True
    codes = (values.get(name) for name in alert_names(learned.alerts))
    return any(code != row["code"] for code, row in zip(codes, learned.alerts, strict=True))
