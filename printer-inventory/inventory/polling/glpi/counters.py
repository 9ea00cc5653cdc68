"""PAGECOUNTERS to the canonical counters: what each tag of an agent means, which is not the same on every make.

Sources: FusionInventory Agent 2.6 and GLPI Agent 1.x, `Tools/Hardware.pm` and `SNMP/MibSupport/*.pm` (which object each tag is
read from); issue 913 of glpi-agent for the paper sizes of patched agents. Three makes have tags that say one thing and hold
another:

* Canon: COPY* are read from the panel's codes 101, 112, 113, 122 and 123, the whole machine's total and its four-way split.
* Xerox: PRINT* are read from xcmHrDevDetail 1, 33 and 34, the whole machine's impressions.
* Kyocera: COLOR is the colour count of the first paper size alone, mostly A3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from inventory.polling.glpi.xml import Node
from inventory.polling.snmp.counters import MAX_COUNT, TOLERANCE
from inventory.profiles.catalog import Profile

MAX_TAGS: Final = 200
"""Tags read of one device; a patched agent writes some forty."""

PREFIX: Final = "PAGECOUNTERS/"

_MEANINGS: Final = {
    "TOTAL": "total", "BLACK": "bw", "COLOR": "color", "RECTOVERSO": "duplex", "DUPLEX": "duplex", "SCANNED": "scan",
    "PRINTTOTAL": "print", "PRINTBLACK": "print_bw", "PRINTCOLOR": "print_color",
    "COPYTOTAL": "copy", "COPYBLACK": "copy_bw", "COPYCOLOR": "copy_color", "FAXTOTAL": "fax",
    "BW_A3": "bw_a3", "BW_A4": "bw_a4", "COLOR_A3": "color_a3", "COLOR_A4": "color_a4",
}  # fmt: skip

_CANON: Final = {
    "COPYBLACK": "bw_a4", "COPYBLACK_A3": "bw_a3", "COPYCOLOR": "color_a4", "COPYCOLOR_A3": "color_a3",
}  # fmt: skip
_XEROX: Final = {"PRINTBLACK": "bw", "PRINTCOLOR": "color"}

_LARGE: Final = re.compile(r"^PRINT_(?:A3|B4|LEDGER|TABLOID|BANNER\d{0,2})$")
_SMALL: Final = re.compile(
    r"^PRINT_(?:A4|A5|A6|B5|B6|FOLIO|LEGAL|LETTER|STATEMENT|EXECUTIVE|OFICIO|POSTCARD|OTHERS?\d{0,2})$"
)
_NUMBER: Final = re.compile(r"^\d{1,10}$", re.ASCII)

_SUMS: Final = (
    ("total", ("bw", "color")),
    ("total", ("a3", "a4")),
    ("total", ("bw_a3", "bw_a4", "color_a3", "color_a4")),
    ("bw", ("bw_a3", "bw_a4")),
    ("color", ("color_a3", "color_a4")),
    ("print", ("print_bw", "print_color")),
    ("copy", ("copy_bw", "copy_color")),
)


def read_counters(
    section: Node | None, profile: Profile | None, *, in_color: bool
) -> tuple[dict[str, int], dict[str, str], list[str]]:
    """Return the counters under canonical names, every tag's text as it came, and warnings for a person.

    `section` is PAGECOUNTERS, `profile` the device's make, `in_color` says whether it has coloured supplies. A tag that holds
    no count between 0 and 2^32 - 2 is left out with a warning; an unknown tag is kept in the raw map only.
    """
    raw, tags, warnings = _numbers(section)
    counters = {_MEANINGS[tag]: value for tag, value in tags.items() if tag in _MEANINGS}
    counters |= _by_paper(tags)
    quirk = _QUIRKS.get(profile.name) if profile else None
    if quirk:
        quirk(tags, counters, warnings, in_color)
    _follow(counters, profile)
    _check(counters, warnings)
    return counters, raw, warnings


def _numbers(section: Node | None) -> tuple[dict[str, str], dict[str, int], list[str]]:
    raw: dict[str, str] = {}
    tags: dict[str, int] = {}
    warnings: list[str] = []
    for node in section.children[:MAX_TAGS] if section else ():
        if not node.text or PREFIX + node.tag in raw:
            continue
        raw[PREFIX + node.tag] = node.text[:40]
        if _NUMBER.match(node.text) and int(node.text) <= MAX_COUNT:
            tags[node.tag] = int(node.text)
        else:
            warnings.append(f"The agent's {node.tag[:40]} is no page count and was left out.")
    return raw, tags, warnings


def _by_paper(tags: Mapping[str, int]) -> dict[str, int]:
    """Return a3 and a4 of the per-size tags a patched agent writes; sizes above A4 count as A3, as the makers bill them."""
    found: dict[str, int] = {}
    for name, sizes in (("a3", _LARGE), ("a4", _SMALL)):
        values = [value for tag, value in tags.items() if sizes.match(tag)]
        if values:
            found[name] = sum(values)
    return found


def _canon(tags: Mapping[str, int], counters: dict[str, int], warnings: list[str], _in_color: bool) -> None:
    """Read COPY* as the machine's counters, unless they can be copies: no size beside them, and room in the total."""
    copies, total = tags.get("COPYTOTAL"), tags.get("TOTAL")
    sized = "COPYBLACK_A3" in tags or "COPYCOLOR_A3" in tags
    beyond = copies and total and (copies == total or copies + tags.get("PRINTTOTAL", 0) > total + TOLERANCE)
    if not sized and not beyond:
        return
    for name in ("copy", "copy_bw", "copy_color"):
        counters.pop(name, None)
    counters.update({name: tags[tag] for tag, name in _CANON.items() if tag in tags})
    if copies is not None:
        _settle_total(counters, copies, warnings)


def _xerox(tags: Mapping[str, int], counters: dict[str, int], warnings: list[str], _in_color: bool) -> None:
    for name in ("print", "print_bw", "print_color"):
        counters.pop(name, None)
    counters.update({name: tags[tag] for tag, name in _XEROX.items() if tag in tags})
    if "PRINTTOTAL" in tags:
        _settle_total(counters, tags["PRINTTOTAL"], warnings)


def _kyocera(tags: Mapping[str, int], counters: dict[str, int], warnings: list[str], in_color: bool) -> None:
    color, total = tags.get("COLOR"), tags.get("TOTAL")
    if color is None or (color == 0 and not in_color):
        return
    if total is None or abs(tags.get("BLACK", 0) + color - total) > TOLERANCE:
        counters.pop("color", None)
        warnings.append("The agent's COLOR on this make counts colour pages of one paper size; it is not used.")


_QUIRKS: Final[Mapping[str, Callable[[Mapping[str, int], dict[str, int], list[str], bool], None]]] = {
    "canon": _canon,
    "xerox": _xerox,
    "kyocera": _kyocera,
}


def _settle_total(counters: dict[str, int], makers: int, warnings: list[str]) -> None:
    """Keep the Printer-MIB's total beside the maker's own, as the native engine does."""
    total = counters.get("total")
    if not total:
        counters["total"] = makers
    elif abs(total - makers) > TOLERANCE:
        warnings.append(
            f"The Printer-MIB counts {total} pages, the maker's own counter {makers}: compare with the panel."
        )


def _follow(counters: dict[str, int], profile: Profile | None) -> None:
    """Add what follows from the others by the make's own rules, as for the native engine."""
    for rule in profile.derivations if profile else ():
        if rule.name not in counters and all(name in counters for name in (*rule.plus, *rule.minus)):
            value = sum(counters[name] for name in rule.plus) - sum(counters[name] for name in rule.minus)
            if value >= 0:
                counters[rule.name] = value


def _check(counters: Mapping[str, int], warnings: list[str]) -> None:
    for name, parts in _SUMS:
        if name in counters and all(part in counters for part in parts):
            found = sum(counters[part] for part in parts)
            if abs(found - counters[name]) > TOLERANCE:
                warnings.append(f"{' + '.join(parts)} is {found}, but {name} is {counters[name]}.")
