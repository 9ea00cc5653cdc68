"""`/api/v1/billing/`: tariffs and invoices, to read. Amounts are decimal texts with their currency beside them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Path, Query, Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from access.api import opens
from billing.models import Invoice, Tariff
from billing.services import drafting
from billing.services.invoices import Shown, shown_draft, shown_issued
from billing.services.tariffs import plain, prices_of
from inventory.models import Organization
from inventory.rules.months import parse_month
from inventory.views.v1.problems import PROBLEMS
from inventory.views.v1.schemas import Named, Problem
from monthly_report.models import MonthControl
from monthly_report.services.months import require_visible

router = Router()
READ = opens("billing:read", "billing.access_billing", "billing.view_invoice")
READ_TARIFFS = opens("billing:read", "billing.access_billing", "billing.view_tariff")
Month = Annotated[str, Path(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class TierOut(Schema):
    """The price of every click above so many of a month."""

    above: int
    price: str


class TariffOut(Schema):
    """What an organization pays; months like `2026-11`, both inclusive."""

    id: int
    organization: Named
    contract: str
    valid_from: str
    valid_until: str | None
    currency: str
    minimum: str
    mono: list[TierOut]
    color: list[TierOut]


class SummaryOut(Schema):
    """An organization's month: as it stands, and the invoice that holds."""

    organization: Named
    devices: int
    mono_clicks: int
    color_clicks: int
    rows_in_doubt: int
    currency: str | None
    total: str | None = Field(description="as it stands; null without a tariff")
    invoice: str | None = Field(description="the number of the invoice that holds")
    issued_total: str | None


class LineOut(Schema):
    """A line; `first` and `last` number the clicks it pays."""

    kind: str
    first: int
    last: int
    clicks: int
    price: str
    amount: str


class DeviceOut(Schema):
    """A row of the month with the evidence of its clicks."""

    row_id: int
    serial_number: str
    equipment_model: str
    place: str
    part: str
    counters: dict[str, int | None]
    mono_clicks: int
    color_clicks: int
    doubts: list[str]
    evidence: dict[str, Any]


class InvoiceOut(Schema):
    """An invoice; `state` is draft, issued or replaced."""

    organization: Named
    month: str
    state: str
    number: str | None
    version: int | None
    contract: str
    currency: str
    total: str | None
    mono_clicks: int
    color_clicks: int
    issued_at: datetime | None
    reason: str
    lines: list[LineOut]
    devices: list[DeviceOut]


@router.get("/tariffs/", response={200: list[TariffOut], PROBLEMS: Problem}, auth=READ_TARIFFS, tags=["billing"])
def list_tariffs(request: HttpRequest) -> list[TariffOut]:
    """List every tariff, also those that have ended."""
    del request
    rows = Tariff.objects.select_related("organization").prefetch_related("tiers")
    return [_tariff(one) for one in rows]


@router.get("/{month}/", response={200: list[SummaryOut], PROBLEMS: Problem}, auth=READ, tags=["billing"])
def list_month(request: HttpRequest, month: Month) -> list[SummaryOut]:
    """List what every organization pays for a month."""
    return [_summary(one) for one in drafting.summaries(_visible(request, month))]


@router.get("/{month}/{organization_id}/", response={200: InvoiceOut, PROBLEMS: Problem}, auth=READ, tags=["billing"])
def get_invoice(
    request: HttpRequest,
    month: Month,
    organization_id: RowId,
    version: Annotated[int | None, Query(ge=1, le=9999)] = None,
    draft: bool = False,
) -> InvoiceOut:
    """Return the invoice that holds, a `version` of it, or (`draft`, or nothing issued yet) the month as it stands."""
    day = _visible(request, month)
    versions = Invoice.objects.filter(organization=organization_id, month=day).select_related("organization")
    if version is not None:
        return _invoice(shown_issued(get_object_or_404(versions, version=version)))
    holding = None if draft else versions.filter(state=Invoice.State.ISSUED).first()
    if holding is not None:
        return _invoice(shown_issued(holding))
    found = drafting.draft_of(get_object_or_404(Organization, pk=organization_id), day)
    if not found.devices:
        raise Http404
    return _invoice(shown_draft(found))


def _visible(request: HttpRequest, month: str) -> date:
    day = parse_month(month)
    try:
        require_visible(request.user, MonthControl.objects.filter(month=day).first())
    except PermissionDenied as error:
        raise HttpError(403, "This month is not published.") from error
    return day


def _tariff(one: Tariff) -> TariffOut:
    prices = prices_of(one)
    return TariffOut(
        id=one.pk,
        organization=Named(id=one.organization_id, name=one.organization.name),
        contract=one.contract,
        valid_from=f"{one.valid_from:%Y-%m}",
        valid_until=f"{one.valid_until:%Y-%m}" if one.valid_until else None,
        currency=one.currency,
        minimum=str(one.minimum),
        mono=[TierOut(above=tier.above, price=plain(tier.price)) for tier in prices.mono],
        color=[TierOut(above=tier.above, price=plain(tier.price)) for tier in prices.color],
    )


def _summary(one: drafting.Summary) -> SummaryOut:
    return SummaryOut(
        organization=Named(id=one.organization.pk, name=one.organization.name),
        devices=one.devices,
        mono_clicks=one.clicks.mono,
        color_clicks=one.clicks.color,
        rows_in_doubt=one.doubtful,
        currency=one.bill.currency if one.bill else None,
        total=str(one.bill.total) if one.bill else None,
        invoice=one.issued.number if one.issued else None,
        issued_total=str(one.issued.total) if one.issued else None,
    )


def _invoice(shown: Shown) -> InvoiceOut:
    made = shown.invoice
    return InvoiceOut(
        organization=Named(id=shown.organization.pk, name=shown.name),
        month=f"{shown.month:%Y-%m}",
        state=shown.state,
        number=made.number if made else None,
        version=made.version if made else None,
        contract=shown.contract,
        currency=shown.currency,
        total=None if shown.total is None else str(shown.total),
        mono_clicks=shown.mono,
        color_clicks=shown.color,
        issued_at=made.issued_at if made else None,
        reason=made.reason if made else "",
        lines=[
            LineOut(
                kind=line.kind, first=line.first, last=line.last, clicks=line.clicks, price=plain(line.price),
                amount=str(line.amount),
            )
            for line in shown.lines
        ],
        devices=[
            DeviceOut(
                row_id=one.row_id, serial_number=one.serial_number, equipment_model=one.equipment_model, place=one.place,
                part=one.part, counters=one.counters, mono_clicks=one.mono, color_clicks=one.color,
                doubts=[str(word) for word in one.doubts], evidence=one.evidence,
            )
            for one in shown.devices
        ],
    )  # fmt: skip
