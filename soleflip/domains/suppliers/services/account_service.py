"""Logins at suppliers: read from a file (never with card numbers), kept encrypted, never given back; purchases by account."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

import anyio.to_thread
from email_validator import EmailNotValidError, validate_email
from sheets import Limits, SheetError, read_table
from sheets.csvfile import CsvReader, sniff
from sheets.source import detect as detect_kind
from sqlalchemy.ext.asyncio import AsyncSession

from domains.suppliers.repositories.account_repository import SHOWN, AccountRepository
from shared.auth.principal import Principal
from shared.database.models import AccountPurchase, SupplierAccount
from shared.error_handling.exceptions import ImportProcessingException, ResourceNotFoundException
from shared.repositories import audit
from shared.rules.import_values import word
from shared.translation import gettext_noop, phrase

LIMITS = Limits(file_bytes=10 * 2**20, rows=50_000, columns=100, cells=2_000_000)
CARDS = frozenset({"CC_NUMBER", "CVV", "CVC", "CARD_NUMBER", "PAN", "SECURITY_CODE"})
COLUMNS = {
    "FIRST_NAME": ("first_name", 100), "LAST_NAME": ("last_name", 100), "ADDRESS_LINE_1": ("address_line_1", 255),
    "ADDRESS_LINE_2": ("address_line_2", 255), "CITY": ("city", 100), "COUNTRY_CODE": ("country_code", 3),
    "ZIP_CODE": ("zip_code", 20), "STATE_CODE": ("state_code", 20), "PHONE_NUMBER": ("phone_number", 50),
    "PROXY": ("proxy_config", 500), "BROWSER": ("browser_preference", 50), "LISTNAME": ("list_name", 100),
    "PASSWORD": ("password", 500),
}  # fmt: skip


class AccountService:
    """Accounts at suppliers."""

    def __init__(self, session: AsyncSession) -> None:
        """Work within one unit of work."""
        self.session, self.accounts = session, AccountRepository(session)

    async def load(
        self, actor: Principal, file: BinaryIO, mapping: dict[str, uuid.UUID], default: uuid.UUID | None
    ) -> dict[str, Any]:
        """Store the accounts of a file, row by row; a file with card columns is refused before anything is read of it.

        `mapping` says which supplier a LISTNAME means; without it a supplier of that name, else `default`.
        """
        header, rows = await anyio.to_thread.run_sync(_read, file)
        if CARDS & set(header):
            raise ImportProcessingException(
                gettext_noop("This file holds card numbers; take those columns out, they are never stored")
            )
        if "EMAIL" not in header:
            raise ImportProcessingException(phrase("The column EMAIL is missing"), details={"columns": header[:40]})
        known = {**await self.accounts.suppliers(), **{name.lower(): key for name, key in mapping.items()}}
        result: dict[str, Any] = {"total_rows": len(rows), "successful_imports": 0, "failed_imports": 0,
                                  "skipped_rows": 0, "duplicate_accounts": 0, "errors": []}  # fmt: skip
        for number, cells in enumerate(rows, 2):
            told = dict(zip(header, cells, strict=False))
            if not any(word(cell) for cell in cells):
                result["skipped_rows"] += 1
                continue
            try:
                added = await self.accounts.add(_account(told, known, default))
            except ValueError as error:
                result["failed_imports"] += 1
                if len(result["errors"]) < 50:
                    result["errors"].append(f"Row {number}: {error}")
                continue
            result["successful_imports" if added else "duplicate_accounts"] += 1
        audit.record(
            self.session, actor, "accounts.import", "supplier_account", "file",
            after={"rows": len(rows), "stored": result["successful_imports"]},
        )  # fmt: skip
        return result

    async def overview(self, supplier_id: uuid.UUID) -> dict[str, Any]:
        """Return a supplier's accounts in figures."""
        await self._supplier(supplier_id)
        total, active, verified, purchases, spent, rate = await self.accounts.figures(supplier_id)
        top = await self.accounts.page(supplier_id, None, 0, 5, verified=False)
        return {
            "overview": {"total_accounts": total, "active_accounts": active, "verified_accounts": verified,
                         "total_purchases": purchases, "total_spent": spent, "average_success_rate": rate},
            "top_performing_accounts": [shown(row) for row in top],
            "recent_activity": await self.accounts.purchases(AccountPurchase.supplier_id == supplier_id, 30),
            "status_distribution": await self.accounts.statuses(supplier_id),
            "monthly_trends": await self.accounts.months(supplier_id),
        }  # fmt: skip

    async def _supplier(self, supplier_id: uuid.UUID) -> None:
        if await self.accounts.supplier(supplier_id) is None:
            raise ResourceNotFoundException(phrase("Supplier %(supplier_id)s not found", supplier_id=supplier_id))

    async def list(
        self, supplier_id: uuid.UUID, status: str | None, skip: int, limit: int, *, verified: bool
    ) -> list[dict[str, Any]]:
        """Return a supplier's accounts; passwords and proxies stay here."""
        await self._supplier(supplier_id)
        rows = await self.accounts.page(supplier_id, status, skip, limit, verified=verified)
        return [shown(row) for row in rows]

    async def statistics(self, account_id: uuid.UUID) -> dict[str, Any]:
        """Return an account with its purchases."""
        row = await self.accounts.get_by_id(account_id)
        if row is None:
            raise ResourceNotFoundException(phrase("Account %(account_id)s not found", account_id=account_id))
        return {
            "account_info": shown(row),
            "purchases": await self.accounts.purchases(AccountPurchase.account_id == account_id, 100),
        }

    async def purchase(self, actor: Principal, account_id: uuid.UUID, values: dict[str, Any]) -> dict[str, Any]:
        """Note that something was bought (or not) with an account, and count its statistics again."""
        row = await self.accounts.get_for_update(account_id)
        if row is None:
            raise ResourceNotFoundException(phrase("Account %(account_id)s not found", account_id=account_id))
        product = values.get("product_id")
        if product is not None and await self.accounts.product(product) is None:
            raise ResourceNotFoundException(phrase("Product %(product)s not found", product=product))
        made = AccountPurchase(
            account_id=account_id, supplier_id=row.supplier_id,
            purchase_status="completed" if values["success"] else "failed",
            purchase_date=values.pop("purchase_date", None) or datetime.now(UTC), **values,
        )  # fmt: skip
        self.session.add(made)
        await self.session.flush()
        await self.accounts.count_again(account=account_id)
        audit.record(self.session, actor, "account.purchase", "supplier_account", account_id)
        await self.session.refresh(row)
        return shown(row)


def shown(row: SupplierAccount) -> dict[str, Any]:
    """Return what may be shown of an account."""
    return {name: getattr(row, name) for name in SHOWN}


def _read(file: BinaryIO) -> tuple[list[str], list[list[Any]]]:
    try:
        if detect_kind(file) == "csv":
            rows = [list(cells) for _, cells in islice(CsvReader(file, sniff(file), LIMITS), LIMITS.rows)]
        else:
            with read_table(file, limits=LIMITS) as table:
                rows = [list(row.cells) for row in table]
    except SheetError as error:
        raise ImportProcessingException(f"{error} {error.advice}".strip()) from None
    if not rows:
        raise ImportProcessingException(phrase("The file is empty"))
    header = [str(cell or "").strip().upper().replace(" ", "_") for cell in rows[0]]
    return header, rows[1:]


def _account(told: dict[str, Any], known: dict[str, uuid.UUID], default: uuid.UUID | None) -> dict[str, Any]:
    """Return an account's values; raises ValueError saying what is wrong."""
    try:
        email = validate_email(word(told.get("EMAIL")) or "", check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(f"EMAIL: {error}") from None
    listed = word(told.get("LISTNAME"))
    supplier = known.get((listed or "").lower()) or default
    if supplier is None:
        raise ValueError(f"LISTNAME: no supplier is called {listed or 'nothing'}")
    found = {name: (word(told.get(column)) or "")[:most] or None for column, (name, most) in COLUMNS.items()}
    return {"supplier_id": supplier, "email": email, **found}
