"""Write down what happened, named `(entity)_(verb)`. The live stream reads these rows; they hold no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from main.models import Event

_NAME: Final = re.compile(r"[a-z]+(_[a-z]+)+")


def record(
    name: str, *, order: int | None = None, entity: int | None = None, actor: str = "", reason: str = "", **payload: Any
) -> Event:
    """Add one event; ValueError for a name that is not `(entity)_(verb)`."""
    event = made(name, order=order, entity=entity, actor=actor, reason=reason, **payload)
    event.save(force_insert=True)
    return event


def record_all(events: Iterable[Event]) -> None:
    """Add events that happened together, in their order, in one statement."""
    Event.objects.bulk_create(events)


def made(
    name: str, *, order: int | None = None, entity: int | None = None, actor: str = "", reason: str = "", **payload: Any
) -> Event:
    """Return an event that is not stored yet, for `record_all`; ValueError for a name that is not `(entity)_(verb)`."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not (entity)_(verb)")
    return Event(name=name, order_id=order, entity_id=entity, actor=actor[:80], reason=reason[:300], payload=payload)
