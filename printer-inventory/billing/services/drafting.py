"""What a month would cost as it stands: worked out whenever it is looked at, so that a draft is never old."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from billing.models import Invoice, Tariff
from billing.rules.clicks import CLICKS_PER_A3, Clicks, Colour, clicks_of
from billing.rules.pricing import Bill, Prices, bill_of
from billing.services.tariffs import holding_in, prices_of
from inventory.models import Organization
from monthly_report.models import MonthlyReport
from monthly_report.rules.figures import COUNTERS, KINDS

FACTS: Final = (
    "id", "order_number", "serial_number", "equipment_model", "inventory_number", "branch", "city", "address", "part",
    "device_key", "counter_id", "inventory_last_ok", *COUNTERS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Device:
    """A row of the month with its clicks; `facts` are its columns."""

    facts: dict[str, Any]
    clicks: Clicks

    @property
    def counters(self) -> dict[str, int | None]:
        """Return its eight counters by name."""
        return {name: self.facts[name] for name in COUNTERS}

    @property
    def place(self) -> str:
        """Return where it stands."""
        return ", ".join(self.facts[name] for name in ("branch", "city", "address") if self.facts[name])


@dataclass(frozen=True, slots=True)
class Draft:
    """An organization's month as it would be issued now; without a tariff there is no bill."""

    organization: Organization
    month: date
    devices: tuple[Device, ...]
    tariff: Tariff | None
    prices: Prices | None
    bill: Bill | None

    @property
    def clicks(self) -> Clicks:
        """Return the clicks of all devices together."""
        return Clicks(sum(one.clicks.mono for one in self.devices), sum(one.clicks.color for one in self.devices))

    @property
    def doubtful(self) -> tuple[Device, ...]:
        """Return the devices whose clicks are not certain."""
        return tuple(one for one in self.devices if one.clicks.doubts)

    @property
    def fingerprint(self) -> str:
        """Return a digest of everything that decides what is paid: prices, devices, counters."""
        said = {
            "tariff": facts_of(self.prices) if self.prices else None,
            "contract": self.tariff.contract if self.tariff else "",
            "devices": [
                [one.facts["id"], one.facts["device_key"], one.facts["part"], *one.counters.values()]
                for one in self.devices
            ],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def facts_of(prices: Prices) -> dict[str, Any]:
    """Return prices as they are kept with an invoice."""
    return {
        "currency": prices.currency,
        "minimum": str(prices.minimum.quantize(Decimal("0.01"))),
        **{
            colour.value: [[tier.above, str(tier.price.quantize(Decimal("0.0001")))] for tier in prices.of(colour)]
            for colour in Colour
        },
    }


def draft_of(organization: Organization, month: date) -> Draft:
    """Return an organization's month, in three queries; the month has to be visible to whoever sees it."""
    rows = MonthlyReport.objects.filter(month=month, organization=organization).order_by("order_number", "id")
    devices = tuple(_devices(rows))
    tariff = holding_in(month).filter(organization=organization).first()
    prices = prices_of(tariff) if tariff else None
    total = Clicks(sum(one.clicks.mono for one in devices), sum(one.clicks.color for one in devices))
    return Draft(organization, month, devices, tariff, prices, bill_of(prices, total) if prices else None)


def _devices(rows: QuerySet[MonthlyReport]) -> Iterator[Device]:
    for values in rows.values_list(*FACTS).iterator(chunk_size=2000):
        facts = dict(zip(FACTS, values, strict=True))
        yield Device(facts, clicks_of(facts["part"], facts))


@dataclass(frozen=True, slots=True)
class Summary:
    """An organization on the month's list: as it stands now, and the invoice that holds."""

    organization: Organization
    devices: int
    doubtful: int
    clicks: Clicks
    tariff: Tariff | None
    bill: Bill | None
    issued: Invoice | None

    @property
    def has_moved(self) -> bool:
        """Say whether the month would be billed otherwise today than it was issued."""
        if self.issued is None or self.bill is None:
            return False
        now = (self.bill.total, self.bill.currency, self.clicks.mono, self.clicks.color)
        one = self.issued
        return now != (one.total, one.currency, one.mono_clicks, one.color_clicks)


def _clicks(colour: Colour) -> Combinable:
    """Return the clicks of a row as SQL: `billing.rules.clicks.clicks_of` has the rule, a test holds both to each other."""
    word = "color" if colour is Colour.COLOR else "bw"
    a4, a3 = (
        Greatest(Coalesce(F(f"{paper}_{word}_end") - F(f"{paper}_{word}_start"), Value(0)), Value(0))
        for paper in ("a4", "a3")
    )
    return Case(When(part="A3", then=Value(0)), default=a4, output_field=IntegerField()) + Value(CLICKS_PER_A3) * Case(
        When(part="A4", then=Value(0)), default=a3, output_field=IntegerField()
    )


def _doubtful() -> Q:
    """Return the rows with a doubt, as SQL; the rule is `clicks_of`'s too."""
    doubt = Q()
    nothing = {"ALL": Q(), "A4": Q(), "A3": Q()}
    for kind in KINDS:
        start, end = f"{kind}_start", f"{kind}_end"
        half = Q(**{f"{start}__isnull": True, f"{end}__isnull": False}) | Q(
            **{f"{start}__isnull": False, f"{end}__isnull": True}
        )
        paper = kind[:2].upper()
        mine = ~Q(part="A3" if paper == "A4" else "A4")
        doubt |= mine & (half | Q(**{f"{end}__lt": F(start)}))
        missing = Q(**{f"{start}__isnull": True}) | Q(**{f"{end}__isnull": True})
        nothing["ALL"] &= missing
        nothing[paper] &= missing
    for part, missing in nothing.items():
        doubt |= Q(part=part) & missing
    return doubt


def summaries(month: date) -> list[Summary]:
    """Return every organization of a month with what it costs, in five queries however many rows there are."""
    rows = MonthlyReport.objects.filter(month=month).order_by()
    counted = rows.values("organization").annotate(
        devices=Count("device_key", distinct=True),
        doubtful=Count("pk", filter=_doubtful()),
        mono=Sum(_clicks(Colour.MONO)),
        color=Sum(_clicks(Colour.COLOR)),
    )
    found = {row["organization"]: row for row in counted}
    tariffs = {tariff.organization_id: tariff for tariff in holding_in(month)}
    issued = {one.organization_id: one for one in Invoice.objects.filter(month=month, state=Invoice.State.ISSUED)}
    organizations = Organization.objects.filter(pk__in=[*found, *issued]).order_by("name")
    empty = {"devices": 0, "doubtful": 0, "mono": 0, "color": 0}
    made = []
    for one in organizations:
        row, tariff = found.get(one.pk, empty), tariffs.get(one.pk)
        clicks = Clicks(row["mono"] or 0, row["color"] or 0)
        bill = bill_of(prices_of(tariff), clicks) if tariff else None
        made.append(Summary(one, row["devices"], row["doubtful"], clicks, tariff, bill, issued.get(one.pk)))
    return made


def totals(found: list[Summary]) -> dict[str, Decimal]:
    """Return {currency: sum} of what the month costs as it stands."""
    sums: dict[str, Decimal] = {}
    for one in found:
        if one.bill is not None:
            sums[one.bill.currency] = sums.get(one.bill.currency, Decimal(0)) + one.bill.total
    return sums
