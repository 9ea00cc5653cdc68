"""Prices: strategies, auto-listing, repricing, decisions."""
