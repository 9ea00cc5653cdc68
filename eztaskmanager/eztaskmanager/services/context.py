"""Who asks for what, and why, without a place in the queue services' signatures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from eztaskmanager.states import Trigger


@dataclass(frozen=True)
class Actor:
    """The user's name (empty: the machine) and what triggers a run."""

    user: str = ""
    trigger: Trigger = Trigger.MANUAL


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("eztaskmanager_actor", default=NOBODY)


def current_actor() -> Actor:
    """Return who acts now."""
    return _actor.get()


@contextmanager
def acting(user: object = "", trigger: Trigger = Trigger.MANUAL) -> Iterator[None]:
    """Act as a user (an object with `get_username`, a name, or anything else: unnamed)."""
    if not isinstance(user, str):
        name = getattr(user, "get_username", None)
        user = name() if callable(name) else ""
    token = _actor.set(Actor(str(user)[:150], trigger))
    try:
        yield
    finally:
        _actor.reset(token)
