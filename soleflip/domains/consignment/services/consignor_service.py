"""Owners: made, changed, put away; their account numbers; what is added to or taken off their account by hand."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domains.consignment.repositories.consignor_repository import ConsignorRepository
from domains.consignment.repositories.statement_repository import StatementRepository
from shared.auth.principal import Principal
from shared.database.models import ConsignmentAdjustment, Consignor
from shared.error_handling.exceptions import BusinessRuleViolation, ResourceNotFoundException, ValidationException
from shared.repositories import audit
from shared.repositories.base_repository import check_version
from shared.rules import iban
from shared.translation import phrase

FIELDS = (
    "id", "name", "kind", "contact", "email", "phone", "address", "vat_number", "share_percent", "fixed_fee",
    "minimum_payout", "fees_by", "shipping_by", "storage_free_days", "storage_fee_per_day", "payout_after_days",
    "return_after_days", "notes", "archived_at", "version", "created_at",
)  # fmt: skip
FIGURES = ("here", "asked", "overdue", "sold", "owed", "last_statement")


class ConsignorService:
    """Owners within one unit of work."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.stored, self.statements = session, ConsignorRepository(session), StatementRepository(session)

    async def page(
        self, q: str | None, skip: int, limit: int, *, archived: bool = False
    ) -> tuple[list[dict[str, Any]], int]:
        """Return owners by name with their figures; of an account number its ends only."""
        rows, total = await self.stored.page(q, skip, limit, archived=archived)
        return await self._with_figures(rows), total

    async def get(self, consignor_id: uuid.UUID) -> dict[str, Any]:
        """Return one owner with figures; raises ResourceNotFoundException."""
        row = await self.stored.get_by_id(consignor_id)
        if row is None:
            raise not_there(consignor_id)
        return (await self._with_figures([row]))[0]

    async def _with_figures(self, rows: Sequence[Consignor]) -> list[dict[str, Any]]:
        figures = await self.stored.figures([row.id for row in rows], today()) if rows else {}
        return [shown(row) | {name: figures[row.id][name] for name in FIGURES} for row in rows]

    async def held(self, consignor_id: uuid.UUID) -> Consignor:
        """Return one owner held for a change; raises ResourceNotFoundException. Whoever issues or pays holds the owner."""
        row = await self.stored.get_for_update(consignor_id)
        if row is None:
            raise not_there(consignor_id)
        return row

    async def create(self, actor: Principal, values: Mapping[str, Any]) -> uuid.UUID:
        """Make an owner."""
        row = await self.stored.create(**with_iban(values))
        audit.record(self.session, actor, "consignor.create", "consignor", row.id, after={"name": row.name})
        return row.id

    async def change(
        self, actor: Principal, consignor_id: uuid.UUID, values: Mapping[str, Any], version: int | None
    ) -> None:
        """Change an owner; terms agreed for pairs that are here already stay as they are."""
        row = await self.held(consignor_id)
        check_version(row, version)
        told = with_iban(values)
        before = {name: getattr(row, name) for name in told if name != "iban" and getattr(row, name) != told[name]}
        new_iban = "iban" in told and told["iban"] != row.iban
        if not before and not new_iban:
            return
        await self.stored.update(row, **told)
        audit.record(
            self.session, actor, "consignor.change", "consignor", row.id, {name: _plain(value) for name, value in before.items()},
            {name: _plain(told[name]) for name in before},
        )  # fmt: skip

    async def archive(self, actor: Principal, consignor_id: uuid.UUID, *, archived: bool) -> None:
        """Put an owner away or bring them back; not while pairs of theirs are here or money is open."""
        row = await self.held(consignor_id)
        if archived:
            figures = (await self.stored.figures([row.id], today()))[row.id]
            if figures["here"]:
                raise BusinessRuleViolation(
                    phrase(
                        "%(here)s pairs of %(name)s are here; give them back first", here=figures["here"], name=row.name
                    )
                )
            if figures["owed"]:
                raise BusinessRuleViolation(
                    phrase("%(owed)s are open with %(name)s; settle that first", owed=figures["owed"], name=row.name)
                )
        if (row.archived_at is not None) == archived:
            return
        await self.stored.update(row, archived_at=datetime.now(UTC) if archived else None)
        audit.record(self.session, actor, f"consignor.{'archive' if archived else 'restore'}", "consignor", row.id)

    async def bank_account(self, actor: Principal, consignor_id: uuid.UUID) -> str:
        """Return an account number in full; that somebody looked is kept."""
        row = await self.stored.get_by_id(consignor_id)
        if row is None or row.iban is None:
            raise ResourceNotFoundException(phrase("No account number is known here"))
        audit.record(self.session, actor, "consignor.bank_account", "consignor", row.id)
        return iban.spaced(row.iban)

    async def adjust(
        self, actor: Principal, consignor_id: uuid.UUID, happened_on: date, amount: Decimal, text: str
    ) -> ConsignmentAdjustment:
        """Add to an account (or, negative, take off it); it goes on the next statement."""
        row = await self.held(consignor_id)
        if not amount:
            raise ValidationException(
                phrase("An adjustment of nothing changes nothing"), field_errors={"amount": "is nothing"}
            )
        if happened_on > today():
            raise ValidationException(phrase("This day is not here yet"), field_errors={"happened_on": "lies ahead"})
        made = ConsignmentAdjustment(
            consignor_id=row.id, happened_on=happened_on, amount=amount, text=text, by_id=actor.user_id
        )
        self.session.add(made)
        await self.session.flush()
        after = {"amount": str(amount), "text": text}
        audit.record(self.session, actor, "consignor.adjust", "consignor", row.id, after=after)
        return made

    async def remove_adjustment(self, actor: Principal, adjustment_id: uuid.UUID, *, removed: bool) -> uuid.UUID:
        """Remove an adjustment or put it back, unless a statement has it; return whose it is."""
        row = await self.statements.adjustment_held(adjustment_id)
        if row is None:
            raise ResourceNotFoundException(
                phrase("Adjustment %(adjustment_id)s not found", adjustment_id=adjustment_id)
            )
        if row.statement_id is not None:
            raise BusinessRuleViolation(phrase("This stands on a statement already; enter the opposite amount instead"))
        if row.item_id is not None:
            raise BusinessRuleViolation(phrase("This belongs to a pair that was bought; take the purchase back there"))
        row.removed_at = datetime.now(UTC) if removed else None
        action = "consignor.adjust.remove" if removed else "consignor.adjust.restore"
        audit.record(self.session, actor, action, "consignor", row.consignor_id, after={"amount": str(row.amount)})
        return row.consignor_id


def not_there(consignor_id: uuid.UUID) -> ResourceNotFoundException:
    """Return the error for an owner who is not there."""
    return ResourceNotFoundException(
        phrase("Consignor %(consignor_id)s not found", consignor_id=consignor_id),
        details={"consignor_id": str(consignor_id)},
    )


def shown(row: Consignor) -> dict[str, Any]:
    """Return what lists and pages show of an owner."""
    return {name: getattr(row, name) for name in FIELDS} | {"iban": row.iban_shown}


def with_iban(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with the account number checked, and beside it how it is shown; raises ValidationException."""
    told = dict(values)
    if "iban" in told:
        try:
            told["iban"] = iban.parse(told["iban"]) if told["iban"] else None
        except ValueError as error:
            raise ValidationException(str(error), field_errors={"iban": str(error)}) from None
        told["iban_shown"] = iban.masked(told["iban"]) if told["iban"] else None
    return told


def today() -> date:
    """Return today in UTC."""
    return datetime.now(UTC).date()


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | type(None)) else str(value)
