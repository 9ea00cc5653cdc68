"""Rows out of the database and into files, a piece at a time."""
