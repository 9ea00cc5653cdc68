"""The columns of a month's spreadsheet: the titles it is exported with, and every title it is understood by."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from sheets import Column, Out
from sheets.cells import Cell
from sheets.parsers import number, serial, text, whole

from monthly_report.rules.figures import COUNTERS, LARGEST_COUNTER

_PAPER: Final = {"a4": "A4", "a3": "A3"}
_COLOUR: Final = {"bw": "ч/б", "color": "цвет"}
_COLOUR_LONG: Final = {"bw": "ч/б", "color": "цветные"}
_EDGE: Final = {"start": "начало", "end": "конец"}
_COLOUR_TOKENS: Final = {"bw": ("чб", "bw", "моно"), "color": ("цвет", "color")}
_EDGE_TOKENS: Final = {"start": ("начал", "start"), "end": ("конец", "конц", "end", "оконч")}


def _recogniser(paper: str, colour: str, edge: str) -> Callable[[str], bool]:
    """Return whether a normalised title speaks of this counter, whatever else it says."""
    others = [tokens for name, tokens in _COLOUR_TOKENS.items() if name != colour]

    def recognise(title: str) -> bool:
        return (
            paper in title
            and any(token in title for token in _COLOUR_TOKENS[colour])
            and not any(token in title for tokens in others for token in tokens)
            and any(token in title for token in _EDGE_TOKENS[edge])
        )

    return recognise


def _counter(name: str) -> Column:
    paper, colour, edge = name.split("_")
    return Column(
        name,
        f"{_PAPER[paper]} {_COLOUR[colour]} {_EDGE[edge]}",
        (f"Показание счетчика {_PAPER[paper]} {_COLOUR_LONG[colour]} на {_EDGE[edge]} периода", name),
        parse=whole(0, LARGEST_COUNTER),
        recognise=_recogniser(paper, colour, edge),
    )


def _hours(cell: Cell) -> float:
    """Return hours to the hundredth: of 1e-308 agreed hours no share can be worked out."""
    return float(round(_DECIMAL(cell), 2))


_DECIMAL: Final = number(Decimal(0), Decimal(100_000))

COLUMNS: Final = (
    Column("order_number", "№ п/п", ("№", "No", "п/п"), parse=whole(1, 1_000_000)),
    Column(
        "organization",
        "Организация",
        ("organization", "Клиент"),
        parse=text(200, nfkc=True),
        required=True,
        when_empty="NO_ORGANIZATION",
    ),
    Column("branch", "Филиал", ("branch",), parse=text(255)),
    Column("city", "Город", ("city",), parse=text(255)),
    Column("address", "Адрес", ("address",), parse=text(255)),
    Column(
        "equipment_model",
        "Модель и наименование оборудования",
        ("Модель", "Модель оборудования", "model"),
        parse=text(255, nfkc=True),
    ),
    Column(
        "serial_number",
        "Серийный номер оборудования",
        ("Серийный номер", "Серийный №", "Серийный", "serial number"),
        parse=serial(100),
        required=True,
    ),
    Column("inventory_number", "Инв номер", ("Инв №", "Инв", "Инвентарный номер"), parse=serial(100)),
    *(_counter(name) for name in COUNTERS),
    Column(
        "normative_availability",
        "Нормативное время доступности (A)",
        ("A норматив", "Нормативное время доступности", "A"),
        parse=_hours,
    ),
    Column(
        "actual_downtime",
        "Фактическое время недоступности (D)",
        ("D недоступность", "Фактическое время недоступности", "D"),
        parse=_hours,
    ),
    Column(
        "non_overdue_requests",
        "Количество не просроченных запросов (L)",
        ("L непросроченные", "Количество непросроченных запросов", "L"),
        parse=whole(0, 1_000_000),
    ),
    Column(
        "total_requests",
        "Общее количество запросов (W)",
        ("W общее", "Общее количество запросов", "W"),
        parse=whole(0, 1_000_000),
    ),
)
"""What is read. Totals, K1 and K2 are worked out and therefore not read back."""

WORKED_OUT: Final = ("Итого отпечатков шт.", "K1 = ((A - D)/A)*100%", "K2 = (L/W)*100%")

_EXPORTED: Final = (
    *(column.key for column in COLUMNS[:16]),
    "total_prints",
    "normative_availability",
    "actual_downtime",
    "k1",
    "non_overdue_requests",
    "total_requests",
    "k2",
)
_OUT_TITLES: Final = {"total_prints": WORKED_OUT[0], "k1": WORKED_OUT[1], "k2": WORKED_OUT[2]} | {
    column.key: column.title for column in COLUMNS
}
_FORMATS: Final = {"k1": "0.00", "k2": "0.00"}
OUT_KEYS: Final = _EXPORTED
OUTS: Final = tuple(Out(_OUT_TITLES[key], format=_FORMATS.get(key, "")) for key in _EXPORTED)
"""The 23 columns of the export, in their order."""
