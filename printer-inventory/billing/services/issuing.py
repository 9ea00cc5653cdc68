"""A draft becomes an invoice: frozen with its evidence, once, and only as it was looked at."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from access.models import EntityChangeLog
from access.services.audit import Actor, record
from billing.models import Invoice, InvoiceDevice, InvoiceLine
from billing.services.drafting import Draft, draft_of, facts_of
from billing.services.evidence import evidence_of
from inventory.models import Organization
from monthly_report.services.months import locked_control


class IssueRefusedError(ValueError):
    """An invoice cannot be issued; the text says why and what to do."""


class MovedError(Exception):
    """The draft is another one than was looked at."""


def issue(
    organization: Organization,
    month: date,
    seen: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
    despite_doubts: bool = False,
) -> Invoice:
    """Issue the draft whose fingerprint is `seen`; asked again with the same one, return what was issued.

    IssueRefusedError while the month is open for editing, without a tariff, without devices, or with doubts nobody has accepted;
    MovedError when the figures have changed since. An invoice issued before becomes *replaced*, and needs a `reason` for that.
    """
    with transaction.atomic():
        control = locked_control(month)
        draft = draft_of(organization, month)
        holding = Invoice.objects.filter(organization=organization, month=month, state=Invoice.State.ISSUED).first()
        if holding is not None and holding.fingerprint == seen:
            return holding
        if draft.fingerprint != seen:
            raise MovedError
        if control.is_open(now):
            raise IssueRefusedError(_("The month is open for editing. Close it first: its figures may still change."))
        _refuse(draft, despite_doubts=despite_doubts)
        if holding is not None and not reason.strip():
            raise IssueRefusedError(_("An invoice was issued already. Say why it is corrected."))
        return _freeze(draft, holding, actor, now, reason.strip()[:500])


def _refuse(draft: Draft, *, despite_doubts: bool) -> None:
    if not draft.devices:
        raise IssueRefusedError(_("The month has no device of this organization."))
    if draft.tariff is None:
        raise IssueRefusedError(_("No tariff of this organization holds in this month. Add one first."))
    if draft.doubtful and not despite_doubts:
        raise IssueRefusedError(_("Some counters are in doubt. Correct them in the month, or accept them as they are."))


def _freeze(draft: Draft, holding: Invoice | None, actor: Actor, now: datetime, reason: str) -> Invoice:
    assert draft.tariff is not None  # noqa: S101 - refused above; tells the type checker
    assert draft.bill is not None  # noqa: S101 - a tariff makes a bill
    assert draft.prices is not None  # noqa: S101 - a tariff has prices
    latest = Invoice.objects.filter(organization=draft.organization, month=draft.month).order_by("-version").first()
    if holding is not None:
        Invoice.objects.filter(pk=holding.pk).update(state=Invoice.State.REPLACED)
    made = Invoice.objects.create(
        organization=draft.organization,
        organization_name=draft.organization.name,
        month=draft.month,
        version=latest.version + 1 if latest else 1,
        currency=draft.bill.currency,
        total=draft.bill.total,
        mono_clicks=draft.clicks.mono,
        color_clicks=draft.clicks.color,
        tariff=draft.tariff,
        contract=draft.tariff.contract,
        tariff_facts=facts_of(draft.prices),
        fingerprint=draft.fingerprint,
        reason=reason,
        issued_at=now,
        issued_by=actor.user,
        issued_by_name=actor.name[:150],
    )
    _freeze_lines(made, draft)
    record(actor, EntityChangeLog.Action.CREATE, made, {"number": (None, made.number)}, reason)
    return made


def _freeze_lines(made: Invoice, draft: Draft) -> None:
    assert draft.bill is not None  # noqa: S101 - asked by the caller
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=made,
            number=number,
            kind=line.kind.value,
            first=line.first,
            last=line.last,
            clicks=line.clicks,
            price=line.price,
            amount=line.amount,
        )
        for number, line in enumerate(draft.bill.lines, 1)
    )
    evidence = evidence_of(draft.month, draft.devices)
    InvoiceDevice.objects.bulk_create(
        (
            InvoiceDevice(
                invoice=made,
                row_id=device.facts["id"],
                order_number=device.facts["order_number"],
                serial_number=device.facts["serial_number"],
                equipment_model=device.facts["equipment_model"],
                place=device.place,
                part=device.facts["part"],
                counters=device.counters,
                mono_clicks=device.clicks.mono,
                color_clicks=device.clicks.color,
                doubts=[one.value for one in device.clicks.doubts],
                evidence=evidence[device.facts["id"]],
            )
            for device in draft.devices
        ),
        batch_size=1000,
    )
