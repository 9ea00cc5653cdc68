"""What a supplies bar says, decided apart from how it is drawn: no figure is shown that the device did not give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

LETTERS: Final = {"black": "K", "cyan": "C", "magenta": "M", "yellow": "Y"}
INKS: Final = ("toner", "ink", "ink_cartridge", "ink_ribbon", "toner_cartridge", "")
"""Kinds that are what is put on paper (prtMarkerSuppliesType); other kinds do not belong in the four bars."""
KINDS: Final = (
    gettext_noop("toner"),
    gettext_noop("ink"),
    gettext_noop("ink cartridge"),
    gettext_noop("ink ribbon"),
    gettext_noop("toner cartridge"),
    gettext_noop("waste toner"),
    gettext_noop("waste ink"),
    gettext_noop("developer"),
    gettext_noop("opc"),
    gettext_noop("fuser"),
    gettext_noop("transfer unit"),
    gettext_noop("staples"),
    gettext_noop("cleaner unit"),
    gettext_noop("other"),
)
"""Kinds as a row shows them; the template translates."""
LOW: Final = 10
"""Percent at and below which a supply is low; a receptacle is nearly full at 100 minus this."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One supply as drawn. `shape` is level, some, unlimited, empty or unknown; `percent` is set only for level and empty."""

    name: str
    ink: str
    letter: str
    kind: str
    shape: str
    percent: int | None
    figure: str
    text: str
    low: bool
    waste: bool
    part_number: str
    amount: str
    days: str

    @property
    def unknown(self) -> bool:
        """Whether the device gives no level at all."""
        return self.shape == "unknown"

    def length(self, width: float) -> float:
        """Return the filled length of a track of `width`."""
        return round(width * (self.percent or 0) / 100, 1)

    @property
    def small(self) -> float:
        """The filled length in the table's bar, whose track is 39 wide."""
        return self.length(39)

    @property
    def large(self) -> float:
        """The filled length in the detail row's bar, whose track is 99 wide."""
        return self.length(99)


def read(supply: Any, key: str) -> Any:
    """Return a value of a mapping or an object, or None."""
    return supply.get(key) if isinstance(supply, Mapping) else getattr(supply, key, None)


def level_of(supply: Any) -> tuple[str, int | None]:
    """Return shape and percentage (0-100) of a supply; the percentage only when there is an honest one."""
    state, percent = str(read(supply, "state") or ""), read(supply, "percent")
    if isinstance(percent, int | float) and not isinstance(percent, bool) and 0 <= percent <= 100:
        return ("empty", 0) if state == "empty" or percent == 0 else ("level", round(percent))
    if state == "empty":
        return "empty", 0
    return {"some remaining": "some", "no restriction": "unlimited"}.get(state, "unknown"), None


def bar_of(supply: Any) -> Bar:
    """Return how one supply is drawn."""
    color, kind = str(read(supply, "color") or "other"), str(read(supply, "kind") or "")
    waste = bool(read(supply, "is_receptacle")) or "waste" in kind
    shape, percent = level_of(supply)
    name = str(read(supply, "description") or "") or color_name(color, waste=waste)
    return Bar(
        name=name,
        ink=color if color in LETTERS else "other",
        letter="W" if waste else LETTERS.get(color, ""),
        kind=kind.replace("_", " "),
        shape=shape,
        percent=percent,
        figure=figure_of(shape, percent),
        text=spoken(shape, percent),
        low=percent is not None and (percent >= 100 - LOW if waste else percent <= LOW),
        waste=waste,
        part_number=str(read(supply, "part_number") or ""),
        amount=amount_of(supply),
        days=days_of(read(supply, "days_left")),
    )


def figure_of(shape: str, percent: int | None) -> str:
    """Return what stands above a small bar: the percentage, or a word or sign where there is none."""
    if percent is not None:
        return str(percent)
    return _("some") if shape == "some" else {"unlimited": "\N{INFINITY}"}.get(shape, "?")


def spoken(shape: str, percent: int | None) -> str:
    """Return the level in words."""
    if shape == "level":
        return f"{percent}\N{NO-BREAK SPACE}%"
    words = {"empty": _("empty"), "some": _("some remaining"), "unlimited": _("no restriction")}
    return words.get(shape, _("unknown"))


def color_name(color: str, *, waste: bool) -> str:
    """Return a name for a supply that has no description."""
    if waste:
        return _("Waste")
    names = {"black": _("Black"), "cyan": _("Cyan"), "magenta": _("Magenta"), "yellow": _("Yellow")}
    return names.get(color, _("Supply"))


def amount_of(supply: Any) -> str:
    """Return level and capacity as the device counts them ("1200 / 3000 impressions"), or "" for percent and codes below 0."""
    level, capacity, unit = read(supply, "level"), read(supply, "capacity"), str(read(supply, "unit") or "")
    if not isinstance(level, int) or not isinstance(capacity, int) or level < 0 or capacity <= 0 or unit == "percent":
        return ""
    amount = f"{number_format(level, force_grouping=True)} / {number_format(capacity, force_grouping=True)}"
    return f"{amount} {'' if unit in ('unknown', 'other') else unit.replace('_', ' ')}".rstrip()


def days_of(days: Any) -> str:
    """Return "12 days" for days left, or "" when nothing is forecast."""
    if not isinstance(days, int | float) or isinstance(days, bool) or days < 0:
        return ""
    return _("%(days)s d left") % {"days": round(days)}


def four_inks(supplies: Iterable[Any]) -> tuple[list[Bar], list[Bar]]:
    """Return the inks in the order K C M Y for a table's cell, and what else needs attention (low drums, full waste)."""
    bars = [bar_of(supply) for supply in supplies]
    order = list(LETTERS.values())
    inks = [bar for bar in bars if bar.letter in order and bar.kind.replace(" ", "_") in INKS]
    rest = [bar for bar in bars if bar not in inks and bar.low]
    return sorted(inks, key=lambda bar: order.index(bar.letter)), rest


def compared(supplies: Iterable[Any]) -> str:
    """Return a text that changes exactly when the four bars would."""
    inks, rest = four_inks(supplies)
    return "|".join(f"{bar.letter}{bar.figure}" for bar in inks) + "".join(f"!{bar.name}" for bar in rest)
