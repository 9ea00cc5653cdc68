"""Views for reporting tools: always current, in euros, one row per thing a chart shows.

Revision: 0006
Follows: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

VIEWS = {
    "report_sales_by_month": """
        SELECT date_trunc('month', o.sold_at)::date AS month, p.slug AS marketplace, count(*) AS sales,
            sum(o.gross_sale / o.exchange_rate) AS revenue, sum(o.net_proceeds / o.exchange_rate) AS proceeds,
            sum(o.net_profit) AS profit, sum(o.vat_due) AS vat
        FROM transactions.orders o JOIN core.platforms p ON p.id = o.platform_id
        WHERE o.status NOT IN ('cancelled', 'returned', 'failed_authentication') GROUP BY 1, 2""",
    "report_stock_by_status": """
        SELECT i.status, count(*) AS items, sum(i.quantity) AS pieces,
            sum((i.purchase_price + i.landed_costs) * i.quantity) AS value
        FROM inventory.items i WHERE i.archived_at IS NULL GROUP BY i.status""",
    "report_brands": """
        SELECT b.name AS brand, date_trunc('month', o.sold_at)::date AS month, count(*) AS sales,
            sum(o.gross_sale / o.exchange_rate) AS revenue, avg(o.gross_sale / o.exchange_rate) AS average_price
        FROM transactions.orders o JOIN products.products p ON p.id = o.product_id JOIN core.brands b ON b.id = p.brand_id
        WHERE o.status NOT IN ('cancelled', 'returned', 'failed_authentication') GROUP BY 1, 2""",
    "report_payouts": """
        SELECT y.paid_at::date AS day, p.slug AS marketplace, y.external_id AS payout, y.amount, y.difference, y.reconciled
        FROM transactions.payouts y JOIN core.platforms p ON p.id = y.platform_id""",
}


def upgrade():
    """Make them."""
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW analytics.{name} AS {query}")


def downgrade():
    """Take them away."""
    for name in reversed(VIEWS):
        op.execute(f"DROP VIEW analytics.{name}")
