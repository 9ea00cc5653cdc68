"""Drop two indexes of orders that cost every imported row more than they gave.

A marketplace's orders by day are found by `ix_orders_newest`, or by the unique key where they are few; what an import made
is only asked for when the import is deleted, which is rare.

Revision: 0011
Follows: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    """Drop them."""
    op.drop_index("ix_orders_platform", "orders", schema="transactions")
    op.drop_index("ix_orders_import_batch", "orders", schema="transactions")


def downgrade():
    """Make them again."""
    op.create_index("ix_orders_platform", "orders", ["platform_id", "sold_at", "id"], schema="transactions")
    op.create_index("ix_orders_import_batch", "orders", ["import_batch_id"], schema="transactions", postgresql_using="brin")
