"""The old name of sales, answered from orders."""
