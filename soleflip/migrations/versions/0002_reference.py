"""Triggers, and the reference data every installation starts with: marketplaces, what they charge, categories, brands.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TRIGGERS = """
CREATE FUNCTION integration.remember_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.price_cents <> OLD.price_cents OR NEW.in_stock <> OLD.in_stock THEN
        INSERT INTO integration.price_history (id, price_source_id, price_cents, in_stock, stock_quantity)
        VALUES (gen_random_uuid(), NEW.id, NEW.price_cents, NEW.in_stock, NEW.stock_quantity);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER remember_price AFTER INSERT OR UPDATE ON integration.price_sources
    FOR EACH ROW EXECUTE FUNCTION integration.remember_price();
CREATE FUNCTION logging.tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('soleflip_events', '');
    RETURN NULL;
END $$;
CREATE TRIGGER tell_event AFTER INSERT ON logging.event_store
    FOR EACH STATEMENT EXECUTE FUNCTION logging.tell_event();
"""

# name, slug, headline percentage, does it deduct fees
PLATFORMS = [
    ("StockX", "stockx", 9.0, True),
    ("eBay", "ebay", 13.25, True),
    ("GOAT", "goat", 9.5, True),
    ("Alias", "alias", 9.5, True),
    ("Kleinanzeigen", "kleinanzeigen", 0, False),
    ("Laced", "laced", None, True),
    ("WTN", "wtn", None, True),
    ("Klekt", "klekt", 0, False),
    ("Manual", "manual", 0, False),
]
# Percentages and amounts as the marketplaces' help pages give them (spec section 6.4); a user overrides them with a row
# of a later day. Columns: slug, currency, level, country, percent, minimum, fixed, payment percent, payment fixed,
# shipping, cash-out percent.
STOCKX_LEVELS = [("1", 9), ("2", 8.5), ("3", 8), ("4", 7.5), ("5", 7)]
STOCKX_MINIMUM = {"EUR": 5, "AUD": 7.5, "CAD": 7, "CHF": 4.5, "HKD": 45, "JPY": 800, "MXN": 100, "NZD": 16, "SGD": 7, "KRW": 7500}
FEES = [
    *[
        ("stockx", currency, level, "", percent, minimum, 0, 3, 0, 4.5 if currency == "EUR" else 0, 0)
        for currency, minimum in STOCKX_MINIMUM.items()
        for level, percent in [("", 9), *STOCKX_LEVELS]
    ],
    *[
        (slug, "USD", level, country, percent, 0, 0, 0, 0, shipping, 2.9)
        for slug in ("goat", "alias")
        for level, percent in (("", 9.5), ("90", 9.5), ("70", 15), ("50", 20), ("0", 25))
        for country, shipping in (("", 12), ("US", 5), ("DE", 12), ("GB", 12), ("FR", 12))
    ],
    ("ebay", "EUR", "", "", 13.25, 0, 0.4, 0, 0, 0, 0),
    ("ebay", "USD", "", "", 13.25, 0, 0.4, 0, 0, 0, 0),
]
BRANDS = [
    ("Nike", "nike"), ("Jordan", "jordan"), ("adidas", "adidas"), ("New Balance", "new-balance"), ("ASICS", "asics"),
    ("Puma", "puma"), ("Converse", "converse"), ("Vans", "vans"), ("Reebok", "reebok"), ("Salomon", "salomon"),
]
CATEGORIES = ["Sneakers", "Footwear", "Apparel", "Accessories", "Collectibles", "Electronics", "Other"]


def upgrade() -> None:
    op.execute(TRIGGERS)
    add = op.get_bind().execute
    for name, slug, percent, deducts in PLATFORMS:
        add(
            sa.text("INSERT INTO core.platforms (name, slug, fee_percentage, supports_fees) VALUES (:n, :s, :p, :d)"
                " ON CONFLICT DO NOTHING"),
            {"n": name, "s": slug, "p": percent, "d": deducts},
        )
    for slug, currency, level, country, percent, minimum, fixed, pay, pay_fixed, shipping, cash_out in FEES:
        add(
            sa.text(
                "INSERT INTO core.fee_schedules (platform_id, currency, seller_level, country, percent, minimum, fixed,"
                " payment_percent, payment_fixed, shipping, cash_out_percent, valid_from, source)"
                " SELECT id, :c, :l, :co, :p, :m, :f, :pp, :pf, :sh, :cash, '2020-01-01', 'published fees'"
                " FROM core.platforms WHERE slug = :s"
            ),
            {
                "s": slug, "c": currency, "l": level, "co": country, "p": percent, "m": minimum, "f": fixed,
                "pp": pay, "pf": pay_fixed, "sh": shipping, "cash": cash_out,
            },
        )
    for name, slug in BRANDS:
        add(sa.text("INSERT INTO core.brands (name, slug) VALUES (:n, :s) ON CONFLICT DO NOTHING"), {"n": name, "s": slug})
    for name in CATEGORIES:
        add(sa.text("INSERT INTO core.categories (name, slug, path) VALUES (:n, :s, :s) ON CONFLICT DO NOTHING"), {"n": name, "s": name.lower()})
    op.execute("INSERT INTO core.business_profile (name) VALUES ('My shop')")
    op.execute("INSERT INTO pricing.controls (id) VALUES (gen_random_uuid())")


def downgrade() -> None:
    op.execute("DROP TRIGGER remember_price ON integration.price_sources; DROP FUNCTION integration.remember_price()")
    op.execute("DROP TRIGGER tell_event ON logging.event_store; DROP FUNCTION logging.tell_event()")
    for table in ("pricing.controls", "core.business_profile", "core.fee_schedules"):
        op.execute(f"DELETE FROM {table}")
