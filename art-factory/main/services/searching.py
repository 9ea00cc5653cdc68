"""The inventory's search language: `red cat tag:x rating:>=4 model:flux fav:yes project:"a b" type:image seed:123 -tag:y`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet

from main.models import CollectionEntry, Product
from main.services.words import containing, without, words_of

_TERM: Final = re.compile(r'(-?)(?:([a-z]{2,12}):)?(?:"([^"]{0,200})"|(\S{1,200}))', re.IGNORECASE)
_COMPARED: Final = re.compile(r"(>=|<=|>|<|)([0-9]{1,18})")
_LOOKUP: Final = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt", "": "exact"}
MOST_TERMS: Final = 20


def search(query: str) -> tuple[QuerySet[Product], list[str]]:
    """Return the products not in the trash that a query finds, newest first, and what of it was not understood.

    A word finds words that begin with it, words in quotes stand next to each other (`words.containing`).
    """
    found = Product.objects.alive()
    odd: list[str] = []
    phrases: list[list[str]] = []
    for number, match in enumerate(_TERM.finditer(query[:500])):
        if number >= MOST_TERMS:
            odd.append(f"only the first {MOST_TERMS} words count")
            break
        minus, key, quoted, bare = match.groups()
        value = quoted if quoted is not None else bare
        if not key and (phrase := words_of(value)):
            if minus:
                found = without(found, phrase)
            else:
                phrases.append(phrase)
            continue
        condition = _condition((key or "").lower(), value)
        if condition is None:
            odd.append(match[0])
        else:
            found = found.exclude(condition) if minus else found.filter(condition)
    return containing(found, phrases), odd


def _condition(key: str, value: str) -> Q | None:
    maker = _KEYS.get(key)
    return maker(value) if maker else None


def _number(field: str) -> Callable[[str], Q | None]:
    def make(value: str) -> Q | None:
        found = _COMPARED.fullmatch(value)
        return Q(**{f"{field}__{_LOOKUP[found[1]]}": int(found[2])}) if found and int(found[2]) < 2**63 else None

    return make


def _day(lookup: str) -> Callable[[str], Q | None]:
    def make(value: str) -> Q | None:
        try:
            return Q(**{f"created_at__date__{lookup}": date.fromisoformat(value)})
        except ValueError:
            return None

    return make


def _text(*fields: str) -> Callable[[str], Q | None]:
    def make(value: str) -> Q | None:
        condition = Q()
        for field in fields:
            condition |= Q(**{f"{field}__icontains": value})
        return condition

    return make


def _yes(**values: Any) -> Callable[[str], Q | None]:
    def make(value: str) -> Q | None:
        return {"yes": Q(**values), "no": ~Q(**values)}.get(value.lower())

    return make


def _collection(value: str) -> Q:
    there = CollectionEntry.objects.filter(collection__name__iexact=value, collection__deleted_at__isnull=True)
    return Q(pk__in=there.values("product_id"))


_KEYS: Final[dict[str, Callable[[str], Q | None]]] = {
    "tag": lambda value: Q(tags__name__iexact=value),
    "rating": _number("rating"),
    "seed": _number("seed"),
    "order": _number("order_item__order_id"),
    "width": _number("width"),
    "height": _number("height"),
    "model": _text("machine_name", "family"),
    "family": _text("family"),
    "provider": _text("provider_name"),
    "project": _text("project__name"),
    "collection": _collection,
    "fav": _yes(is_favorite=True),
    "flagged": _yes(is_flagged=True),
    "type": lambda value: Q(product_type=value.lower()),
    "kind": lambda value: Q(generator_kind=value.lower()),
    "before": _day("lt"),
    "after": _day("gte"),
}
