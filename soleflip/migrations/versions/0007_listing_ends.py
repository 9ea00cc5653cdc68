"""How long a listing made by a rule stays, and what then becomes of it.

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("listings", sa.Column("ends_after_days", sa.Integer(), nullable=True), schema="platforms")
    op.add_column("listings", sa.Column("at_end", sa.String(40), nullable=True), schema="platforms")
    op.add_column("listings", sa.Column("rule", sa.String(100), nullable=True), schema="platforms")
    op.create_check_constraint(
        op.f("ck_listings_ends_after_days"), "listings", "ends_after_days BETWEEN 1 AND 365", schema="platforms"
    )
    op.create_check_constraint(
        op.f("ck_listings_at_end"), "listings", "at_end IN ('take_down', 'renew')", schema="platforms"
    )
    op.create_index(
        "ix_listings_expires_at", "listings", ["expires_at"], schema="platforms",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_listings_expires_at", "listings", schema="platforms")
    for name in ("ends_after_days", "at_end", "rule"):
        op.drop_column("listings", name, schema="platforms")
