"""Listing by rules: rules in the database, judged on real markets, shown before they are switched on, undone as a run."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.pricing.repositories.pricing_repository import PricingRepository
from domains.pricing.services.desk import HOME, Desk, open_desk
from domains.pricing.services.price_writer import CHANGED, Line, PriceWriter
from shared.auth.principal import Principal
from shared.database.models import AutoListingRule, InventoryItem, RepricingRun
from shared.database.words import ItemStatus
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.repositories import audit
from shared.repositories.base_repository import BaseRepository, check_version
from shared.repositories.rows import AnyRow
from shared.rules import auto_listing, pricing
from shared.rules.market import Market
from shared.rules.money import ZERO
from shared.translation import Word, gettext_noop, phrase


class AutoListingService:
    """Rules and their runs."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored = session, PricingRepository(session)
        self.rows = BaseRepository(AutoListingRule, session)

    async def run(self, actor: Principal | None, limit: int, *, dry_run: bool) -> RepricingRun:
        """List what the active rules say; the first rule that fits a pair wins. Raises when automatic listing is stopped."""
        control = await self.stored.control(held=True)
        if not dry_run and control.killed:
            raise BusinessRuleViolation(
                phrase(
                    "Automatic prices are stopped: %(kill_reason)s",
                    kill_reason=control.kill_reason or Word(gettext_noop("no reason told")),
                )
            )
        rules = await self.stored.listing_rules(active=True)
        lines = await self._lines(rules, limit)
        return await PriceWriter(self.session).write(
            "list", lines, actor, {"offer_on": HOME, "rules": [rule.name for rule in rules]}, dry_run=dry_run
        )

    async def simulate(self, rule_id: uuid.UUID, limit: int) -> dict[str, Any]:
        """Show what one rule would list, active or not, and what each of the others lacks."""
        rule = await self._rule(rule_id)
        rows, desk = await self._candidates(limit)
        over = await self.stored.had_their_days([row.id for row in rows])
        matching, missing = [], []
        for row in rows:
            holds, part, lacking = auto_listing.judge(rule.conditions, _facts(desk, row))
            entry = {
                "item_id": row.id,
                "number": row.number,
                "product_name": row.name,
                "size": row.size,
                "confidence": part,
            }
            if (row.id, rule.name) in over:
                missing.append({**entry, "missing": [*lacking, "its days by this rule are over"]})
            elif holds:
                matching.append({**entry, "price": self._price(desk, row, rule)[0]})
            else:
                missing.append({**entry, "missing": lacking})
        return {"rule": rule.name, "candidates": len(rows), "matching": matching, "not_matching": missing}

    async def _candidates(self, limit: int) -> tuple[Sequence[AnyRow], Desk]:
        rows = await self.stored.pairs(InventoryItem.status == ItemStatus.IN_STOCK, limit=limit)
        desk = await open_desk(self.session, rows)
        return [row for row in rows if not desk.listings.get(row.id)], desk

    async def _lines(self, rules: Sequence[AutoListingRule], limit: int) -> list[Line]:
        rows, desk = await self._candidates(limit)
        over = await self.stored.had_their_days([row.id for row in rows])
        lines = []
        for row in rows:
            facts = _facts(desk, row)
            fitting = (each for each in rules if (row.id, each.name) not in over)
            rule = next((each for each in fitting if auto_listing.judge(each.conditions, facts)[0]), None)
            if rule is None:
                continue
            price, floor, reasons = self._price(desk, row, rule)
            why = [f"rule: {rule.name}", *reasons]
            terms = auto_listing.terms(rule.name, rule.actions)
            lines.append(Line(row.id, None, row.list_price, price, floor, CHANGED, why, terms))
        return lines

    def _price(self, desk: Desk, row: AnyRow, rule: AutoListingRule) -> tuple[Decimal, Decimal | None, list[str]]:
        strategy = rule.actions.get("pricing_strategy", "market_based")
        percent = Decimal(str(rule.actions.get("markup_percent", 20)))
        floor = desk.floor(row, HOME, ZERO)
        wanted = auto_listing.markup(strategy, percent)
        if wanted is None:
            found = desk.recommend(row, HOME, (strategy, "cost_plus"), percent)
            return found.price, floor, list(found.reasons)
        terms = desk.terms(row, HOME)
        price, told = pricing.settle(terms.cost * (1 + wanted / 100), floor, row.ceiling_price, terms.step)
        return price, floor, [f"{strategy}: cost plus {wanted} %", *told]

    async def rules(self) -> Sequence[AutoListingRule]:
        """Return every rule by priority."""
        return await self.stored.listing_rules()

    async def keep(
        self, actor: Principal, values: Mapping[str, Any], rule_id: uuid.UUID | None = None, version: int | None = None
    ) -> AutoListingRule:
        """Make a rule, or change one (by its version); raises ValidationException for words nobody knows."""
        _check(values)
        if rule_id is None:
            if await self.rows.find_one(AutoListingRule.name == values["name"]):
                raise BusinessRuleViolation(phrase("There is a rule %(name)s already", name=values["name"]))
            row = await self.rows.create(**values)
        else:
            row = await self._rule(rule_id)
            check_version(row, version)
            row = await self.rows.update(row, **values)
        audit.record(self.session, actor, "listing_rule.keep", "auto_listing_rule", row.id, after={"name": row.name})
        return row

    async def _rule(self, rule_id: uuid.UUID) -> AutoListingRule:
        found = await self.rows.get_for_update(rule_id)
        if found is None:
            raise ResourceNotFoundException(phrase("Auto-listing rule %(rule_id)s not found", rule_id=rule_id))
        return found


def _check(values: Mapping[str, Any]) -> None:
    conditions, told = values.get("conditions", {}), values.get("actions", {})
    unknown = {f"conditions.{name}": "no such condition" for name in conditions if name not in auto_listing.CONDITIONS}
    unknown |= {f"actions.{name}": "no such action" for name in told if name not in auto_listing.ACTIONS}
    actions = values.get("actions")
    if actions is not None:
        if actions.get("list_on_platform", HOME) != HOME:
            unknown["actions.list_on_platform"] = "only StockX is written to"
        if actions.get("pricing_strategy", "market_based") not in auto_listing.STRATEGIES:
            unknown["actions.pricing_strategy"] = f"one of {', '.join(auto_listing.STRATEGIES)}"
        try:
            auto_listing.terms("", actions)
        except ValueError as error:
            unknown["actions.expires_in_days" if "days" in str(error) else "actions.at_end"] = str(error)
    known = Market(Decimal(110), Decimal(90), Decimal(100), number_of_bids=5, asks=(Decimal(110),) * 3)
    probe = auto_listing.Facts("in_stock", Decimal(100), 10, "", "", known)
    try:
        auto_listing.judge(values.get("conditions", {}), probe)
        Decimal(str((actions or {}).get("markup_percent", 0)))
    except (ArithmeticError, ValueError, TypeError) as error:
        raise ValidationException(
            phrase("A condition has a value that does not fit"), field_errors={"conditions": str(type(error).__name__)}
        ) from None
    if unknown:
        raise ValidationException(phrase("This rule has words nobody knows"), field_errors=unknown)


def _facts(desk: Desk, row: AnyRow) -> auto_listing.Facts:
    return auto_listing.Facts(
        row.status.value,
        desk.cost(row),
        (desk.today - row.since).days,
        row.brand or "",
        row.category,
        desk.market(row, HOME),
    )
