"""The catalogue: products, sizes, brands, enrichment."""
