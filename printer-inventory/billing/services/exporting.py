"""Tariffs, months and invoices as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from sheets import Out

from billing.models import Tariff
from billing.rules.clicks import Colour
from billing.services.drafting import Summary
from billing.services.invoices import Shown
from billing.services.tariffs import plain, prices_of
from monthly_report.rules.figures import COUNTERS

MONEY = "#,##0.00"
PRICE = "0.00##"


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: its name, its columns, its rows."""

    sheet: str
    columns: Sequence[Out]
    rows: Iterable[Sequence[Any]]


def tariff_table(tariffs: QuerySet[Tariff]) -> Table:
    """Return tariffs, a row per tier."""
    columns = [
        Out(_("Organization")), Out(_("Contract")), Out(pgettext("months", "From")), Out(pgettext("months", "Until")),
        Out(_("Currency")), Out(_("Minimum per month"), format=MONEY), Out(_("Clicks")), Out(_("Above")),
        Out(_("Price"), format=PRICE),
    ]  # fmt: skip
    return Table(_("Tariffs"), columns, _tariff_rows(tariffs))


def _tariff_rows(tariffs: QuerySet[Tariff]) -> Iterator[list[Any]]:
    words = {Colour.MONO: _("black-and-white"), Colour.COLOR: _("colour")}
    for one in tariffs.iterator(chunk_size=500):
        prices = prices_of(one)
        until = f"{one.valid_until:%Y-%m}" if one.valid_until else ""
        head = [one.organization.name, one.contract, f"{one.valid_from:%Y-%m}", until, one.currency, one.minimum]
        for colour in Colour:
            for tier in prices.of(colour):
                yield [*head, words[colour], tier.above, Decimal(plain(tier.price))]


def month_table(found: Sequence[Summary], sheet: str) -> Table:
    """Return a month, a row per organization: as it stands, and the invoice that holds."""
    columns = [
        Out(_("Organization")), Out(_("Contract")), Out(_("Devices")), Out(_("Black-and-white clicks")),
        Out(_("Colour clicks")), Out(_("Rows in doubt")), Out(_("Currency")), Out(_("As it stands"), format=MONEY),
        Out(_("Invoice")), Out(_("Issued"), format=MONEY),
    ]  # fmt: skip
    rows = (
        [
            one.organization.name, one.tariff.contract if one.tariff else None, one.devices, one.clicks.mono,
            one.clicks.color, one.doubtful, one.bill.currency if one.bill else None, one.bill.total if one.bill else None,
            one.issued.number if one.issued else None, one.issued.total if one.issued else None,
        ]
        for one in found
    )  # fmt: skip
    return Table(sheet, columns, rows)


def line_table(shown: Shown) -> Table:
    """Return the lines of an invoice and, last, its total."""
    columns = [
        Out(_("No.")), Out(_("What for")), Out(_("From click")), Out(_("To click")), Out(_("Clicks")),
        Out(_("Price"), format=PRICE), Out(_("Amount"), format=MONEY), Out(_("Currency")),
    ]  # fmt: skip
    rows = [
        [number, str(line.word), line.first or None, line.last or None, line.clicks or None,
         Decimal(plain(line.price)) if line.clicks else None, line.amount, shown.currency]
        for number, line in enumerate(shown.lines, 1)
    ]  # fmt: skip
    rows.append([None, _("Total"), None, None, shown.clicks, None, shown.total, shown.currency])
    return Table(shown.sheet, columns, rows)


def device_table(shown: Shown) -> Table:
    """Return the devices of an invoice with the counters, the clicks, and when and how they were read."""
    counters = [Out(name.replace("_", " ")) for name in COUNTERS]
    columns = [
        Out(_("No.")), Out(_("Serial number")), Out(_("Model")), Out(_("Place")), Out(_("Part")), *counters,
        Out(_("Black-and-white clicks")), Out(_("Colour clicks")), Out(_("In doubt")), Out(_("Read at")),
        Out(_("Read by")), Out(_("Changed by")),
    ]  # fmt: skip
    return Table(shown.sheet, columns, _device_rows(shown))


def _device_rows(shown: Shown) -> Iterator[list[Any]]:
    for one in shown.devices:
        reading = one.evidence.get("reading") or {}
        changed = sorted({change["by"] for change in one.evidence.get("changes", ()) if change["by"]})
        yield [
            one.order_number, one.serial_number, one.equipment_model, one.place, one.part,
            *(one.counters[name] for name in COUNTERS), one.mono, one.color, ", ".join(str(word) for word in one.doubts),
            reading.get("at"), reading.get("engine"), ", ".join(changed),
        ]  # fmt: skip
