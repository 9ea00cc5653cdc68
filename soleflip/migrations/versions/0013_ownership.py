"""Pairs change hands: ours become consigned, consigned ones are bought by us; both can be taken back.

A purchase stands on the owner's account beside the amounts entered by hand, and says which pair it is for.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SCHEMA = "transactions"
OLD = ("sale", "return", "correction", "adjustment", "payout")
NEW = (*OLD, "purchase")


def _words(words):
    op.drop_constraint("statementlinekind", "consignment_lines", schema=SCHEMA, type_="check")
    told = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint("statementlinekind", "consignment_lines", f"kind IN ({told})", schema=SCHEMA)


def upgrade():
    _words(NEW)
    kind = sa.Enum(*NEW, name="statementlinekind", native_enum=False, create_constraint=True, length=40)
    op.add_column("consignment_adjustments", sa.Column("kind", kind, server_default="adjustment", nullable=False), schema=SCHEMA)
    item = sa.Column("item_id", sa.Uuid(), sa.ForeignKey("inventory.items.id", ondelete="RESTRICT"))
    op.add_column("consignment_adjustments", item, schema=SCHEMA)
    op.create_index("ix_consignment_adjustments_item_id", "consignment_adjustments", ["item_id"], schema=SCHEMA)
    op.add_column("consigned_pairs", sa.Column("bought_on", sa.Date()), schema=SCHEMA)
    op.add_column("consigned_pairs", sa.Column("before", postgresql.JSONB()), schema=SCHEMA)


def downgrade():
    op.drop_column("consigned_pairs", "before", schema=SCHEMA)
    op.drop_column("consigned_pairs", "bought_on", schema=SCHEMA)
    op.drop_column("consignment_adjustments", "item_id", schema=SCHEMA)
    op.drop_column("consignment_adjustments", "kind", schema=SCHEMA)
    op.execute("ALTER TABLE transactions.consignment_lines DISABLE TRIGGER keep")
    op.execute("UPDATE transactions.consignment_lines SET kind = 'adjustment' WHERE kind = 'purchase'")
    op.execute("ALTER TABLE transactions.consignment_lines ENABLE TRIGGER keep")
    _words(OLD)
