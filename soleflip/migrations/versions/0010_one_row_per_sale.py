"""An imported sale is one row: its fees, first step and line of a payout stand in the order, and views show them with the rest.

`order_fees`, `order_status_history` and `payout_lines` become views over what is stored (`..._stored`) and what orders tell
themselves. The cells of an imported file are kept some hundred rows together. Fewer indexes on orders: nobody asks for the
orders of a size, and those of an import lie side by side (BRIN).

Revision: 0010
Follows: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STORED = ("order_fees", "order_status_history", "payout_lines")
VIEWS = {
    "order_fees": """
        SELECT order_id, kind, source, label, amount, percentage, currency FROM transactions.order_fees_stored
        UNION ALL
        SELECT o.id, f.kind, o.fee_source, '', f.amount, NULL, o.currency
        FROM transactions.orders o CROSS JOIN LATERAL (VALUES ('transaction', o.platform_fee), ('payment', o.payment_fee),
            ('shipping', o.shipping_cost), ('adjustment', o.other_fees)) AS f(kind, amount)
        WHERE o.fee_source IS NOT NULL AND f.amount <> 0""",
    "order_status_history": """
        SELECT id, order_id, from_status, to_status, at, by_id, source, reason FROM transactions.order_status_history_stored
        UNION ALL
        SELECT o.id, o.id, NULL, 'completed', coalesce(o.completed_at, o.sold_at), NULL, 'import', 'imported'
        FROM transactions.orders o WHERE o.import_batch_id IS NOT NULL""",
    "payout_lines": """
        SELECT id, payout_id, order_id, kind, external_order_id, amount, expected, text FROM transactions.payout_lines_stored
        UNION ALL
        SELECT o.id, o.payout_id, o.id, 'sale', o.external_id, o.payout_amount, o.payout_amount, ''
        FROM transactions.orders o WHERE o.payout_id IS NOT NULL AND o.payout_amount IS NOT NULL""",
}
SOURCES = "fee_source IN ('payout', 'report', 'schedule', 'manual')"
# Where PostgreSQL was built with it, LZ4 costs a fifth of its older compression.
LZ4 = """
DO $$ BEGIN
    ALTER TABLE integration.import_sources ALTER COLUMN cells SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$
"""
BLOCKS = """
INSERT INTO integration.import_sources (batch_id, first_row, numbers, cells)
SELECT batch_id, min(row_number), array_agg(row_number ORDER BY row_number), jsonb_agg(source_data ORDER BY row_number)::text
FROM integration.import_records GROUP BY batch_id, row_number / 500
"""
LISTS = (
    ("ix_orders_newest", ["sold_at", "id"], None),
    ("ix_orders_platform", ["platform_id", "sold_at", "id"], None),
    ("ix_orders_status", ["status", "sold_at", "id"], sa.text("status <> 'completed'")),
)
"""Read backwards for the newest first; sales come in time's order, so they grow at their end. Most orders are completed:
those are found among the newest."""
# Ten thousand rows of one import name the same batch; its row is held while they are made, so the other half of a foreign
# key is enough: a batch that made orders cannot be deleted.
KEEP = """
CREATE FUNCTION integration.keep_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM transactions.orders WHERE import_batch_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'orders were made by this import';
    END IF;
    RETURN OLD;
END $$
"""
IMPORTED = "source = 'import' AND reason = 'imported' AND from_status IS NULL"


def upgrade():
    """Slim what imports write."""
    _files()
    for name in STORED:
        op.rename_table(name, f"{name}_stored", schema="transactions")
    op.add_column("orders", sa.Column("fee_source", sa.String(40)), schema="transactions")
    op.create_check_constraint("feesource", "orders", SOURCES, schema="transactions")
    op.add_column("orders", sa.Column("payout_amount", sa.Numeric(12, 2)), schema="transactions")
    op.execute(f"DELETE FROM transactions.order_status_history_stored WHERE {IMPORTED} AND order_id IN"
               " (SELECT id FROM transactions.orders WHERE import_batch_id IS NOT NULL)")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW transactions.{name} AS {query}")
    op.drop_index("ix_orders_size_id", "orders", schema="transactions")
    op.drop_index("ix_orders_import_batch_id", "orders", schema="transactions")
    op.create_index("ix_orders_import_batch", "orders", ["import_batch_id"], schema="transactions", postgresql_using="brin")
    for name, columns, where in LISTS:
        op.drop_index(name, "orders", schema="transactions")
        op.create_index(name, "orders", columns, schema="transactions", postgresql_where=where)
    op.drop_constraint("fk_orders_import_batch_id", "orders", schema="transactions")
    op.execute(KEEP)
    op.execute("CREATE TRIGGER keep_imports BEFORE DELETE ON integration.import_batches"
               " FOR EACH ROW EXECUTE FUNCTION integration.keep_import()")


def _files():
    op.create_table(
        "import_sources",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("first_row", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("numbers", ARRAY(sa.Integer), nullable=False),
        sa.Column("cells", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["integration.import_batches.id"], name="fk_import_sources_batch_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", "first_row", name="pk_import_sources"),
        schema="integration",
    )
    op.execute(LZ4)
    op.execute(BLOCKS)
    op.alter_column("import_records", "source_data", schema="integration", nullable=True)
    op.execute("DELETE FROM integration.import_records WHERE verdict = 'new' AND processed_data IS NULL")
    op.execute("UPDATE integration.import_records SET source_data = NULL")


def downgrade():
    """Write everything out as rows again."""
    op.execute("DROP TRIGGER keep_imports ON integration.import_batches")
    op.execute("DROP FUNCTION integration.keep_import()")
    op.create_foreign_key(
        "fk_orders_import_batch_id", "orders", "import_batches", ["import_batch_id"], ["id"],
        source_schema="transactions", referent_schema="integration", ondelete="SET NULL",
    )
    for name, columns, _ in LISTS:
        op.drop_index(name, "orders", schema="transactions")
        downwards = [f"{column} DESC" if column in ("sold_at", "id") else column for column in columns]
        op.create_index(name, "orders", [sa.text(column) for column in downwards], schema="transactions")
    op.drop_index("ix_orders_import_batch", "orders", schema="transactions")
    op.create_index("ix_orders_import_batch_id", "orders", ["import_batch_id"], schema="transactions")
    op.create_index("ix_orders_size_id", "orders", ["size_id"], schema="transactions")
    op.execute(
        "INSERT INTO transactions.order_status_history_stored (id, order_id, to_status, at, source, reason)"
        " SELECT gen_random_uuid(), id, 'completed', coalesce(completed_at, sold_at), 'import', 'imported'"
        " FROM transactions.orders WHERE import_batch_id IS NOT NULL"
    )
    op.execute(
        "INSERT INTO transactions.order_fees_stored (id, order_id, kind, source, amount, currency)"
        " SELECT gen_random_uuid(), o.id, f.kind, o.fee_source, f.amount, o.currency FROM transactions.orders o CROSS JOIN LATERAL"
        " (VALUES ('transaction', o.platform_fee), ('payment', o.payment_fee), ('shipping', o.shipping_cost),"
        " ('adjustment', o.other_fees)) AS f(kind, amount) WHERE o.fee_source IS NOT NULL AND f.amount <> 0"
    )
    op.execute(
        "INSERT INTO transactions.payout_lines_stored (id, payout_id, order_id, kind, external_order_id, amount, expected, text)"
        " SELECT gen_random_uuid(), payout_id, id, 'sale', external_id, payout_amount, payout_amount, ''"
        " FROM transactions.orders WHERE payout_id IS NOT NULL AND payout_amount IS NOT NULL"
    )
    for name in VIEWS:
        op.execute(f"DROP VIEW transactions.{name}")
    op.drop_column("orders", "payout_amount", schema="transactions")
    op.drop_column("orders", "fee_source", schema="transactions")
    for name in STORED:
        op.rename_table(f"{name}_stored", name, schema="transactions")
    op.execute(
        "INSERT INTO integration.import_records (batch_id, row_number, source_data)"
        " SELECT s.batch_id, n.number, n.cells FROM integration.import_sources s,"
        " ROWS FROM (unnest(s.numbers), jsonb_array_elements(s.cells::jsonb)) AS n(number, cells)"
        " ON CONFLICT (batch_id, row_number) DO UPDATE SET source_data = excluded.source_data"
        " WHERE import_records.source_data IS NULL"
    )
    op.alter_column("import_records", "source_data", schema="integration", nullable=False, existing_type=JSONB)
    op.drop_table("import_sources", schema="integration")
