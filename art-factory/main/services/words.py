"""Full text: products by the words of their prompts (of their titles, where they have no prompt), on either database.

Newest first, without sorting what is found: FTS5 reads its matches by falling row id, so a word that everything contains costs no
more than one that is rare.
"""

from __future__ import annotations

import re
from typing import Final

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from main.models import Product, ProductWords

_WORD: Final = re.compile(r"[^\W_]+")
MOST_WORDS: Final = 20
_VECTOR: Final = (
    "to_tsvector('simple', CASE WHEN main_product.prompt <> '' THEN main_product.prompt ELSE main_product.title END)"
)


def words_of(text: str) -> list[str]:
    """Return a text's words as the index knows them: letters and digits, nothing between."""
    return _WORD.findall(text)[:MOST_WORDS]


def containing(found: QuerySet[Product], phrases: list[list[str]]) -> QuerySet[Product]:
    """Return those that hold each phrase, the last word of each as a beginning; newest first."""
    if not phrases:
        return found.order_by("-id")
    if connection.vendor == "sqlite":
        match = " AND ".join(_fts5(phrase) for phrase in phrases)
        return found.filter(words__text__match=match).order_by("-words__product_id")
    return found.filter(_tsquery(" & ".join(_lexemes(phrase) for phrase in phrases))).order_by("-id")


def without(found: QuerySet[Product], phrase: list[str]) -> QuerySet[Product]:
    """Return those that do not hold a phrase."""
    if connection.vendor == "sqlite":
        return found.exclude(pk__in=ProductWords.objects.filter(text__match=_fts5(phrase)).values("pk"))
    return found.exclude(_tsquery(_lexemes(phrase)))


def _fts5(phrase: list[str]) -> str:
    return f'"{" ".join(phrase)}"*'


def _lexemes(phrase: list[str]) -> str:
    return f"({' <-> '.join(phrase)}:*)"


def _tsquery(query: str) -> RawSQL:
    # Words are letters and digits alone, so nothing of theirs is an operator.
    return RawSQL(f"{_VECTOR} @@ to_tsquery('simple', %s)", [query], output_field=BooleanField())  # noqa: S611 -- the vector is ours, the words are letters and digits alone
