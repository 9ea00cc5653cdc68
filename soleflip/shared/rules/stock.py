"""The life of an item: which step may follow which."""

from __future__ import annotations

from shared.database.words import ItemStatus as S

LISTED = frozenset({S.LISTED, S.LISTED_STOCKX, S.LISTED_ALIAS})
ON_HAND = frozenset({S.IN_STOCK, S.RESERVED, *LISTED, S.RETURNED})
"""Statuses of goods that are here and unsold: their money is locked."""
UNSOLD = frozenset({*ON_HAND, S.PREORDER, S.PRESALE, S.INCOMING})
LISTABLE = frozenset({S.IN_STOCK, S.PRESALE, S.PREORDER, *LISTED, S.RETURNED})
SOLD = frozenset({S.SOLD, S.SHIPPED, S.COMPLETED})

_FREE = frozenset({S.IN_STOCK, S.RESERVED, *LISTED, S.SOLD, S.CANCELED, S.LOST, S.ERROR})
STEPS: dict[S, frozenset[S]] = {
    S.PREORDER: frozenset({S.INCOMING, S.IN_STOCK, S.PRESALE, S.CANCELED, S.ERROR}),
    S.PRESALE: frozenset({S.PREORDER, S.INCOMING, S.IN_STOCK, *LISTED, S.SOLD, S.CANCELED, S.ERROR}),
    S.INCOMING: frozenset({S.IN_STOCK, S.PRESALE, *LISTED, S.CANCELED, S.LOST, S.ERROR}),
    S.IN_STOCK: _FREE | {S.PRESALE},
    S.RESERVED: _FREE,
    S.LISTED: _FREE | {S.PRESALE},
    S.LISTED_STOCKX: _FREE | {S.PRESALE},
    S.LISTED_ALIAS: _FREE | {S.PRESALE},
    S.SOLD: frozenset({S.SHIPPED, S.COMPLETED, S.RETURNED, S.IN_STOCK, S.CANCELED, S.LOST, S.ERROR}),
    S.SHIPPED: frozenset({S.COMPLETED, S.RETURNED, S.LOST, S.ERROR}),
    S.COMPLETED: frozenset({S.RETURNED}),
    S.RETURNED: _FREE,
    S.CANCELED: frozenset({S.IN_STOCK, S.INCOMING}),
    S.LOST: frozenset({S.IN_STOCK, S.RETURNED}),
    S.ERROR: _FREE | {S.INCOMING, S.PREORDER, S.PRESALE},
}
"""From each status, the ones that may follow. SOLD to IN_STOCK is a cancelled sale."""


def may_follow(before: S, after: S) -> bool:
    """Say whether a step is allowed; staying is."""
    return before == after or after in STEPS[before]
