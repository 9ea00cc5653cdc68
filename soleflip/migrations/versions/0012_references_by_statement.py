"""Orders' references to marketplaces, products and sizes are kept by triggers, once per statement.

PostgreSQL's foreign keys look up every row's every reference by itself: three of them took about an eighth of what an import
of ten thousand sales costs. The triggers promise the same: what is referenced is there and is held (FOR KEY SHARE) until the
unit of work ends; a marketplace with orders cannot be deleted; orders outlive their product and size. They raise the same
error under the same names.

Revision: 0012
Follows: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Column of orders, what it names, what happens when that is deleted.
REFERENCES = (
    ("platform_id", "core.platforms", "RESTRICT"),
    ("product_id", "products.products", "SET NULL"),
    ("size_id", "core.sizes", "SET NULL"),
)
RAISE = """RAISE foreign_key_violation USING CONSTRAINT = '{name}', SCHEMA = 'transactions', TABLE = 'orders',
            MESSAGE = 'orders name a row of {table} that is not there', DETAIL = '{column}';"""
# Held in the order of their ids, so that two units of work wait for one another and not each for the other. An array keeps
# the plan, which a session makes once, right for one order and for ten thousand.
LOOK = """
    wanted := ARRAY(SELECT DISTINCT {column} FROM fresh WHERE {column} IS NOT NULL);
    PERFORM FROM {table} WHERE id = ANY (wanted) ORDER BY id FOR KEY SHARE;
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held < cardinality(wanted) THEN
        {refusal}
    END IF;
"""
LOOK_AT_ONE = """
    IF NEW.{column} IS DISTINCT FROM OLD.{column} AND NEW.{column} IS NOT NULL THEN
        PERFORM FROM {table} WHERE id = NEW.{column} FOR KEY SHARE;
        IF NOT FOUND THEN
            {refusal}
        END IF;
    END IF;
"""
GONE = {
    "RESTRICT": """
    IF EXISTS (SELECT FROM transactions.orders WHERE {column} = OLD.id) THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', SCHEMA = 'transactions', TABLE = 'orders',
            MESSAGE = 'orders name this row of {table}', DETAIL = '{column}';
    END IF;
""",
    "SET NULL": """
    UPDATE transactions.orders SET {column} = NULL WHERE {column} = OLD.id;
""",
}


def upgrade():
    """Put triggers in the place of the foreign keys."""
    told = [{"column": column, "table": table, "name": f"fk_orders_{column}"} for column, table, _ in REFERENCES]
    for each in told:
        each["refusal"] = RAISE.format(**each)
    _function("hold_new_references", "".join(LOOK.format(**each) for each in told), "DECLARE wanted uuid[]; held integer;\n")
    _function("hold_changed_references", "".join(LOOK_AT_ONE.format(**each) for each in told))
    for each in told:
        op.drop_constraint(each["name"], "orders", schema="transactions", type_="foreignkey")
    op.execute("CREATE TRIGGER hold_new AFTER INSERT ON transactions.orders REFERENCING NEW TABLE AS fresh"
               " FOR EACH STATEMENT EXECUTE FUNCTION transactions.hold_new_references()")
    op.execute("CREATE TRIGGER hold_changed AFTER UPDATE OF platform_id, product_id, size_id ON transactions.orders"
               " FOR EACH ROW EXECUTE FUNCTION transactions.hold_changed_references()")
    for each, (column, table, action) in zip(told, REFERENCES, strict=True):
        _function(f"release_{column}", GONE[action].format(**each))
        op.execute(f"CREATE TRIGGER release_orders AFTER DELETE ON {table}"
                   f" FOR EACH ROW EXECUTE FUNCTION transactions.release_{column}()")


def _function(name, body, declared=""):
    op.execute(f"CREATE FUNCTION transactions.{name}() RETURNS trigger LANGUAGE plpgsql AS $$\n{declared}BEGIN{body}"
               "    RETURN NULL;\nEND $$")


def downgrade():
    """Put the foreign keys back."""
    op.execute("DROP TRIGGER hold_new ON transactions.orders")
    op.execute("DROP TRIGGER hold_changed ON transactions.orders")
    op.execute("DROP FUNCTION transactions.hold_new_references()")
    op.execute("DROP FUNCTION transactions.hold_changed_references()")
    for column, table, action in REFERENCES:
        op.execute(f"DROP TRIGGER release_orders ON {table}")
        op.execute(f"DROP FUNCTION transactions.release_{column}()")
        schema, _, name = table.partition(".")
        op.create_foreign_key(f"fk_orders_{column}", "orders", name, [column], ["id"], source_schema="transactions",
                              referent_schema=schema, ondelete=action)
