"""The auto-listing rules every shop starts with; each is off until somebody has simulated it.

Revision: 0004
Follows: 0003
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RULES = [
    ("Dead stock prevention", 5, {"age_days": 90, "market_trend": ["declining", "stable"]},
     {"pricing_strategy": "clearance", "markup_percent": 8, "expires_in_days": 7}),
    ("Market opportunity", 6, {"market_condition": "bullish", "competitor_gap_percent": 15, "demand_score": 0.7},
     {"pricing_strategy": "aggressive", "markup_percent": 25, "expires_in_days": 7}),
    ("High profit margin", 10, {"min_profit_margin_percent": 25, "age_days": 7, "market_condition": ["bullish", "stable"]},
     {"pricing_strategy": "market_based", "markup_percent": 20, "expires_in_days": 30}),
    ("Quick turnover", 20, {"brand_names": ["Nike", "adidas", "Jordan"], "category": "sneakers",
                            "min_profit_margin_percent": 15, "purchase_price_range": [100, 500]},
     {"pricing_strategy": "competitive", "markup_percent": 18, "expires_in_days": 14}),
    ("Premium", 30, {"min_purchase_price": 500, "age_days": 3, "market_volatility": ["low", "moderate"]},
     {"pricing_strategy": "premium", "markup_percent": 30, "expires_in_days": 45}),
]


def upgrade() -> None:
    for name, priority, conditions, actions in RULES:
        op.get_bind().execute(
            sa.text(
                "INSERT INTO pricing.auto_listing_rules (name, priority, active, conditions, actions)"
                " VALUES (:n, :p, false, CAST(:c AS jsonb), CAST(:a AS jsonb)) ON CONFLICT DO NOTHING"
            ),
            {"n": name, "p": priority, "c": json.dumps(conditions),
             "a": json.dumps({"list_on_platform": "stockx", **actions})},
        )


def downgrade() -> None:
    names = ", ".join(f"'{name}'" for name, *_ in RULES)
    op.execute(f"DELETE FROM pricing.auto_listing_rules WHERE name IN ({names})")
