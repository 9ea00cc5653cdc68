"""Supplies and alerts: what of their rows stays (found when a printer is learned), and their state in a poll (RFC 3805)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from inventory.polling.reading import Alert, Supply
from inventory.polling.snmp import colors, names, objects
from inventory.polling.snmp.answers import Answers
from inventory.polling.snmp.ber import Value
from inventory.polling.snmp.counters import number_of
from inventory.polling.snmp.oids import encode_oid, encode_suffix, suffix_text
from inventory.polling.snmp.text import decode_text
from inventory.profiles.catalog import Profile

MAX_SUPPLIES: Final = 100
MAX_ALERTS: Final = 50

NO_RESTRICTION: Final = -1
UNKNOWN: Final = -2
SOME_REMAINING: Final = -3

_COLOURED_KINDS: Final = frozenset(
    {"toner", "toner_cartridge", "ink", "ink_cartridge", "ink_ribbon", "opc", "developer", "matte_toner", "matte_ink",
     "solid_wax", "ribbon_wax", "other", "unknown"}
)  # fmt: skip
_COLUMNS: Final = (
    objects.SUPPLY_COLORANT, objects.SUPPLY_CLASS, objects.SUPPLY_TYPE, objects.SUPPLY_DESCRIPTION, objects.SUPPLY_UNIT,
    objects.SUPPLY_CAPACITY, objects.SUPPLY_LEVEL,
)  # fmt: skip
_INKS: Final = frozenset({"toner", "toner_cartridge", "ink", "ink_cartridge"})
_STATES: Final = {NO_RESTRICTION: "no restriction", SOME_REMAINING: "some remaining"}


def judge_level(
    level: int | None, capacity: int | None, unit: str, *, receptacle: bool
) -> tuple[int | None, str, bool]:
    """Return (percent, state, whether the percentage is assumed) of a pair as the device gave it.

    Percentages are honest where the capacity is known or the unit is percent. A level up to 100 without a capacity is taken as
    a percentage, as CUPS does, and said to be assumed; the pair 0 of 0 tells nothing.
    """
    if level is None or level < 0:
        return None, _STATES.get(UNKNOWN if level is None else level, "unknown"), False
    if capacity is not None and capacity > 0:
        percent = min(100, round(100 * level / capacity))
        assumed = False
    elif level <= 100 and (level > 0 or capacity != 0 or unit == "percent"):
        percent = level
        assumed = unit != "percent"
    else:
        return None, "unknown", False
    return percent, "empty" if level == 0 and not receptacle else "level", assumed


def find_supplies(answers: Answers, profile: Profile | None, charset: int | None, model: str) -> list[dict[str, Any]]:
    """Return what stays of each supply: keyword arguments of `Supply` besides level, percent and state, and `oid`."""
    suffixes = dict.fromkeys(
        suffix
        for column in (objects.SUPPLY_LEVEL, objects.SUPPLY_DESCRIPTION, objects.SUPPLY_CAPACITY, objects.SUPPLY_TYPE)
        for suffix in answers.rows(column)
    )
    colorants = _colorants(answers, charset)
    columns = [answers.rows(column) for column in _COLUMNS]
    supplies = [
        _supply(suffix, [rows.get(suffix) for rows in columns], colorants, profile, charset)
        for suffix in list(suffixes)[:MAX_SUPPLIES]
    ]
    if not supplies:
        supplies = _from_records(answers, profile, model)
    if not any(supply["color"] for supply in supplies):
        _colour_as_monochrome(supplies)
    return supplies


def _colorants(answers: Answers, charset: int | None) -> dict[int, str]:
    """Return prtMarkerColorantValue by the colorant's index."""
    found: dict[int, str] = {}
    for suffix, value in answers.rows(objects.COLORANT_VALUE).items():
        if isinstance(value, bytes):
            index = suffix_text(suffix).rpartition(".")[2]
            found.setdefault(int(index or 0), decode_text(value, charset))
    return found


def _supply(
    suffix: bytes, cells: list[Value], colorants: Mapping[int, str], profile: Profile | None, charset: int | None
) -> dict[str, Any]:
    colorant, supply_class, supply_type, octets, unit, capacity, level = cells
    description = decode_text(octets, charset) if isinstance(octets, bytes) else ""
    kind = names.SUPPLY_KINDS.get(supply_type, "unknown") if isinstance(supply_type, int) else "unknown"
    if kind in {"unknown", "other"}:
        told = colors.kind_of_text(description)
        kind = told if told != "unknown" else kind
    part, serial = part_and_serial(description, profile)
    index = suffix_text(suffix)
    return {
        "index": index if "." in index else f"1.{index}",
        "description": description,
        "kind": kind,
        "color": _color(kind, description, colorant, colorants),
        "capacity": capacity if isinstance(capacity, int) else None,
        "unit": names.SUPPLY_UNITS.get(unit, "unknown") if isinstance(unit, int) else "unknown",
        "part_number": part,
        "serial": serial,
        "is_receptacle": supply_class == names.RECEPTACLE or kind in names.RECEPTACLE_KINDS,
        "oid": f"{objects.SUPPLY_LEVEL}.{index}",
        "how": "",
        "level": level if isinstance(level, int) else None,
    }


def _color(kind: str, description: str, colorant: Value, colorants: Mapping[int, str]) -> str | None:
    if kind not in _COLOURED_KINDS:
        return None
    if isinstance(colorant, int) and colorant > 0 and (value := colorants.get(colorant)):
        told = colors.color_of_colorant(value)
        if told:
            return told
    return colors.color_of_text(description)


def part_and_serial(description: str, profile: Profile | None) -> tuple[str, str]:
    """Return the part number and the cartridge's serial number that a description holds by the maker's patterns."""
    return _part_and_serial(description, profile.parts) if profile and profile.parts else ("", "")


@lru_cache(maxsize=8192)
def _part_and_serial(description: str, patterns: tuple[re.Pattern[str], ...]) -> tuple[str, str]:
    part = serial = ""
    for pattern in patterns:
        if match := pattern.search(description):
            groups = match.groupdict()
            part = part or (groups.get("part") or "").strip()
            serial = serial or (groups.get("serial") or "").strip()
    return ("" if part.lower() == "unknown" else part), ("" if serial.lower() == "unknown" else serial)


def _colour_as_monochrome(supplies: list[dict[str, Any]]) -> None:
    """A device with a single toner or ink of no named colour prints in black."""
    if sum(supply["kind"] in _INKS for supply in supplies) == 1:
        for supply in supplies:
            if supply["kind"] in _INKS or supply["kind"] in {"opc", "developer"}:
                supply["color"] = "black"


def _from_records(answers: Answers, profile: Profile | None, model: str) -> list[dict[str, Any]]:
    """Return the supplies that only a maker's record list tells."""
    found: list[dict[str, Any]] = []
    for rule in profile.supply_records if profile else ():
        how = f"record:{rule.record}"
        value = number_of(answers.values.get(encode_oid(rule.blob)), how)
        if value is None or (rule.when and not rule.when.search(model)):
            continue
        found.append(
            {
                "index": f"{profile.name if profile else ''}.{rule.record}",
                "description": rule.description,
                "kind": rule.kind,
                "color": rule.color,
                "capacity": 100 * rule.scale,
                "unit": "other",
                "part_number": "",
                "serial": "",
                "is_receptacle": False,
                "oid": rule.blob,
                "how": how,
                "level": value,
            }
        )
    return found


def read_supply(row: Mapping[str, Any], values: Mapping[bytes, Value], raw: dict[str, int | str]) -> tuple[Supply, str]:
    """Return the supply as it is now, and a warning or ""; `raw` receives the objects it came from."""
    oid: str = row["oid"]
    value = values.get(encode_oid(oid))
    if value is not None:
        raw[oid] = value.hex() if isinstance(value, bytes) else value
    level = number_of(value, row["how"]) if row["how"] else value if isinstance(value, int) else None
    return _supply_now(
        row["index"], row["description"], row["kind"], row["color"], level, row["capacity"], row["unit"], row["part_number"],
        row["serial"], row["is_receptacle"],
    )  # fmt: skip


@lru_cache(maxsize=32768)
def _supply_now(
    index: str, description: str, kind: str, color: str | None, level: int | None, capacity: int | None, unit: str,
    part_number: str, serial: str, is_receptacle: bool,
) -> tuple[Supply, str]:  # fmt: skip
    """Judge the level; the supplies of a fleet repeat, so they are remembered."""
    percent, state, assumed = judge_level(level, capacity, unit, receptacle=is_receptacle)
    warning = ""
    if assumed:
        warning = f"Supply {index}: level {level} without a capacity is taken as a percentage."
    elif level is not None and capacity is not None and 0 < capacity < level:
        warning = f"Supply {index}: level {level} is above its capacity of {capacity}."
    supply = Supply(
        index, description, kind, color, level, capacity, percent, state, unit, part_number, serial, is_receptacle
    )
    return supply, warning


def find_alerts(answers: Answers, charset: int | None) -> list[dict[str, Any]]:
    """Return the rows of prtAlertTable as keyword arguments of `Alert`, without the all-zero rows that mean "none"."""
    found: list[dict[str, Any]] = []
    for suffix, code in list(answers.rows(objects.ALERT_CODE).items())[:MAX_ALERTS]:
        severity = answers.rows(objects.ALERT_SEVERITY).get(suffix)
        group = answers.rows(objects.ALERT_GROUP).get(suffix)
        location = answers.rows(objects.ALERT_LOCATION).get(suffix)
        text = answers.rows(objects.ALERT_DESCRIPTION).get(suffix)
        if not isinstance(code, int) or (code == 0 and severity in (0, None)):
            continue
        found.append(
            {
                "index": suffix_text(suffix),
                "severity": names.ALERT_SEVERITY.get(severity, "other") if isinstance(severity, int) else "other",
                "group": names.ALERT_GROUPS.get(group, "other") if isinstance(group, int) else "other",
                "code": code,
                "code_name": names.ALERT_CODES.get(code, ""),
                "description": decode_text(text, charset) if isinstance(text, bytes) else "",
                "location": location if isinstance(location, int) and location >= 0 else None,
            }
        )
    return found


def alert_names(rows: list[dict[str, Any]]) -> tuple[bytes, ...]:
    """Return the objects whose vanishing or change tells that alerts have changed."""
    return tuple(encode_oid(objects.ALERT_CODE) + encode_suffix(row["index"]) for row in rows)


def read_alerts(rows: list[dict[str, Any]]) -> tuple[Alert, ...]:
    """Return remembered rows as alerts."""
    return tuple(Alert(**row) for row in rows)
