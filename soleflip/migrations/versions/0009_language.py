"""A person's language is their browser's until they choose one; nobody could choose before.

Revision: 0009
Follows: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("users", "language", server_default="auto", schema="auth")
    op.execute("UPDATE auth.users SET language = 'auto' WHERE language = 'en'")


def downgrade() -> None:
    op.execute("UPDATE auth.users SET language = 'en' WHERE language = 'auto'")
    op.alter_column("users", "language", server_default="en", schema="auth")
