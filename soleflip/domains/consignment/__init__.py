"""Goods of others: owners, their pairs, statements and payments."""
