"""Imports in the database: rows copied into staging, compared with what is known, applied a block at a time.

All of it is set-based: a block of a thousand rows costs the same dozen statements as a block of ten.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database.models import ImportBatch, ImportRecord
from shared.database.words import RowVerdict
from shared.repositories.base_repository import BaseRepository
from shared.repositories.catalogue import CatalogueLookup
from shared.repositories.rows import AnyRow
from shared.rules.brands import Pattern

COPY = (
    "COPY integration.import_records (id, batch_id, row_number, source_data, processed_data, validation_errors, verdict)"
    " FROM STDIN"
)
SALE = (
    "platform text, number text, name text, sku text, code text, size text, region text, eu numeric, gross numeric,"
    " fee numeric, payment numeric, shipping numeric, other numeric, net numeric, sold timestamptz, currency text,"
    " quantity int, paid timestamptz, payout text, country text, city text, invoice text, tracking text, notes text"
)

# The rows to judge with their keys, in a table of its own whose statistics the planner has: staging changes too fast for that.
JUDGED = """
CREATE TEMP TABLE judged ON COMMIT DROP AS
SELECT r.id, r.row_number, x.*, md5(r.processed_data::text) AS digest, first_value(r.row_number) OVER first AS first_row,
    first_value(md5(r.processed_data::text)) OVER first AS first_digest
FROM integration.import_records r CROSS JOIN LATERAL jsonb_to_record(r.processed_data)
    AS x(platform text, number text, gross numeric, net numeric, paid timestamptz, currency text)
WHERE r.batch_id = :batch AND r.verdict = 'new'
WINDOW first AS (PARTITION BY r.processed_data->>'platform', r.processed_data->>'number' ORDER BY r.row_number)
"""
# What a second line of the same order is: the same again, or another one under the same number.
TWICE = """
UPDATE integration.import_records r
SET verdict = CASE WHEN j.digest = j.first_digest THEN 'duplicate' ELSE 'conflict' END,
    validation_errors = CASE WHEN j.digest <> j.first_digest
        THEN jsonb_build_array('Row ' || j.first_row || ' has the same number and other values') END
FROM judged j WHERE r.id = j.id AND j.row_number > j.first_row
"""
# What is here already: unchanged, newly paid (changed), or told otherwise (a conflict nobody overwrites silently).
KNOWN = """
UPDATE integration.import_records r
SET order_id = o.id,
    verdict = CASE WHEN o.gross_sale <> j.gross OR o.net_proceeds <> j.net OR o.currency <> j.currency THEN 'conflict'
                   WHEN j.paid IS NOT NULL AND NOT o.payout_received THEN 'changed' ELSE 'unchanged' END,
    validation_errors = CASE WHEN o.gross_sale <> j.gross OR o.net_proceeds <> j.net OR o.currency <> j.currency
        THEN jsonb_build_array('Known with ' || o.gross_sale || ' and a payout of ' || o.net_proceeds || ' ' || o.currency) END
FROM judged j JOIN core.platforms p ON p.slug = j.platform
JOIN transactions.orders o ON o.platform_id = p.id AND o.external_id = j.number
WHERE r.id = j.id AND r.verdict = 'new'
"""
UNKNOWN = """
UPDATE integration.import_records r SET verdict = 'error', validation_errors = jsonb_build_array(
    CASE WHEN NOT EXISTS (SELECT 1 FROM core.platforms p WHERE p.slug = r.processed_data->>'platform')
    THEN 'There is no marketplace ' || (r.processed_data->>'platform')
    ELSE 'No exchange rate for ' || (r.processed_data->>'currency') || ' is known; enter one' END)
WHERE r.batch_id = :batch AND r.verdict = 'new' AND (
    NOT EXISTS (SELECT 1 FROM core.platforms p WHERE p.slug = r.processed_data->>'platform')
    OR (r.processed_data->>'currency' <> 'EUR' AND NOT EXISTS
        (SELECT 1 FROM core.exchange_rates e WHERE e.currency = r.processed_data->>'currency')))
"""

BLOCK = f"""
CREATE TEMP TABLE block ON COMMIT DROP AS
SELECT gen_random_uuid() AS order_id, r.id AS record_id, r.verdict, x.*
FROM (SELECT * FROM integration.import_records WHERE batch_id = :batch AND verdict IN ('new', 'changed')
      AND applied_at IS NULL ORDER BY row_number LIMIT :rows) r
CROSS JOIN LATERAL jsonb_to_record(r.processed_data) AS x({SALE})
"""  # noqa: S608 -- names of ours
NEW_PRODUCTS = """
SELECT DISTINCT ON (lower(b.code)) b.code, b.name, b.sku FROM block b
WHERE NOT EXISTS (SELECT 1 FROM products.products p WHERE p.sku = b.code OR p.style_code = b.code)
  AND NOT EXISTS (SELECT 1 FROM products.products p WHERE lower(p.sku) = lower(b.code))
  AND NOT EXISTS (SELECT 1 FROM products.aliases a WHERE lower(a.value) = lower(b.code))
ORDER BY lower(b.code), b.name
"""
STEPS = (
    """INSERT INTO core.sizes (id, value, region, standardized_value)
       SELECT gen_random_uuid(), size, region, min(eu) FROM block WHERE verdict = 'new' GROUP BY size, region
       ON CONFLICT DO NOTHING""",
    """ALTER TABLE block ADD COLUMN product_id uuid""",
    """UPDATE block b SET product_id = c.id FROM (
         SELECT DISTINCT ON (lower(sku)) lower(sku) AS code, id FROM products.products
         WHERE lower(sku) IN (SELECT lower(code) FROM block) ORDER BY lower(sku)) c WHERE c.code = lower(b.code)""",
    """UPDATE block b SET product_id = p.id FROM products.products p
       WHERE b.product_id IS NULL AND p.style_code = b.code""",
    """UPDATE block b SET product_id = a.product_id FROM products.aliases a
       WHERE b.product_id IS NULL AND lower(a.value) = lower(b.code)""",
    """INSERT INTO transactions.payouts (id, platform_id, external_id, paid_at, amount, currency, difference, reconciled)
       SELECT gen_random_uuid(), p.id, b.payout, max(b.paid), 0, min(b.currency), 0, true FROM block b
       JOIN core.platforms p ON p.slug = b.platform WHERE b.payout IS NOT NULL AND b.paid IS NOT NULL
       GROUP BY p.id, b.payout ON CONFLICT DO NOTHING""",
    """INSERT INTO transactions.orders (id, platform_id, external_id, stockx_order_number, product_id, size_id,
         import_batch_id, status, product_name, sku, size_label, quantity, currency, exchange_rate, gross_sale, platform_fee,
         payment_fee, shipping_cost, other_fees, net_proceeds, expected_payout, buyer_destination_country,
         buyer_destination_city, invoice_number, tracking_number, notes, sold_at, completed_at,
         payout_received, payout_date, payout_id)
       SELECT b.order_id, p.id, b.number, CASE WHEN p.slug = 'stockx' THEN b.number END, b.product_id, s.id, :batch,
         'completed', b.name, b.sku, b.size, b.quantity, b.currency, coalesce((SELECT per_euro FROM core.exchange_rates e
           WHERE e.currency = b.currency AND b.currency <> 'EUR' ORDER BY abs(e.day - b.sold::date) LIMIT 1), 1),
         b.gross, b.fee, b.payment, b.shipping, b.other, b.net, b.net, b.country, b.city, b.invoice, b.tracking, b.notes,
         b.sold, coalesce(b.paid, b.sold), b.paid IS NOT NULL, b.paid, y.id
       FROM block b JOIN core.platforms p ON p.slug = b.platform
       JOIN core.sizes s ON s.value = b.size AND s.region = b.region AND s.category_id IS NULL
       LEFT JOIN transactions.payouts y ON y.platform_id = p.id AND y.external_id = b.payout
       WHERE b.verdict = 'new' ON CONFLICT (platform_id, external_id) DO NOTHING""",
    """INSERT INTO transactions.order_fees (id, order_id, kind, source, amount, currency)
       SELECT gen_random_uuid(), b.order_id, f.kind, 'report', f.amount, b.currency FROM block b
       JOIN transactions.orders o ON o.id = b.order_id
       CROSS JOIN LATERAL (VALUES ('transaction', b.fee), ('payment', b.payment), ('shipping', b.shipping),
         ('adjustment', b.other)) AS f(kind, amount) WHERE f.amount <> 0""",
    """INSERT INTO transactions.order_status_history (id, order_id, to_status, at, source, reason)
       SELECT gen_random_uuid(), b.order_id, 'completed', coalesce(b.paid, b.sold), 'import', 'imported'
       FROM block b JOIN transactions.orders o ON o.id = b.order_id""",
    """WITH lines AS (INSERT INTO transactions.payout_lines (id, payout_id, order_id, kind, external_order_id,
         amount, expected, text)
         SELECT gen_random_uuid(), y.id, o.id, 'sale', b.number, b.net, b.net, '' FROM block b
         JOIN core.platforms p ON p.slug = b.platform JOIN transactions.orders o ON o.id = b.order_id
         JOIN transactions.payouts y ON y.platform_id = p.id AND y.external_id = b.payout RETURNING payout_id, amount)
       UPDATE transactions.payouts y SET amount = y.amount + s.total
       FROM (SELECT payout_id, sum(amount) AS total FROM lines GROUP BY payout_id) s WHERE s.payout_id = y.id""",
    """UPDATE transactions.orders o SET payout_received = true, payout_date = b.paid, version = o.version + 1 FROM block b
       JOIN core.platforms p ON p.slug = b.platform
       WHERE b.verdict = 'changed' AND o.platform_id = p.id AND o.external_id = b.number AND NOT o.payout_received""",
    """UPDATE integration.import_records r SET applied_at = clock_timestamp(), verdict = 'applied', order_id = o.id
       FROM block b JOIN core.platforms p ON p.slug = b.platform
       JOIN transactions.orders o ON o.platform_id = p.id AND o.external_id = b.number WHERE r.id = b.record_id""",
    """UPDATE integration.import_batches SET processed_records = processed_records + (SELECT count(*) FROM block)
       WHERE id = :batch""",
)  # fmt: skip
FEED_COLUMNS = (
    "awin_product_id", "merchant_product_id", "merchant_id", "merchant_name", "product_name", "brand_name", "ean",
    "product_gtin", "mpn", "retail_price_cents", "store_price_cents", "rrp_price_cents", "currency", "colour", "size",
    "in_stock", "stock_quantity", "delivery_time", "image_url", "alternate_images", "affiliate_link", "merchant_link",
)  # fmt: skip
FEED = f"""
WITH chosen AS (SELECT id, processed_data FROM integration.import_records WHERE batch_id = :batch AND verdict = 'new'
    AND applied_at IS NULL ORDER BY row_number LIMIT :rows),
rows AS (SELECT DISTINCT ON (x.awin_product_id) x.* FROM chosen c
    CROSS JOIN LATERAL jsonb_populate_record(NULL::integration.awin_products, c.processed_data) x),
stored AS (INSERT INTO integration.awin_products (id, enrichment_status, feed_import_date, {", ".join(FEED_COLUMNS)})
    SELECT gen_random_uuid(), 'pending', now(), {", ".join(FEED_COLUMNS)} FROM rows
    ON CONFLICT (awin_product_id) DO UPDATE SET feed_import_date = now(), updated_at = now(),
    {", ".join(f"{name} = excluded.{name}" for name in FEED_COLUMNS[1:])}),
told AS (UPDATE integration.import_records r SET applied_at = now(), verdict = 'applied' FROM chosen c
    WHERE r.id = c.id RETURNING r.id)
UPDATE integration.import_batches SET processed_records = processed_records + (SELECT count(*) FROM told)
WHERE id = :batch RETURNING (SELECT count(*) FROM told)
"""  # noqa: S608 -- names of ours


class ImportRepository(BaseRepository[ImportBatch]):
    """Batches and their rows."""

    def __init__(self, session: AsyncSession) -> None:
        super().__init__(ImportBatch, session)

    async def copy(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows into staging: id, batch, number, source, understood, problems, verdict; JSON as texts."""
        raw = await (await self.session.connection()).get_raw_connection()
        connection: Any = raw.driver_connection
        async with connection.cursor() as cursor, cursor.copy(COPY) as copying:
            for row in rows:
                await copying.write_row(row)

    async def compare(self, batch_id: uuid.UUID, *, sales: bool) -> None:
        """Tell rows apart that are new, known, told twice or cannot be."""
        if sales:
            await self.session.execute(text(UNKNOWN), {"batch": batch_id})
            await self.session.execute(text(JUDGED), {"batch": batch_id})
            for statement in ("ANALYZE judged", TWICE, KNOWN, "DROP TABLE judged"):
                await self.session.execute(text(statement))

    async def verdicts(self, batch_id: uuid.UUID) -> dict[str, int]:
        """Count a batch's rows by verdict."""
        statement = select(ImportRecord.verdict, func.count()).where(ImportRecord.batch_id == batch_id)
        return {
            verdict.value: n
            for verdict, n in (await self.session.execute(statement.group_by(ImportRecord.verdict))).all()
        }

    async def open_block(self, batch_id: uuid.UUID, rows: int) -> list[AnyRow]:
        """Take the next rows to apply; return the products among them nobody knows: code, name, SKU."""
        await self.session.execute(text("DROP TABLE IF EXISTS block"))
        await self.session.execute(text(BLOCK), {"batch": batch_id, "rows": rows})
        await self.session.execute(text("ANALYZE block"))
        return list((await self.session.execute(text(NEW_PRODUCTS))).all())

    async def add_products(self, rows: Sequence[dict[str, Any]]) -> None:
        """Make products: code, name, style, brand."""
        if rows:
            await self.session.execute(
                text(
                    "INSERT INTO products.products (id, sku, name, style_code, brand_id, category_id)"
                    " SELECT gen_random_uuid(), :code, :name, :style, :brand, id FROM core.categories WHERE slug = 'sneakers'"
                    " ON CONFLICT DO NOTHING"
                ),
                rows,
            )

    async def apply_block(self, batch_id: uuid.UUID) -> int:
        """Make orders of the rows taken, with sizes, fees, history and payouts; return how many rows there were."""
        count: int = (await self.session.execute(text("SELECT count(*) FROM block"))).scalar_one()
        if count:
            for statement in STEPS:
                await self.session.execute(text(statement), {"batch": batch_id} if ":batch" in statement else {})
        await self.session.execute(text("DROP TABLE block"))
        return count

    async def apply_feed(self, batch_id: uuid.UUID, rows: int) -> int:
        """Store the next products of a feed; return how many rows there were."""
        found: int = (await self.session.execute(text(FEED), {"batch": batch_id, "rows": rows})).scalar_one()
        return found

    async def patterns(self) -> list[Pattern]:
        """Return how brands are recognised, for the rules."""
        return await CatalogueLookup(self.session).brand_patterns()

    async def rows(
        self, batch_id: uuid.UUID, verdict: RowVerdict | None, skip: int, limit: int
    ) -> Sequence[ImportRecord]:
        """Return rows of a batch by their number."""
        statement = select(ImportRecord).where(ImportRecord.batch_id == batch_id)
        if verdict is not None:
            statement = statement.where(ImportRecord.verdict == verdict)
        return (await self.session.scalars(statement.order_by(ImportRecord.row_number).offset(skip).limit(limit))).all()

    async def record(self, batch_id: uuid.UUID, number: int) -> ImportRecord | None:
        """Return one row held for a change."""
        statement = select(ImportRecord).where(ImportRecord.batch_id == batch_id, ImportRecord.row_number == number)
        return (await self.session.scalars(statement.with_for_update())).one_or_none()

    async def latest(self, limit: int) -> Sequence[ImportBatch]:
        """Return batches, the newest first."""
        return (
            await self.session.scalars(
                select(ImportBatch).order_by(ImportBatch.created_at.desc(), ImportBatch.id.desc()).limit(limit)
            )
        ).all()

    async def finish(self, batch_id: uuid.UUID, **values: Any) -> None:
        """Write a batch's outcome."""
        await self.session.execute(update(ImportBatch).where(ImportBatch.id == batch_id).values(**values))
