"""The statements of an import: compared with what is known, applied a span of rows at a time, all of it set-based.

The cells of every row are kept in `integration.import_sources`, some hundred rows together. Sales that are good wait in
`integration.import_sales`, typed and narrow; `integration.import_records` has a row only for what is to be said: an error,
a conflict, a known order, a mended row, a product of a feed. Nothing of it is written again when it is applied: the batch's
`applied_until` says how far it is. Ids of orders follow from batch and row, in time's order (RFC 9562, version 7 with a
counter), so indexes grow at their end. A span costs the same few statements however long it is.

An imported order is one row: its fees are its own four amounts (`fee_source`), its first step its completion, its line of
the payout `payout_amount`. The views `transactions.order_fees`, `order_status_history` and `payout_lines` show them beside
what was stored later.
"""

from __future__ import annotations

SALE_COLUMNS = (
    "batch_id", "row_number", "order_id", "platform", "number", "name", "sku", "code", "size", "region", "eu", "gross",
    "fee", "payment", "shipping", "other", "net", "sold", "currency", "quantity", "paid", "payout", "country", "city",
    "invoice", "tracking", "notes",
)  # fmt: skip
COPY_SOURCES = "COPY integration.import_sources (batch_id, first_row, numbers, cells) FROM STDIN"
COPY_RECORDS = (
    "COPY integration.import_records (batch_id, row_number, processed_data, validation_errors, verdict) FROM STDIN"
)
COUNTED = "ANALYZE integration.import_sales (batch_id, row_number)"
COPY_SALES = f"COPY integration.import_sales ({', '.join(SALE_COLUMNS)}) FROM STDIN"

SAY = "INSERT INTO integration.import_records AS r (batch_id, row_number, verdict, order_id, validation_errors)"
SAID = """
ON CONFLICT (batch_id, row_number) DO UPDATE SET verdict = excluded.verdict, order_id = excluded.order_id,
    validation_errors = excluded.validation_errors
"""
# What cannot be booked: an unknown marketplace, a currency without a rate.
UNKNOWN = f"""
{SAY} SELECT s.batch_id, s.row_number, 'error', NULL, jsonb_build_array(
    CASE WHEN p.id IS NULL THEN 'There is no marketplace ' || s.platform
    ELSE 'No exchange rate for ' || s.currency || ' is known; enter one' END)
FROM integration.import_sales s LEFT JOIN core.platforms p ON p.slug = s.platform
WHERE s.batch_id = :batch AND (p.id IS NULL
    OR (s.currency <> 'EUR' AND NOT EXISTS (SELECT 1 FROM core.exchange_rates e WHERE e.currency = s.currency)))
{SAID}"""  # noqa: S608 -- names of ours
# What a second line of the same order is: the same again, or another one under the same number.
TWICE = f"""
WITH twice AS (SELECT platform, number FROM integration.import_sales WHERE batch_id = :batch
    GROUP BY platform, number HAVING count(*) > 1),
lines AS (SELECT s.row_number, first_value(s.row_number) OVER w AS first_row,
        to_jsonb(s) - 'row_number' - 'order_id' AS told, first_value(to_jsonb(s) - 'row_number' - 'order_id') OVER w AS first_told
    FROM integration.import_sales s JOIN twice t ON t.platform = s.platform AND t.number = s.number
    WHERE s.batch_id = :batch WINDOW w AS (PARTITION BY s.platform, s.number ORDER BY s.row_number))
{SAY} SELECT :batch, l.row_number, CASE WHEN l.told = l.first_told THEN 'duplicate' ELSE 'conflict' END, NULL,
    CASE WHEN l.told <> l.first_told THEN jsonb_build_array('Row ' || l.first_row || ' has the same number and other values') END
FROM lines l WHERE l.row_number > l.first_row
{SAID}"""  # noqa: S608 -- names of ours
# What is here already: unchanged, newly paid (changed), or told otherwise (a conflict nobody overwrites silently).
KNOWN = f"""
{SAY} SELECT s.batch_id, s.row_number,
    CASE WHEN o.gross_sale <> s.gross OR o.net_proceeds <> s.net OR o.currency <> s.currency THEN 'conflict'
         WHEN s.paid IS NOT NULL AND NOT o.payout_received THEN 'changed' ELSE 'unchanged' END, o.id,
    CASE WHEN o.gross_sale <> s.gross OR o.net_proceeds <> s.net OR o.currency <> s.currency
        THEN jsonb_build_array('Known with ' || o.gross_sale || ' and a payout of ' || o.net_proceeds || ' ' || o.currency) END
FROM integration.import_sales s JOIN core.platforms p ON p.slug = s.platform
JOIN transactions.orders o ON o.platform_id = p.id AND o.external_id = s.number
WHERE s.batch_id = :batch
{SAID}"""  # noqa: S608 -- names of ours
CHANGED = """
UPDATE integration.import_sales s SET changed = true FROM integration.import_records r
WHERE s.batch_id = :batch AND r.batch_id = :batch AND r.row_number = s.row_number AND r.verdict = 'changed'
"""
# What is not to be applied waits no longer.
OUT = """
DELETE FROM integration.import_sales s USING integration.import_records r
WHERE s.batch_id = :batch AND r.batch_id = :batch AND r.row_number = s.row_number AND r.verdict NOT IN ('new', 'changed')
"""
NEW_PRODUCTS = """
INSERT INTO products.products (id, sku, name, style_code, brand_id, category_id)
SELECT gen_random_uuid(), w.code, w.name, w.style, w.brand, c.id FROM core.categories c, unnest(CAST(:codes AS text[]),
    CAST(:names AS text[]), CAST(:styles AS text[]), CAST(:brands AS uuid[])) AS w(code, name, style, brand)
WHERE c.slug = 'sneakers' ON CONFLICT DO NOTHING
"""
COMPARE = ((UNKNOWN, (OUT,)), (TWICE, (OUT,)), (KNOWN, (CHANGED, OUT)))
"""Each with what follows when it found something."""

SPAN_END = """
SELECT coalesce(max(row_number), :after), count(*) FROM (SELECT row_number FROM {table} WHERE batch_id = :batch
    AND row_number > :after {taken} ORDER BY row_number LIMIT :rows) x
"""
SPAN = "FROM integration.import_sales b WHERE b.batch_id = :batch AND b.row_number > :after AND b.row_number <= :until"
CODES = f"SELECT b.code, min(b.name), min(b.sku) {SPAN} GROUP BY b.code"
SIZES = f"SELECT b.size, b.region, min(b.eu) {SPAN} GROUP BY b.size, b.region"
KNOWN_CODES = """
WITH w AS MATERIALIZED (SELECT code, lower(code) AS low FROM unnest(CAST(:codes AS text[])) AS u(code)),
by_sku AS (SELECT DISTINCT ON (lower(p.sku)) lower(p.sku) AS low, p.id FROM products.products p
    WHERE lower(p.sku) IN (SELECT low FROM w) ORDER BY lower(p.sku), p.sku),
by_style AS (SELECT DISTINCT ON (p.style_code) p.style_code AS code, p.id FROM products.products p
    WHERE p.style_code IN (SELECT code FROM w) ORDER BY p.style_code, p.sku),
by_alias AS (SELECT DISTINCT ON (lower(a.value)) lower(a.value) AS low, a.product_id FROM products.aliases a
    WHERE lower(a.value) IN (SELECT low FROM w) ORDER BY lower(a.value), a.value)
SELECT w.code, coalesce(by_sku.id, by_style.id, by_alias.product_id) FROM w LEFT JOIN by_sku ON by_sku.low = w.low
LEFT JOIN by_style ON by_style.code = w.code LEFT JOIN by_alias ON by_alias.low = w.low
"""
NEW_SIZES = """
INSERT INTO core.sizes (id, value, region, standardized_value)
SELECT gen_random_uuid(), w.value, w.region, w.eu
FROM unnest(CAST(:sizes AS text[]), CAST(:regions AS text[]), CAST(:eu AS numeric[])) AS w(value, region, eu)
ON CONFLICT DO NOTHING
"""
PAYOUTS = f"""
INSERT INTO transactions.payouts (id, platform_id, external_id, paid_at, amount, currency, difference, reconciled)
SELECT gen_random_uuid(), p.id, x.payout, x.paid, 0, x.currency, 0, true
FROM (SELECT b.platform, b.payout, max(b.paid) AS paid, min(b.currency) AS currency {SPAN} AND b.payout IS NOT NULL
    AND b.paid IS NOT NULL GROUP BY b.platform, b.payout) x JOIN core.platforms p ON p.slug = x.platform
ON CONFLICT DO NOTHING
"""  # noqa: S608 -- names of ours
APPLY = """
INSERT INTO transactions.orders (id, platform_id, external_id, stockx_order_number, product_id, size_id,
    import_batch_id, status, product_name, sku, size_label, quantity, currency, exchange_rate, gross_sale, platform_fee,
    payment_fee, shipping_cost, other_fees, fee_source, net_proceeds, expected_payout, buyer_destination_country,
    buyer_destination_city, invoice_number, tracking_number, notes, sold_at, completed_at, payout_received,
    payout_date, payout_id, payout_amount)
SELECT b.order_id, p.id, b.number, CASE WHEN p.slug = 'stockx' THEN b.number END, c.product_id, s.id,
    :batch, 'completed', b.name, b.sku, b.size, b.quantity, b.currency,
    CASE WHEN b.currency = 'EUR' THEN 1 ELSE coalesce((SELECT per_euro FROM core.exchange_rates e
        WHERE e.currency = b.currency ORDER BY abs(e.day - b.sold::date) LIMIT 1), 1) END,
    b.gross, b.fee, b.payment, b.shipping, b.other, 'report', b.net, b.net, b.country, b.city, b.invoice, b.tracking,
    b.notes, b.sold, coalesce(b.paid, b.sold), b.paid IS NOT NULL, b.paid, y.id, CASE WHEN y.id IS NOT NULL THEN b.net END
FROM integration.import_sales b JOIN core.platforms p ON p.slug = b.platform
JOIN unnest(CAST(:codes AS text[]), CAST(:products AS uuid[])) AS c(code, product_id) ON c.code = b.code
JOIN core.sizes s ON s.value = b.size AND s.region = b.region AND s.category_id IS NULL
LEFT JOIN transactions.payouts y ON y.platform_id = p.id AND y.external_id = b.payout
WHERE b.batch_id = :batch AND b.row_number > :after AND b.row_number <= :until AND NOT b.changed
"""
APPLY_REST = f"{APPLY} ON CONFLICT (platform_id, external_id) DO NOTHING"
"""For a span of which somebody else made an order since it was compared."""
PAID_OUT = """
UPDATE transactions.payouts y SET amount = y.amount + s.total
FROM (SELECT payout_id, sum(payout_amount) AS total FROM transactions.orders
    WHERE id BETWEEN :first AND :last AND payout_id IS NOT NULL GROUP BY payout_id) s WHERE s.payout_id = y.id
"""
PAID = f"""
UPDATE transactions.orders o SET payout_received = true, payout_date = b.paid, version = o.version + 1
{SPAN.replace("FROM", "FROM core.platforms p,", 1)} AND b.changed AND p.slug = b.platform AND o.platform_id = p.id
    AND o.external_id = b.number AND NOT o.payout_received
"""  # noqa: S608 -- names of ours
FEED_COLUMNS = (
    "awin_product_id", "merchant_product_id", "merchant_id", "merchant_name", "product_name", "brand_name", "ean",
    "product_gtin", "mpn", "retail_price_cents", "store_price_cents", "rrp_price_cents", "currency", "colour", "size",
    "in_stock", "stock_quantity", "delivery_time", "image_url", "alternate_images", "affiliate_link", "merchant_link",
)  # fmt: skip
FEED = f"""
WITH rows AS (SELECT DISTINCT ON (x.awin_product_id) x.* FROM integration.import_records c
    CROSS JOIN LATERAL jsonb_populate_record(NULL::integration.awin_products, c.processed_data) x
    WHERE c.batch_id = :batch AND c.verdict = 'new' AND c.row_number > :after AND c.row_number <= :until)
INSERT INTO integration.awin_products (id, enrichment_status, feed_import_date, {", ".join(FEED_COLUMNS)})
SELECT gen_random_uuid(), 'pending', now(), {", ".join(FEED_COLUMNS)} FROM rows
ON CONFLICT (awin_product_id) DO UPDATE SET feed_import_date = now(), updated_at = now(),
{", ".join(f"{name} = excluded.{name}" for name in FEED_COLUMNS[1:])}
"""  # noqa: S608 -- names of ours
