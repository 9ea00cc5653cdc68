"""What other tools load to work with SoleFlip: Metabase questions, a Budibase app, n8n workflows, made from our own schema.

Plain functions: each returns JSON values. A test runs every query and finds every address in our OpenAPI document.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

VIEWS = ("report_sales_by_month", "report_stock_by_status", "report_brands", "report_payouts")
"""Views of schema `analytics`, made by the migrations."""
DASHBOARDS: dict[str, dict[str, Any]] = {
    "sales": {
        "title": "Sales",
        "questions": [
            {"name": "Profit by month", "display": "bar",
             "sql": "SELECT month, sum(profit) AS profit FROM analytics.report_sales_by_month GROUP BY month ORDER BY month"},
            {"name": "Sales by marketplace", "display": "pie",
             "sql": "SELECT marketplace, sum(sales) AS sales FROM analytics.report_sales_by_month GROUP BY marketplace"},
            {"name": "Best brands", "display": "table",
             "sql": "SELECT brand, sum(sales) AS sales, sum(revenue) AS revenue FROM analytics.report_brands"
                    " GROUP BY brand ORDER BY revenue DESC LIMIT 20"},
        ],
    },
    "stock": {
        "title": "Stock",
        "questions": [
            {"name": "Money in stock", "display": "bar",
             "sql": "SELECT status, value FROM analytics.report_stock_by_status ORDER BY value DESC"},
        ],
    },
    "money": {
        "title": "Payouts",
        "questions": [
            {"name": "Payouts that do not add up", "display": "table",
             "sql": "SELECT * FROM analytics.report_payouts WHERE NOT reconciled ORDER BY day DESC"},
        ],
    },
}  # fmt: skip
CALLS = (
    ("Items", "GET", "/api/v1/inventory/items"),
    ("Orders", "GET", "/api/v1/orders"),
    ("Opportunities", "GET", "/api/v1/quickflip/opportunities"),
    ("Dashboard", "GET", "/api/v1/dashboard/metrics"),
    ("Change item", "PATCH", "/api/v1/inventory/items/{item_id}"),
    ("Pull orders", "POST", "/api/v1/orders/sync-stockx"),
)


def budibase(base_url: str) -> dict[str, Any]:
    """Return a Budibase app: our API as a data source (its key is entered there), two screens and a poll."""
    queries = [
        {"name": name, "queryVerb": method.lower(), "path": path.replace("{", "{{ ").replace("}", " }}"), "api_path": path}
        for name, method, path in CALLS
    ]  # fmt: skip
    return {
        "name": "SoleFlip",
        "datasources": [
            {"name": "SoleFlip API", "type": "REST", "config": {"url": base_url, "defaultHeaders": {
                "Authorization": "Bearer {{ env.SOLEFLIP_KEY }}"}}, "queries": queries},
        ],
        "screens": [{"route": "/", "title": "Dashboard", "query": "Dashboard"},
                    {"route": "/quickflip", "title": "Opportunities", "query": "Opportunities"}],
        "automations": [{"name": "New opportunities", "cron": "*/30 * * * *", "query": "Opportunities"}],
    }  # fmt: skip


def check_budibase(app: dict[str, Any], paths: dict[str, Any]) -> list[str]:
    """Return what is wrong with an app: addresses we do not serve, screens without a query."""
    queries = [query for source in _objects(app.get("datasources")) for query in _objects(source.get("queries"))]
    wrong = [
        f"{query.get('queryVerb')} {query.get('api_path')} is not served"[:200]
        for query in queries
        if str(query.get("queryVerb")) not in paths.get(str(query.get("api_path")), {})
    ]
    names = {str(query.get("name")) for query in queries}
    for part in ("screens", "automations"):
        wrong += [
            f"{part}: a query is missing" for each in _objects(app.get(part)) if str(each.get("query")) not in names
        ]
    return wrong if names else [*wrong, "there is no data source with queries"]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def n8n(base_url: str) -> dict[str, Any]:
    """Return an n8n workflow: every morning it pulls StockX's orders and asks for the figures."""
    trigger = {"id": "1", "name": "Every morning", "type": "n8n-nodes-base.scheduleTrigger", "typeVersion": 1,
               "position": [0, 0], "parameters": {"rule": {"interval": [{"field": "cronExpression",
                                                                       "expression": "0 7 * * *"}]}}}  # fmt: skip
    nodes, names = [trigger], ["Every morning"]
    for index, (name, method, path) in enumerate((CALLS[5], CALLS[3]), 2):
        nodes.append(
            {"id": str(index), "name": name, "type": "n8n-nodes-base.httpRequest", "typeVersion": 4,
             "position": [220 * index, 0], "parameters": {"method": method, "url": f"{base_url}{path}",
             "authentication": "genericCredentialType", "genericAuthType": "httpHeaderAuth"}}
        )  # fmt: skip
        names.append(name)
    links = {before: {"main": [[{"node": after, "type": "main", "index": 0}]]} for before, after in pairwise(names)}
    return {"name": "SoleFlip, every morning", "nodes": nodes, "connections": links, "active": False}
