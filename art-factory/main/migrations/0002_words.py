"""The full-text index: an FTS5 table with triggers on SQLite, an expression index on PostgreSQL.

A later migration that makes SQLite build `main_product` anew drops its triggers; it has to call `make` again
(`test_the_index_follows_every_change` fails otherwise).
"""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import main.models.words

TEXT = "CASE WHEN {0}prompt <> '' THEN {0}prompt ELSE {0}title END"
SQLITE = [
    """CREATE VIRTUAL TABLE main_product_fts USING fts5(text, tokenize='unicode61 remove_diacritics 2', prefix='2 3')""",
    f"""CREATE TRIGGER main_product_fts_insert AFTER INSERT ON main_product BEGIN
        INSERT INTO main_product_fts(rowid, text) VALUES (new.id, {TEXT.format("new.")}); END""",
    f"""CREATE TRIGGER main_product_fts_update AFTER UPDATE OF prompt, title ON main_product BEGIN
        UPDATE main_product_fts SET text = {TEXT.format("new.")} WHERE rowid = new.id; END""",
    """CREATE TRIGGER main_product_fts_delete AFTER DELETE ON main_product BEGIN
        DELETE FROM main_product_fts WHERE rowid = old.id; END""",
    f"INSERT INTO main_product_fts(rowid, text) SELECT id, {TEXT.format('')} FROM main_product",
]
SQLITE_AWAY = [
    "DROP TRIGGER IF EXISTS main_product_fts_insert",
    "DROP TRIGGER IF EXISTS main_product_fts_update",
    "DROP TRIGGER IF EXISTS main_product_fts_delete",
    "DROP TABLE IF EXISTS main_product_fts",
]
POSTGRES = [f"CREATE INDEX product_words ON main_product USING gin (to_tsvector('simple', {TEXT.format('')}))"]
POSTGRES_AWAY = ["DROP INDEX IF EXISTS product_words"]


def make(_apps: Any, editor: Any) -> None:
    """Build the index anew."""
    away(_apps, editor)
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRES:
        editor.execute(statement, params=None)


def away(_apps: Any, editor: Any) -> None:
    """Take the index away."""
    for statement in SQLITE_AWAY if editor.connection.vendor == "sqlite" else POSTGRES_AWAY:
        editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("main", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="ProductWords",
            fields=[
                (
                    "product",
                    models.OneToOneField(
                        db_column="rowid",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="main.product",
                    ),
                ),
                ("text", main.models.words.WordsField()),
            ],
            options={"db_table": "main_product_fts", "managed": False},
        ),
        migrations.RunPython(make, away),
    ]
