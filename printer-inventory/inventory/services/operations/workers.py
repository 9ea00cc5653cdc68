"""Celery's workers, as they describe themselves when asked over the broker.

Source: Celery's worker guide, "Inspecting workers". A worker in the middle of a task in a `solo` pool answers late, so silence
within the time given is "no answer", not "dead".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from celery import current_app

from inventory.services.operations import queues

SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker: its name, pool, processes or threads, queues, what it does now, and how many tasks it has done by name."""

    name: str
    pid: int
    pool: str
    concurrency: int
    queues: tuple[str, ...]
    active: tuple[dict[str, Any], ...]
    done: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict."""
        return asdict(self)


def look(only: Sequence[str] | None = None, seconds: float = SECONDS) -> list[Worker]:
    """Return the workers that answer within `seconds`, sorted by name; raise AwayError without a broker."""
    facts = _ask("stats", only, seconds)
    served, busy = (_ask(question, list(facts), seconds) if facts else {} for question in ("active_queues", "active"))
    return [_worker(name, facts[name], served.get(name) or [], busy.get(name) or []) for name in sorted(facts)]


def registered(only: Sequence[str] | None = None, seconds: float = SECONDS) -> dict[str, list[str]]:
    """Return the tasks each worker knows; raise AwayError without a broker."""
    return {name: sorted(map(str, tasks)) for name, tasks in sorted(_ask("registered", only, seconds).items())}


def unserved(found: Sequence[Worker]) -> list[str]:
    """Return our queues that none of the workers serves."""
    served = {queue for worker in found for queue in worker.queues}
    return [name for name in queues.names() if name not in served]


def _ask(question: str, only: Sequence[str] | None, seconds: float) -> dict[str, Any]:
    """Ask the workers in `only`, until all of them have answered, or any, until the time is up."""
    with queues.broker() as connection:
        inspect = current_app.control.inspect(
            destination=list(only) if only else None,
            timeout=seconds,
            limit=len(only) if only else None,
            connection=connection,
        )
        return dict(getattr(inspect, question)() or {})


def _worker(name: str, facts: Mapping[str, Any], served: Sequence[Any], busy: Sequence[Any]) -> Worker:
    pool = facts.get("pool") or {}
    return Worker(
        name=name,
        pid=int(facts.get("pid") or 0),
        pool=str(pool.get("implementation", "")).rpartition(":")[2],
        concurrency=int(pool.get("max-concurrency") or 1),
        queues=tuple(str(queue["name"]) for queue in served),
        active=tuple(
            {"id": task["id"], "name": task["name"], "started": task.get("time_start"), "args": str(task.get("args"))}
            for task in busy
        ),
        done={str(task): int(count) for task, count in (facts.get("total") or {}).items()},
    )
