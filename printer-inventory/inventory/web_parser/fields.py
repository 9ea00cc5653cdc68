"""What a rule can fill in, and where it goes in a reading."""

from __future__ import annotations

import re
from typing import Final

from inventory.polling.reading import Supply

COUNTERS: Final = {
    "counter": "total",
    "counter_bw": "bw",
    "counter_color": "color",
    "counter_a4_bw": "bw_a4",
    "counter_a3_bw": "bw_a3",
    "counter_a4_color": "color_a4",
    "counter_a3_color": "color_a3",
    "counter_copy": "copy",
    "counter_scan": "scan",
}
"""Field to counter name of `inventory.polling.reading.COUNTERS`."""

TEXTS: Final = {
    "serial_number": "serial",
    "mac_address": "mac",
    "manufacturer": "manufacturer",
    "model": "model",
    "hostname": "hostname",
    "location": "location",
    "firmware": "firmware",
    "console": "console",
}
"""Field to attribute of a reading."""

_COLORS: Final = ("black", "cyan", "magenta", "yellow")
SUPPLIES: Final[dict[str, tuple[str, str | None]]] = {
    **{f"toner_{color}": ("toner", color) for color in _COLORS},
    **{f"drum_{color}": ("opc", color) for color in _COLORS},
    "fuser_kit": ("fuser", None),
    "transfer_kit": ("transfer_unit", None),
    "waste_toner": ("waste_toner", None),
}
"""Field to kind and colour of a supply."""

VARIABLE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED: Final = frozenset({"min", "max", "abs", "true", "false", "none", "username", "password"})

EMPTY_WORDS: Final = frozenset({"empty", "replace", "end of life", "leer", "ersetzen", "vide", "пусто", "заменить"})
LEFT_WORDS: Final = frozenset({"ok", "good", "normal", "ready", "full", "low", "very low", "nearly empty", "warning"})
_BELOW: Final = re.compile(r"^\s*(?:<|≤|&lt;|under|below|less than)")


def is_known(name: str) -> bool:
    """Say whether a name goes into the reading; others are variables for formulas."""
    return name in COUNTERS or name in TEXTS or name in SUPPLIES


def is_variable(name: str) -> bool:
    """Say whether a name may stand for a value that only formulas use."""
    return not is_known(name) and name not in RESERVED and VARIABLE.fullmatch(name) is not None


def supply_of(field: str, place: int, percent: float | None, words: str) -> Supply:
    """Return the supply that a field's percentage or words tell: never an invented percentage."""
    kind, color = SUPPLIES[field]
    label = field.replace("_", " ").capitalize()
    state, shown = "unknown", None
    plain = words.strip().strip(".!").lower()
    if percent is not None and not _BELOW.match(plain):
        shown = round(percent)
        state = "empty" if shown == 0 and field != "waste_toner" else "level"
    elif percent is not None or plain in LEFT_WORDS:
        state = "some remaining"
    elif plain in EMPTY_WORDS:
        state, shown = "empty", 0
    return Supply(
        index=f"web.{place}",
        description=label,
        kind=kind,
        color=color,
        level=shown,
        capacity=None if shown is None else 100,
        percent=shown,
        state=state,
        unit="unknown" if shown is None else "percent",
        is_receptacle=field == "waste_toner",
    )
