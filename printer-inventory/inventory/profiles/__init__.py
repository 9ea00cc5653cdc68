"""Vendors as data: one TOML file per maker, each object with its source, and the small engine that reads them."""
