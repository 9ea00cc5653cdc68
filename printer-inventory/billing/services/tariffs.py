"""Tariffs on rows: which one holds, and how one is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from access.models import EntityChangeLog
from access.services.audit import Actor, differences, record
from billing.models import Tariff, TariffTier
from billing.rules.clicks import Colour
from billing.rules.pricing import Prices, Tier
from inventory.models import Organization
from inventory.rules.months import previous_month


class OverlapError(ValueError):
    """Another tariff of the organization holds in some of the same months; `other` is that one."""

    def __init__(self, other: Tariff) -> None:
        """Keep the other one."""
        super().__init__(str(other))
        self.other = other


class StaleError(Exception):
    """Somebody else has edited the tariff since it was shown."""


@dataclass(frozen=True, slots=True)
class TariffFacts:
    """What a person writes of a tariff; months are first days."""

    organization_id: int
    contract: str
    valid_from: date
    valid_until: date | None
    prices: Prices
    comment: str = ""


def holding_in(month: date) -> QuerySet[Tariff]:
    """Return the tariffs that hold in a month, at most one of each organization, with their tiers (two queries)."""
    until = Q(valid_until=None) | Q(valid_until__gte=month)
    return Tariff.objects.filter(until, valid_from__lte=month).prefetch_related("tiers").select_related("organization")


def prices_of(tariff: Tariff) -> Prices:
    """Return what the rules bill by; its tiers are read unless they were prefetched."""
    found: dict[str, list[Tier]] = {Colour.MONO.value: [], Colour.COLOR.value: []}
    for one in tariff.tiers.all():
        found[one.colour].append(Tier(one.above, one.price))
    mono, color = (tuple(sorted(tiers, key=lambda tier: tier.above)) for tiers in found.values())
    return Prices(tariff.currency, tariff.minimum, mono, color)


def save_tariff(facts: TariffFacts, actor: Actor, tariff: Tariff | None = None, version: int | None = None) -> Tariff:
    """Add a tariff, or edit one of which the person saw `version`; the change is audited with both prices.

    OverlapError when another tariff holds in the same months, StaleError when it was edited meanwhile. An invoice
    that was issued keeps the prices it was issued with.
    """
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=facts.organization_id)
        if tariff is not None:
            tariff = Tariff.objects.select_for_update(of=("self",)).get(pk=tariff.pk)
            if version is not None and tariff.version != version:
                raise StaleError
        other = _overlapping(facts, tariff)
        if other is not None:
            raise OverlapError(other)
        before = _shown(tariff) if tariff is not None else {}
        saved = tariff or Tariff()
        _fill(saved, facts, actor)
        saved.tiers.all().delete()
        TariffTier.objects.bulk_create(
            TariffTier(tariff=saved, colour=colour.value, above=tier.above, price=tier.price)
            for colour in Colour
            for tier in facts.prices.of(colour)
        )
        action = EntityChangeLog.Action.UPDATE if tariff is not None else EntityChangeLog.Action.CREATE
        record(actor, action, saved, differences(before, _shown(saved)))
    return saved


def delete_tariff(tariff: Tariff, actor: Actor) -> None:
    """Delete a tariff that no invoice was issued by; ValidationError for one that was."""
    with transaction.atomic():
        if tariff.invoices.exists():
            raise ValidationError(_("Invoices were issued by this tariff. Give it a last month instead."))
        record(actor, EntityChangeLog.Action.DELETE, tariff, differences({}, _shown(tariff)))
        tariff.delete()


def end_before(tariff: Tariff, month: date) -> date:
    """Return the last month a tariff may hold in so that another can begin in `month`."""
    return max(tariff.valid_from, previous_month(month))


def _overlapping(facts: TariffFacts, tariff: Tariff | None) -> Tariff | None:
    others = Tariff.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=facts.valid_from), organization=facts.organization_id
    )
    if facts.valid_until is not None:
        others = others.filter(valid_from__lte=facts.valid_until)
    if tariff is not None:
        others = others.exclude(pk=tariff.pk)
    return others.select_related("organization").first()


def _fill(saved: Tariff, facts: TariffFacts, actor: Actor) -> None:
    saved.organization_id = facts.organization_id
    saved.contract, saved.comment = facts.contract, facts.comment
    saved.valid_from, saved.valid_until = facts.valid_from, facts.valid_until
    saved.currency, saved.minimum = facts.prices.currency, facts.prices.minimum
    saved.updated_by = actor.user
    saved.version = saved.version + 1 if saved.pk else 0
    saved.save()


def _shown(tariff: Tariff) -> dict[str, str]:
    tiers = tariff.tiers.order_by("colour", "above")
    return {
        "organization": str(tariff.organization),
        "contract": tariff.contract,
        "currency": tariff.currency,
        "minimum": str(tariff.minimum),
        "valid_from": f"{tariff.valid_from:%Y-%m}",
        "valid_until": f"{tariff.valid_until:%Y-%m}" if tariff.valid_until else "",
        "comment": tariff.comment,
        **{colour.value: words_of([one for one in tiers if one.colour == colour.value]) for colour in Colour},
    }


def words_of(tiers: Sequence[TariffTier]) -> str:
    """Return tiers in one line: `0: 1.5; 1000: 1.2`."""
    return "; ".join(f"{one.above}: {plain(one.price)}" for one in tiers)


def plain(amount: Decimal) -> str:
    """Return an amount without the zeros behind its last digit, but never fewer than two: `0.50`, `0.325`."""
    text = f"{amount:.4f}".rstrip("0")
    whole, _point, digits = text.partition(".")
    return f"{whole}.{digits:0<2}"
