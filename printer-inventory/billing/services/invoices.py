"""An invoice as it is shown: a draft that is worked out now, and one that was issued, in the same shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from billing.rules.clicks import Doubt
from billing.rules.pricing import LineKind
from billing.services.drafting import Draft, facts_of
from billing.services.evidence import evidence_of
from inventory.models import Organization

LINE_WORDS: Final[dict[str, Promise]] = {
    LineKind.MONO: _("Black-and-white clicks"),
    LineKind.COLOR: _("Colour clicks"),
    LineKind.MINIMUM: _("Up to the minimum of the month"),
}
DOUBT_WORDS: Final[dict[str, Promise]] = {
    Doubt.BELOW_ZERO: _("a counter fell"),
    Doubt.UNKNOWN: _("a counter is unknown"),
}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line, with the word people read."""

    kind: str
    word: Promise
    first: int
    last: int
    clicks: int
    price: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ShownDevice:
    """A row of the month in an invoice; `evidence` as `services.evidence` gives it."""

    row_id: int
    order_number: int
    serial_number: str
    equipment_model: str
    place: str
    part: str
    counters: dict[str, int | None]
    mono: int
    color: int
    doubts: tuple[Promise, ...]
    evidence: dict[str, Any]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Return who changed which counter."""
        found: list[dict[str, Any]] = self.evidence.get("changes", [])
        return found

    @property
    def reading(self) -> dict[str, Any] | None:
        """Return the reading behind the end counters."""
        found: dict[str, Any] | None = self.evidence.get("reading")
        return found


@dataclass(frozen=True, slots=True)
class Shown:
    """An invoice: `invoice` is None for a draft; a draft without a tariff has no lines and no total."""

    organization: Organization
    name: str
    month: date
    state: str
    contract: str
    currency: str
    total: Decimal | None
    mono: int
    color: int
    prices: dict[str, Any] | None
    lines: tuple[ShownLine, ...]
    devices: tuple[ShownDevice, ...]
    invoice: Invoice | None = None

    @property
    def clicks(self) -> int:
        """Return all clicks."""
        return self.mono + self.color

    @property
    def sheet(self) -> str:
        """Return the name of its sheet."""
        return f"{self.month:%Y-%m} {self.state}"

    @property
    def doubtful(self) -> int:
        """Return how many devices are in doubt."""
        return sum(bool(one.doubts) for one in self.devices)


def shown_draft(draft: Draft, only: Sequence[int] | None = None) -> Shown:
    """Return a draft as it is shown; `only` limits the devices (and their evidence) to these rows."""
    devices = [one for one in draft.devices if only is None or one.facts["id"] in only]
    evidence = evidence_of(draft.month, devices)
    bill = draft.bill
    return Shown(
        draft.organization, draft.organization.name, draft.month, "draft",
        draft.tariff.contract if draft.tariff else "", bill.currency if bill else "", bill.total if bill else None,
        draft.clicks.mono, draft.clicks.color, facts_of(draft.prices) if draft.prices else None,
        tuple(
            ShownLine(one.kind.value, LINE_WORDS[one.kind], one.first, one.last, one.clicks, one.price, one.amount)
            for one in (bill.lines if bill else ())
        ),
        tuple(
            ShownDevice(
                one.facts["id"], one.facts["order_number"], one.facts["serial_number"], one.facts["equipment_model"],
                one.place, one.facts["part"], one.counters, one.clicks.mono, one.clicks.color,
                tuple(DOUBT_WORDS[doubt] for doubt in one.clicks.doubts), evidence[one.facts["id"]],
            )
            for one in devices
        ),
    )  # fmt: skip


def shown_issued(invoice: Invoice, only: Sequence[int] | None = None) -> Shown:
    """Return an invoice as it was issued, from what was frozen with it and nothing else."""
    devices = invoice.devices.all() if only is None else invoice.devices.filter(row_id__in=only)
    return Shown(
        invoice.organization, invoice.organization_name, invoice.month, invoice.state, invoice.contract,
        invoice.currency, invoice.total, invoice.mono_clicks, invoice.color_clicks, invoice.tariff_facts,
        tuple(
            ShownLine(one.kind, LINE_WORDS[one.kind], one.first, one.last, one.clicks, one.price, one.amount)
            for one in invoice.lines.all()
        ),
        tuple(
            ShownDevice(
                one.row_id, one.order_number, one.serial_number, one.equipment_model, one.place, one.part, one.counters,
                one.mono_clicks, one.color_clicks, tuple(DOUBT_WORDS[doubt] for doubt in one.doubts), one.evidence,
            )
            for one in devices
        ),
        invoice,
    )  # fmt: skip
