"""Suppliers: their kind by name, and a score of what they are worth."""

from __future__ import annotations

from shared.translation import gettext_noop as _

CATEGORIES = {
    "sneaker_retailers": ("bstn", "solebox", "foot locker", "footlocker", "jd sports", "afew", "sneakersnstuff", "size?",
                          "office", "footpatrol", "end.", "end clothing", "caliroots", "43einhalb", "asphaltgold", "overkill"),
    "direct_brands": ("nike", "adidas", "new balance", "asics", "puma", "converse", "vans", "salomon", "reebok"),
    "luxury_fashion": ("ssense", "farfetch", "mytheresa", "luisaviaroma", "mr porter"),
    "general_retail": ("zalando", "about you", "amazon", "otto", "asos"),
    "specialty_stores": ("skate", "run", "outdoor", "sport"),
}  # fmt: skip
"""Words in a supplier's name, the first category with one of them counts."""
PREFERRED = frozenset({"direct_brands", "sneaker_retailers"})


def category_of(name: str) -> str:
    """Return a supplier's kind by its name; general retail when nothing tells."""
    lowered = name.lower()
    return next(
        (kind for kind, words in CATEGORIES.items() if any(word in lowered for word in words)), "general_retail"
    )


def score(roi: float | None, delivery_days: float | None, return_percent: float, category: str) -> int:
    """Return 0 to 100 by the documents' rule: ROI counts up to 30, quick delivery and few returns up to 10 each, the kind 5."""
    found = 50 + (max(min(roi / 50 * 30, 30.0), -50.0) if roi is not None else 0)
    found += max(10 - delivery_days, 0) if delivery_days is not None else 0
    found += max(10 - return_percent / 10, 0) + (5 if category in PREFERRED else 0)
    return round(max(0.0, min(100.0, found)))


def words(points: int) -> str:
    """Return a score in words."""
    if points >= 80:
        return _("Buy more here")
    if points >= 60:
        return _("Good")
    return _("Watch") if points >= 40 else _("Buy elsewhere")
