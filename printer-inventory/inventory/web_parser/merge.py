"""SNMP and web pages together: one reading from two, or a sentence about where they contradict each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from inventory.polling.reading import DeviceReading, Supply
from inventory.web_parser.errors import ReadError

ENGINE: Final = "hybrid"
PRINTED_MEANWHILE: Final = 100
"""Pages a device may print between the two reads; beyond it the rule reads another number than SNMP tells."""
SHARE: Final = 0.01


def merge(snmp: DeviceReading, web: DeviceReading) -> DeviceReading:
    """Return SNMP's reading with what the pages tell put over it.

    Raises `ReadError` where the two name different devices, or different counters: a page printed between the two reads is no
    difference, another kind of counter is.
    """
    for name, one, other in (("serial number", snmp.serial, web.serial), ("MAC address", snmp.mac, web.mac)):
        if _plain(one) and _plain(other) and _plain(one) != _plain(other):
            raise ReadError(f"SNMP and the web page name different devices: {name} {one} and {other}. Check the rule.")
    counters = dict(snmp.counters)
    warnings = [*snmp.warnings, *web.warnings]
    for name, value in web.counters.items():
        known = counters.get(name)
        if known is not None and abs(value - known) > max(PRINTED_MEANWHILE, known * SHARE):
            raise ReadError(
                f"SNMP tells {known} for {name}, the web page {value}. Correct the rule, or remove it to go by SNMP alone."
            )
        if known is not None and value < known:
            warnings.append(f"{name}: the web page tells {value}, SNMP {known}; the larger one was taken.")
        counters[name] = value if known is None else max(value, known)
    told = {
        name: text
        for name in ("serial", "mac", "manufacturer", "model", "hostname", "location", "firmware", "console")
        if (text := getattr(web, name)) and not getattr(snmp, name)
    }
    return replace(
        snmp,
        engine=ENGINE,
        counters=counters,
        supplies=_supplies(snmp.supplies, web.supplies),
        warnings=tuple(warnings),
        raw=_both(snmp.raw, web.raw),
        **told,
    )


def _supplies(snmp: tuple[Supply, ...], web: tuple[Supply, ...]) -> tuple[Supply, ...]:
    """Return SNMP's supplies; a page fills in the percentage where SNMP has none, and adds what SNMP does not list."""
    kinds = {"toner_cartridge": "toner", "ink_cartridge": "toner", "ink": "toner"}
    told = {(supply.kind, supply.color): supply for supply in web}
    merged = []
    for supply in snmp:
        page = told.pop((kinds.get(supply.kind, supply.kind), supply.color), None)
        better = page is not None and page.percent is not None and supply.percent is None
        merged.append(
            replace(supply, percent=page.percent, state=page.state) if page is not None and better else supply
        )
    return (*merged, *told.values())


def _both(one: Mapping[str, int | str], other: Mapping[str, int | str]) -> dict[str, int | str]:
    return {**one, **other}


def _plain(text: str) -> str:
    return re.sub(r"[\s:.-]", "", text).upper()
