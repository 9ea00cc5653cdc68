"""Staging that is written once: sales typed and narrow, cells without their columns' names, how far a batch is as a number.

Also fewer indexes on orders: those over columns that are mostly empty leave the empty ones out, and StockX's number needs
none of its own, being the marketplace's.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBERS = ("gross", "fee", "payment", "shipping", "other", "net")
TEXTS = ("platform", "number", "name", "code", "size", "region")
MAYBE = ("sku", "payout", "country", "city", "invoice", "tracking", "notes")
SPARSE = (("listing_id", "ix_orders_listing_id"), ("payout_id", "ix_orders_payout_id"), ("inventory_item_id", "ix_orders_item"))


def upgrade():
    """Make the narrow table, slim the wide one; an import that waits has to be uploaded again."""
    op.add_column("import_batches", sa.Column("header", JSONB, server_default=sa.text("'[]'::jsonb"), nullable=False), schema="integration")
    op.add_column("import_batches", sa.Column("applied_until", sa.Integer, server_default="0", nullable=False), schema="integration")
    op.execute(
        "UPDATE integration.import_batches SET status = 'failed', state = 'failed',"
        " last_error = 'Read by an earlier version; upload the file again'"
        " WHERE status IN ('pending', 'processing', 'retrying') AND NOT validate_only"
    )
    op.drop_index("ix_import_records_verdict", "import_records", schema="integration")
    op.drop_index("ix_import_records_order_id", "import_records", schema="integration")
    op.drop_constraint("fk_import_records_order_id", "import_records", schema="integration")
    op.drop_constraint("pk_import_records", "import_records", schema="integration")
    op.drop_constraint("uq_import_records_batch_id_row_number", "import_records", schema="integration")
    op.drop_column("import_records", "id", schema="integration")
    op.drop_column("import_records", "applied_at", schema="integration")
    op.create_primary_key("pk_import_records", "import_records", ["batch_id", "row_number"], schema="integration")
    op.create_index(
        "ix_import_records_verdict", "import_records", ["batch_id", "verdict"], schema="integration",
        postgresql_where=sa.text("verdict <> 'new'"),
    )
    op.create_table(
        "import_sales",
        sa.Column("batch_id", sa.Uuid, nullable=False),
        sa.Column("row_number", sa.Integer, nullable=False),
        sa.Column("order_id", sa.Uuid, nullable=False),
        sa.Column("changed", sa.Boolean, server_default="false", nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.Numeric(12, 2), nullable=False) for name in NUMBERS),
        *(sa.Column(name, sa.Text) for name in MAYBE),
        sa.Column("eu", sa.Numeric(5, 2)),
        sa.Column("sold", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.DateTime(timezone=True)),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "row_number", name="pk_import_sales"),
        schema="integration",
    )
    for column, name in SPARSE:
        op.drop_index(name, "orders", schema="transactions")
        op.create_index(name, "orders", [column], schema="transactions", postgresql_where=sa.text(f"{column} IS NOT NULL"))
    op.drop_constraint("uq_orders_stockx_order_number", "orders", schema="transactions")
    op.create_check_constraint(
        "stockx_number", "orders", "stockx_order_number = external_id", schema="transactions"
    )


def downgrade():
    """Put the wide form back; what waited is lost, what was imported stays."""
    op.drop_constraint("ck_orders_stockx_number", "orders", schema="transactions")
    op.create_unique_constraint("uq_orders_stockx_order_number", "orders", ["stockx_order_number"], schema="transactions")
    for column, name in SPARSE:
        op.drop_index(name, "orders", schema="transactions")
        op.create_index(name, "orders", [column], schema="transactions")
    op.drop_table("import_sales", schema="integration")
    op.drop_index("ix_import_records_verdict", "import_records", schema="integration")
    op.drop_constraint("pk_import_records", "import_records", schema="integration")
    op.add_column("import_records", sa.Column("applied_at", sa.DateTime(timezone=True)), schema="integration")
    op.add_column(
        "import_records",
        sa.Column("id", sa.Uuid, server_default=sa.text("gen_random_uuid()"), nullable=False), schema="integration",
    )
    op.create_primary_key("pk_import_records", "import_records", ["id"], schema="integration")
    op.create_unique_constraint(
        "uq_import_records_batch_id_row_number", "import_records", ["batch_id", "row_number"], schema="integration"
    )
    op.execute("UPDATE integration.import_records SET order_id = NULL WHERE order_id NOT IN (SELECT id FROM transactions.orders)")
    op.create_foreign_key(
        "fk_import_records_order_id", "import_records", "orders", ["order_id"], ["id"], source_schema="integration",
        referent_schema="transactions", ondelete="SET NULL",
    )
    op.create_index("ix_import_records_order_id", "import_records", ["order_id"], schema="integration")
    op.create_index("ix_import_records_verdict", "import_records", ["batch_id", "verdict"], schema="integration")
    op.drop_column("import_batches", "applied_until", schema="integration")
    op.drop_column("import_batches", "header", schema="integration")
