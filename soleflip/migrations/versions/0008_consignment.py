"""Consignment: terms per pair, accounts of owners, statements that stay as they were issued. Photos that can be put back.

The tables of statements were made by 0001 and never written; they are made anew.

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCHEMA = "transactions"
MONEY, TIME = sa.Numeric(12, 2), sa.DateTime(timezone=True)
FROZEN = """
CREATE FUNCTION transactions.keep_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'consignment_statements'
        AND to_jsonb(NEW) - ARRAY['paid_on', 'paid_amount', 'payment_reference', 'paid_by_id', 'issued_by_id', 'updated_at']
          = to_jsonb(OLD) - ARRAY['paid_on', 'paid_amount', 'payment_reference', 'paid_by_id', 'issued_by_id', 'updated_at']
    THEN RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a statement stays as it was issued' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def choice(name, *words):
    """Return the type of a column of words."""
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def key():
    """Return the key every table has."""
    return sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), primary_key=True)


def stamps():
    """Return the time stamps."""
    return [sa.Column(name, TIME, server_default=sa.text("now()"), nullable=False) for name in ("created_at", "updated_at")]


def link(name, target, ondelete="RESTRICT", nullable=False):
    """Return a column that points at a row."""
    return sa.Column(name, sa.Uuid(), sa.ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


def bearers():
    """Return the columns that say who bears costs."""
    words = ("shop", "consignor", "both")
    return [
        sa.Column("fees_by", choice("fees_by", *words), server_default="both", nullable=False),
        sa.Column("shipping_by", choice("shipping_by", *words), server_default="shop", nullable=False),
    ]


def upgrade():
    op.drop_table("consignment_lines", schema=SCHEMA)
    op.drop_table("consignment_statements", schema=SCHEMA)
    op.create_table(
        "number_ranges", key(), sa.Column("name", sa.String(50), nullable=False),
        sa.Column("last", sa.Integer(), server_default="0", nullable=False), sa.UniqueConstraint("name"), schema=SCHEMA,
    )
    _consignors()
    _pairs()
    _statements()
    _lines()
    op.add_column("orders", sa.Column("consignor_share", MONEY), schema=SCHEMA)
    op.create_check_constraint("not_ours", "items", "consignor_id IS NULL OR purchase_price IS NULL", schema="inventory")
    op.add_column("photos", sa.Column("removed_at", TIME), schema="inventory")
    op.add_column("photos", link("by_id", "auth.users", "SET NULL", nullable=True), schema="inventory")
    op.execute(FROZEN)
    for table in ("consignment_statements", "consignment_lines"):
        op.execute(
            f"CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON transactions.{table}"
            " FOR EACH ROW EXECUTE FUNCTION transactions.keep_statement()"
        )


def _consignors():
    op.drop_constraint("uq_consignors_portal_token_hash", "consignors", schema=SCHEMA, type_="unique")
    op.drop_column("consignors", "portal_token_hash", schema=SCHEMA)
    kinds = choice("consignorkind", "private", "small_business", "business")
    for column in (
        sa.Column("kind", kinds, server_default="private", nullable=False), sa.Column("contact", sa.String(255)),
        sa.Column("phone", sa.String(50)), sa.Column("address", sa.String(500)), sa.Column("vat_number", sa.String(50)),
        sa.Column("iban_encrypted", sa.Text()), sa.Column("iban_shown", sa.String(50)),
        sa.Column("return_after_days", sa.Integer()), *bearers(),
    ):
        op.add_column("consignors", column, schema=SCHEMA)


def _pairs():
    op.create_table(
        "consigned_pairs", key(), link("item_id", "inventory.items"), link("consignor_id", "transactions.consignors"),
        sa.Column("received_on", sa.Date(), nullable=False), sa.Column("return_by", sa.Date()),
        sa.Column("given_back_on", sa.Date()), sa.Column("share_percent", sa.Numeric(7, 3), server_default="80", nullable=False),
        sa.Column("fixed_fee", MONEY, server_default="0", nullable=False),
        sa.Column("minimum_payout", MONEY, server_default="0", nullable=False),
        sa.Column("storage_free_days", sa.Integer(), server_default="90", nullable=False),
        sa.Column("storage_fee_per_day", MONEY, server_default="0", nullable=False), *bearers(), *stamps(),
        sa.CheckConstraint("share_percent BETWEEN 0 AND 100", name="share"), sa.UniqueConstraint("item_id"), schema=SCHEMA,
    )
    op.create_index("ix_consigned_pairs_consignor", "consigned_pairs", ["consignor_id", "received_on"], schema=SCHEMA)


def _statements():
    op.create_table(
        "consignment_statements", key(), link("consignor_id", "transactions.consignors"),
        sa.Column("number", sa.String(50), nullable=False), sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False), sa.Column("opening", MONEY, nullable=False),
        sa.Column("closing", MONEY, nullable=False), sa.Column("currency", sa.String(3), server_default="EUR", nullable=False),
        sa.Column("vat_rate", sa.Numeric(7, 3), server_default="19", nullable=False),
        sa.Column("party", postgresql.JSONB(), nullable=False), sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("issued_at", TIME, server_default=sa.text("now()"), nullable=False),
        link("issued_by_id", "auth.users", "SET NULL", nullable=True), sa.Column("paid_on", sa.Date()),
        sa.Column("paid_amount", MONEY), sa.Column("payment_reference", sa.String(100)),
        link("paid_by_id", "auth.users", "SET NULL", nullable=True), *stamps(), sa.UniqueConstraint("number"),
        sa.UniqueConstraint("consignor_id", "period_until"), sa.CheckConstraint("period_from <= period_until", name="period"),
        schema=SCHEMA,
    )
    op.create_index("ix_consignment_statements_issued", "consignment_statements", ["issued_at", "id"], schema=SCHEMA)
    op.create_table(
        "consignment_adjustments", key(), link("consignor_id", "transactions.consignors"),
        sa.Column("happened_on", sa.Date(), nullable=False), sa.Column("amount", MONEY, nullable=False),
        sa.Column("text", sa.String(255), nullable=False), link("by_id", "auth.users", "SET NULL", nullable=True),
        link("statement_id", "transactions.consignment_statements", nullable=True), sa.Column("removed_at", TIME), *stamps(),
        schema=SCHEMA,
    )
    for column in ("consignor_id", "statement_id"):
        op.create_index(f"ix_consignment_adjustments_{column}", "consignment_adjustments", [column], schema=SCHEMA)


def _lines():
    kinds = choice("statementlinekind", "sale", "return", "correction", "adjustment", "payout")
    parts = [sa.Column(name, MONEY) for name in ("gross", "fees", "shipping", "split", "deductions", "lifted")]
    op.create_table(
        "consignment_lines", key(), link("statement_id", "transactions.consignment_statements"),
        sa.Column("position", sa.Integer(), nullable=False), sa.Column("kind", kinds, nullable=False),
        sa.Column("day", sa.Date(), nullable=False), link("order_id", "transactions.orders", nullable=True),
        link("item_id", "inventory.items", nullable=True), sa.Column("reference", sa.String(200), server_default="", nullable=False),
        sa.Column("text", sa.String(255), nullable=False), *parts, sa.Column("amount", MONEY, nullable=False),
        sa.UniqueConstraint("statement_id", "position"), schema=SCHEMA,
    )
    for column in ("order_id", "item_id"):
        op.create_index(f"ix_consignment_lines_{column}", "consignment_lines", [column], schema=SCHEMA)


def downgrade():
    for table in ("consignment_lines", "consignment_adjustments", "consignment_statements", "consigned_pairs", "number_ranges"):
        op.drop_table(table, schema=SCHEMA)
    op.execute("DROP FUNCTION transactions.keep_statement()")
    op.drop_column("photos", "by_id", schema="inventory")
    op.drop_column("photos", "removed_at", schema="inventory")
    op.drop_constraint("not_ours", "items", schema="inventory", type_="check")
    op.drop_column("orders", "consignor_share", schema=SCHEMA)
    for name in ("shipping_by", "fees_by", "return_after_days", "iban_shown", "iban_encrypted", "vat_number", "address", "phone",
                 "contact", "kind"):
        op.drop_column("consignors", name, schema=SCHEMA)
    op.add_column("consignors", sa.Column("portal_token_hash", sa.String(64)), schema=SCHEMA)
    op.create_unique_constraint("uq_consignors_portal_token_hash", "consignors", ["portal_token_hash"], schema=SCHEMA)
    _old_tables()


def _old_tables():
    op.create_table(
        "consignment_statements", key(), link("consignor_id", "transactions.consignors"),
        sa.Column("number", sa.String(50), nullable=False), sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_until", sa.Date(), nullable=False), sa.Column("total", MONEY, nullable=False),
        sa.Column("currency", sa.String(3), server_default="EUR", nullable=False),
        sa.Column("issued_at", TIME, nullable=False), sa.Column("paid_at", TIME), *stamps(), sa.UniqueConstraint("number"),
        schema=SCHEMA,
    )
    op.create_index("ix_consignment_statements_consignor_id", "consignment_statements", ["consignor_id"], schema=SCHEMA)
    op.create_table(
        "consignment_lines", key(), link("statement_id", "transactions.consignment_statements", "CASCADE"),
        link("order_id", "transactions.orders"), link("item_id", "inventory.items"),
        sa.Column("text", sa.String(255), nullable=False), sa.Column("net_proceeds", MONEY, nullable=False),
        sa.Column("storage_fee", MONEY, server_default="0", nullable=False), sa.Column("amount", MONEY, nullable=False),
        sa.Column("note", sa.String(100)), sa.UniqueConstraint("order_id"), schema=SCHEMA,
    )
    for column in ("statement_id", "item_id"):
        op.create_index(f"ix_consignment_lines_{column}", "consignment_lines", [column], schema=SCHEMA)
