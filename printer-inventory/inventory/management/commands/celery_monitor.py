"""`celery_monitor`: the workers, what they do, and what waits in the queues."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from inventory.management.operations import OperationsCommand
from inventory.services.operations import queues, workers
from inventory.services.operations.workers import Worker

ACTIONS = ("status", "active", "stats", "queues", "workers", "inspect", "purge")


class Command(OperationsCommand):
    """Exit code 1 when the broker is away, or no worker answers where workers were asked for."""

    help = (
        "Look at the Celery workers and queues. Actions: status (all at a glance), active (what is being done), "
        "stats (tasks done), queues, workers, inspect (everything as JSON), purge (throw waiting messages away; no poll "
        "is lost by it)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to look at, and where."""
        super().add_arguments(parser)
        parser.add_argument("--action", choices=ACTIONS, default="status")
        parser.add_argument(
            "--queue", action="append", metavar="NAME", help="only this queue; may be given several times"
        )
        parser.add_argument("--worker", action="append", metavar="NAME", help="only this worker, such as daemon@host")
        parser.add_argument("--limit", type=int, default=20, help="most rows of a table (20)")
        parser.add_argument("--timeout", type=float, default=workers.SECONDS, help="seconds to wait for workers (3)")
        parser.add_argument("--yes", action="store_true", help="purge without asking")

    def work(self, options: dict[str, Any]) -> None:
        """Do the action."""
        chosen = options["queue"] or queues.names()
        if unknown := sorted(set(chosen) - set(queues.names())):
            raise ValueError(f"no queue {', '.join(unknown)}; there are {', '.join(queues.names())}")
        if options["action"] == "purge":
            self._purge(chosen, options)
        elif options["action"] == "queues":
            self._queues(chosen, options)
        else:
            self._workers(chosen, options)

    def _purge(self, chosen: list[str], options: dict[str, Any]) -> None:
        waiting = queues.lengths(chosen)
        text = ", ".join(f"{count} from {name}" for name, count in waiting.items())
        self.confirm(
            f"Waiting messages will be thrown away: {text}. What is due stays due: the next tick polls it.", options
        )
        gone = queues.purge(chosen)
        if options["json"]:
            self.dump({"purged": gone})
        else:
            self.say(f"{sum(gone.values())} messages thrown away.")

    def _queues(self, chosen: list[str], options: dict[str, Any]) -> None:
        waiting = queues.lengths(chosen)
        if options["json"]:
            self.dump({"queues": waiting})
        else:
            self.show(("queue", "waiting"), waiting.items(), "There are no queues.")

    def _workers(self, chosen: list[str], options: dict[str, Any]) -> None:
        action, limit = options["action"], max(options["limit"], 0)
        found = workers.look(options["worker"], options["timeout"])
        if options["queue"]:
            found = [worker for worker in found if set(chosen) & set(worker.queues)]
        if action == "inspect":
            self._inspect(found, chosen, options)
        elif options["json"]:
            self.dump({"workers": [worker.to_json() for worker in found], "queues": queues.lengths(chosen)})
        elif action == "active":
            self._active(found, limit)
        elif action == "stats":
            self._stats(found, limit)
        else:
            self._overview(found, limit)
            if action == "status":
                self.say()
                self.show(("queue", "waiting"), queues.lengths(chosen).items(), "There are no queues.")
                self._advise(found, options)
        if not found:
            raise CommandError(
                f"No worker answered within {options['timeout']:g} s. Start them with ./start_workers.sh, or wait "
                "longer with --timeout."
            )

    def _overview(self, found: list[Worker], limit: int) -> None:
        head = ("worker", "pid", "pool", "at once", "busy", "done", "queues")
        rows = [
            (
                one.name,
                one.pid,
                one.pool,
                one.concurrency,
                len(one.active),
                sum(one.done.values()),
                ", ".join(one.queues),
            )
            for one in found[:limit]
        ]
        self.show(head, rows, "No worker answers.")

    def _active(self, found: list[Worker], limit: int) -> None:
        now = timezone.now().timestamp()
        rows = [
            (worker.name, task["name"], task["args"], _since(task["started"], now), task["id"])
            for worker in found
            for task in worker.active
        ]
        self.show(("worker", "task", "arguments", "for", "id"), rows[:limit], "No task is being worked on.")

    def _stats(self, found: list[Worker], limit: int) -> None:
        done: Counter[str] = Counter()
        for worker in found:
            done.update(worker.done)
        self.show(("task", "done since the workers started"), done.most_common(limit), "No task has been done yet.")

    def _inspect(self, found: list[Worker], chosen: list[str], options: dict[str, Any]) -> None:
        names = [worker.name for worker in found]
        known = workers.registered(names, options["timeout"]) if names else {}
        facts = [{**worker.to_json(), "registered": known.get(worker.name, [])} for worker in found]
        self.dump({"workers": facts, "queues": queues.lengths(chosen)})

    def _advise(self, found: list[Worker], options: dict[str, Any]) -> None:
        missing = workers.unserved(found)
        if missing and not (options["worker"] or options["queue"]):
            self.say(f"\nNobody serves {', '.join(missing)}. See: python manage.py diagnose_daemon")


def _since(started: Any, now: float) -> str:
    """Return how long a task has run; Celery gives seconds since the epoch, older workers a time as text."""
    if isinstance(started, str):
        started = datetime.fromisoformat(started).timestamp()
    return f"{max(now - started, 0):.0f} s" if isinstance(started, int | float) else "waiting"
