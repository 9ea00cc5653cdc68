"""The worker's queue, and a key figure per day and level even where there is no target.

Revision: 0003
Follows: 0002
"""

from alembic import op
from procrastinate.schema import SchemaManager  # the queue's own schema, as its locked version ships it

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    """Make the queue's tables; let NULL targets be equal."""
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.drop_constraint("uq_pricing_kpis_kpi_date_aggregation_level_target_id", "pricing_kpis", schema="analytics")
    op.create_unique_constraint(
        "uq_pricing_kpis_kpi_date_aggregation_level_target_id",
        "pricing_kpis",
        ["kpi_date", "aggregation_level", "target_id"],
        schema="analytics",
        postgresql_nulls_not_distinct=True,
    )


def downgrade():
    """Take them away."""
    op.execute(
        """DO $$ DECLARE found record; BEGIN
        FOR found IN SELECT oid::regclass AS name FROM pg_class WHERE relname LIKE 'procrastinate%' AND relkind = 'r' LOOP
            EXECUTE 'DROP TABLE IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
        FOR found IN SELECT oid::regprocedure AS name FROM pg_proc WHERE proname LIKE 'procrastinate%' LOOP
            EXECUTE 'DROP FUNCTION IF EXISTS ' || found.name || ' CASCADE'; END LOOP;
        FOR found IN SELECT oid::regtype AS name FROM pg_type WHERE typname LIKE 'procrastinate%' AND typtype IN ('e', 'c')
            AND typrelid NOT IN (SELECT oid FROM pg_class WHERE relkind <> 'c') LOOP
            EXECUTE 'DROP TYPE IF EXISTS ' || found.name || ' CASCADE'; END LOOP; END $$"""
    )
    op.drop_constraint("uq_pricing_kpis_kpi_date_aggregation_level_target_id", "pricing_kpis", schema="analytics")
    op.create_unique_constraint(
        "uq_pricing_kpis_kpi_date_aggregation_level_target_id",
        "pricing_kpis",
        ["kpi_date", "aggregation_level", "target_id"],
        schema="analytics",
    )
