"""Page counters: which objects hold them (found once, when a printer is learned) and what they add up to (every poll)."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from inventory.polling.snmp import names, objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.oids import decode_oid, encode_oid
from inventory.polling.snmp.text import decode_text
from inventory.profiles.catalog import CounterRule, Profile

VENDOR_TOTAL: Final = "vendor_total"
"""The maker's own total, kept beside the standard one: they differ on some devices."""

MAX_COUNT: Final = 2**32 - 2
"""Counter32's highest value is what some devices send for "unknown"."""

TOLERANCE: Final = 2
"""Pages by which parts and sum may differ before a warning: a page printed while we read."""

_SUMS: Final = (
    ("total", "bw", "color"),
    ("bw", "bw_a3", "bw_a4"),
    ("color", "color_a3", "color_a4"),
    ("a3", "bw_a3", "color_a3"),
    ("a4", "bw_a4", "color_a4"),
    ("total", "a3", "a4"),
    ("print", "print_bw", "print_color"),
    ("copy", "copy_bw", "copy_color"),
    ("fax", "fax_bw", "fax_color"),
    ("scan", "scan_bw", "scan_color"),
)

Terms = list[list[str]]


def find_counters(answers: Answers, profile: Profile | None, device: bytes) -> tuple[dict[str, Terms], list[str]]:
    """Return the terms `[oid, how]` of every counter the device holds, and warnings about their units."""
    found: dict[str, Terms] = {}
    warnings: list[str] = []
    total = _standard_total(answers, device, warnings)
    if total:
        found["total"] = [[total, ""]]
    labels: dict[str, list[tuple[str, bytes]]] = {}
    for rule in profile.counters if profile else ():
        name = VENDOR_TOTAL if rule.name == "total" else rule.name
        if name not in found and (terms := _terms(answers, rule, labels)):
            found[name] = terms
    return found, warnings


def _standard_total(answers: Answers, device: bytes, warnings: list[str]) -> str:
    """Return the name of prtMarkerLifeCount in the first marker's row, where it counts pages."""
    rows = answers.rows(objects.PRT_LIFE_COUNT)
    suffixes = [suffix for suffix in rows if suffix.startswith(device)] or list(rows)
    if not suffixes:
        known = answers.number(objects.FIRST_LIFE_COUNT)
        return f"{objects.PRT_LIFE_COUNT}.1.1" if known is not None else ""
    unit = answers.rows(objects.PRT_COUNTER_UNIT).get(suffixes[0])
    word = names.COUNTER_UNITS.get(unit, "") if isinstance(unit, int) else ""
    if word and unit not in (names.IMPRESSIONS, names.SHEETS):
        warnings.append(f"The device counts {word}, not pages; its life count is no total.")
        return ""
    if unit == names.SHEETS:
        warnings.append(
            "The device counts sheets: whether a two-sided sheet counts once or twice is for the maker to say."
        )
    return decode_oid(encode_oid(objects.PRT_LIFE_COUNT) + suffixes[0])


def _terms(answers: Answers, rule: CounterRule, labels: dict[str, list[tuple[str, bytes]]]) -> Terms:
    if rule.blob:
        how = f"record:{rule.record}"
        held = number_of(answers.values.get(encode_oid(rule.blob)), how) is not None
        return [[rule.blob, how]] if held else []
    if not rule.labels:
        return [
            [oid, rule.how] for oid in rule.oids if number_of(answers.values.get(encode_oid(oid)), rule.how) is not None
        ]
    if rule.labels not in labels:
        labels[rule.labels] = [(_label(label), suffix) for suffix, label in answers.rows(rule.labels).items()]
    values = answers.rows(rule.values)
    return [
        [decode_oid(encode_oid(rule.values) + suffix), rule.how]
        for text, suffix in labels[rule.labels]
        if _fits(rule.match, text) and number_of(values.get(suffix), rule.how) is not None
    ]


def _label(value: Value) -> str:
    return str(value) if isinstance(value, int) else decode_text(value or b"")


@lru_cache(maxsize=16384)
def _fits(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.search(text) is not None


def number_of(value: Value, how: str) -> int | None:
    """Return the count a value holds: a number, or by `how` digits in a string, an IEEE 754 number, a record's number."""
    if how == "":
        return value if isinstance(value, int) and 0 <= value <= MAX_COUNT else None
    if not isinstance(value, bytes):
        return None
    if how == "text":
        digits = value.strip(b"\x00 ")
        return int(digits) if digits.isdigit() and len(digits) <= 10 else None
    if how == "float":
        if len(value) not in (4, 8):
            return None
        number = struct.unpack(">f" if len(value) == 4 else ">d", value)[0]
        return round(number) if 0 <= number <= MAX_COUNT else None
    return records(value).get(int(how.removeprefix("record:")))


def records(octets: bytes) -> dict[int, int]:
    """Return the four-octet numbers of a Brother record list: id, 01, length, number, ended by ff; a cut list ends early."""
    found: dict[int, int] = {}
    at = 0
    while at + 3 <= len(octets) and octets[at] != 0xFF and octets[at + 1] == 1:
        length = octets[at + 2]
        number = octets[at + 3 : at + 3 + length]
        if length == 4 and len(number) == 4:
            found[octets[at]] = int.from_bytes(number, "big")
        at += 3 + length
    return found


def add_up(
    terms: Mapping[str, Terms], values: Mapping[bytes, Value], profile: Profile | None
) -> tuple[dict[str, int], dict[str, int | str], list[str]]:
    """Return the counters, the raw value of each object they came from, and warnings where sums disagree."""
    counters: dict[str, int] = {}
    raw: dict[str, int | str] = {}
    for name, parts in terms.items():
        total = 0
        for oid, how in parts:
            value = values.get(encode_oid(oid))
            if isinstance(value, bytes):
                raw[oid] = value.hex()
            elif value is not None:
                raw[oid] = value
            number = number_of(value, how)
            if number is None:
                break
            total += number
        else:
            counters[name] = total
    warnings: list[str] = []
    totals = [counters[name] for name in ("total", VENDOR_TOTAL) if name in counters]
    _settle_total(counters, warnings)
    _derive(counters, profile, warnings)
    _check(counters, totals, warnings)
    return counters, raw, warnings


def _settle_total(counters: dict[str, int], warnings: list[str]) -> None:
    vendor = counters.pop(VENDOR_TOTAL, None)
    if vendor is None:
        return
    total = counters.get("total")
    if total is None or (total == 0 and vendor > 0):
        counters["total"] = vendor
    elif abs(total - vendor) > TOLERANCE:
        warnings.append(
            f"The Printer-MIB counts {total} pages, the maker's own counter {vendor}: compare with the panel."
        )


def _derive(counters: dict[str, int], profile: Profile | None, warnings: list[str]) -> None:
    for rule in profile.derivations if profile else ():
        if rule.name in counters:
            continue
        plus = [counters.get(name) for name in rule.plus]
        minus = [counters.get(name) for name in rule.minus]
        if None in plus or None in minus:
            continue
        value = sum(filter(None, plus)) - sum(filter(None, minus))
        if value >= 0:
            counters[rule.name] = value
        else:
            warnings.append(f"{', '.join(rule.minus)} count more than {', '.join(rule.plus)}: {rule.name} is left out.")


def _check(counters: dict[str, int], totals: list[int], warnings: list[str]) -> None:
    """Warn where a sum fits neither its counter nor, for the total, one of the `totals` that the device gave."""
    known = counters.get
    for name, one, other in _SUMS:
        whole, first, second = known(name), known(one), known(other)
        if whole is None or first is None or second is None:
            continue
        found = first + second
        if abs(found - whole) <= TOLERANCE or (name == "total" and _near(found, totals, TOLERANCE)):
            continue
        warnings.append(f"{one} + {other} is {found}, but {name} is {whole}.")
    jobs = [counters[name] for name in ("print", "copy", "fax") if name in counters]
    if totals and len(jobs) > 1 and not _near(sum(jobs), totals, max(TOLERANCE, totals[0] // 100)):
        warnings.append(f"Prints, copies and faxes add up to {sum(jobs)}, but the total is {counters['total']}.")


def _near(found: int, totals: list[int], tolerance: int) -> bool:
    return any(abs(found - total) <= tolerance for total in totals)
