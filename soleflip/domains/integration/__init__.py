"""StockX, imports, feeds, webhooks out, business intelligence artefacts."""
