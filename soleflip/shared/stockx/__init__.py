"""StockX: typed answers, the token and the budget all workers share, the client."""
