"""The full-text index of products' prompts: on SQLite an FTS5 table that triggers keep, on PostgreSQL an index of the products
themselves (migration 0002), so that this table does not exist there."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from main.models.products import Product


class WordsField(models.TextField[str, str]):
    """The indexed text; it knows the lookup `match`."""


@WordsField.register_lookup
class Match(models.Lookup[str]):
    """FTS5's MATCH. Source: sqlite.org/fts5.html, 3 (query syntax)."""

    lookup_name = "match"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return `text MATCH ...`."""
        left, left_given = self.process_lhs(compiler, connection)
        right, right_given = self.process_rhs(compiler, connection)
        return f"{left} MATCH {right}", (*left_given, *right_given)


class ProductWords(models.Model):
    """One row per product, written by triggers alone."""

    product = models.OneToOneField(
        Product, on_delete=models.DO_NOTHING, primary_key=True, db_column="rowid", related_name="words"
    )
    text = WordsField()

    objects: ClassVar[models.Manager[ProductWords]] = models.Manager()

    class Meta:
        managed = False
        db_table = "main_product_fts"

    def __str__(self) -> str:
        return f"words of {self.pk}"
