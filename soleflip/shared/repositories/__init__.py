"""Base of every repository, and the queries domains share."""
