"""`redis_management`: what Printer Inventory keeps in Redis, and clearing its caches."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from inventory.management.operations import OperationsCommand
from inventory.services.operations import caches, queues

ACTIONS = ("status", "clear", "stats", "keys", "test", "info")


class Command(OperationsCommand):
    """Touches only keys that a cache of Printer Inventory would make; the broker's queues are `celery_monitor`'s."""

    help = (
        "Look at Redis. Actions: status, stats (keys, hits, queues; also --list), info (the server's own words), keys, "
        "test (write and read back), clear (delete keys of one cache, or of --cache all)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to look at."""
        super().add_arguments(parser)
        parser.add_argument("--action", choices=ACTIONS, default="status")
        parser.add_argument(
            "--list", action="store_const", const="stats", dest="action", help="the same as --action stats"
        )
        parser.add_argument("--cache", choices=[*caches.names(), "all"], help="one cache; clear wants it named")
        parser.add_argument("--pattern", default="*", help="keys of the cache, with * and ?, without the prefix")
        parser.add_argument("--limit", type=int, default=50, help="most keys listed per cache (50)")
        parser.add_argument("--yes", action="store_true", help="clear without asking")

    def work(self, options: dict[str, Any]) -> None:
        """Do the action."""
        chosen = [options["cache"]] if options["cache"] not in (None, "all") else caches.names()
        actions = {
            "status": self._status,
            "stats": self._stats,
            "info": self._info,
            "keys": self._keys,
            "test": self._test,
            "clear": self._clear,
        }
        actions[options["action"]](chosen, options)

    def _status(self, chosen: list[str], options: dict[str, Any]) -> None:
        took, info = caches.ping(), caches.info(("server", "clients", "memory"))
        facts = {
            "milliseconds": round(took, 2),
            **{name: value for part in info.values() for name, value in part.items()},
        }
        facts["keys"] = {name: caches.count(name) for name in chosen}
        if options["json"]:
            self.dump(facts)
            return
        self.say(f"Redis {facts['redis_version']} answers in {took:.1f} ms; {facts['used_memory_human']} of memory.")
        if facts.get("maxmemory_policy") not in (None, "noeviction"):
            self.say(
                f"Its maxmemory-policy is {facts['maxmemory_policy']}: a broker needs noeviction, or messages may go."
            )
        self.show(("cache", "keys"), facts["keys"].items(), "There are no caches.")

    def _stats(self, chosen: list[str], options: dict[str, Any]) -> None:
        info = caches.info(("memory", "stats"))
        keys, waiting = {name: caches.count(name) for name in chosen}, queues.lengths()
        if options["json"]:
            self.dump({"caches": keys, "queues": waiting, **info})
            return
        self.show(("cache", "keys"), keys.items(), "There are no caches.")
        self.say()
        self.show(("queue", "waiting"), waiting.items(), "There are no queues.")
        self.say()
        self._lines(info)

    def _info(self, chosen: list[str], options: dict[str, Any]) -> None:
        info = caches.info()
        if options["json"]:
            self.dump(info)
        else:
            self._lines(info)

    def _lines(self, info: dict[str, dict[str, Any]]) -> None:
        rows = [(section, name, value) for section, lines in info.items() for name, value in lines.items()]
        self.show(("section", "figure", "value"), rows, "Redis tells nothing.")

    def _keys(self, chosen: list[str], options: dict[str, Any]) -> None:
        found = {name: caches.keys(name, options["pattern"], options["limit"]) for name in chosen}
        if options["json"]:
            self.dump({"keys": found})
            return
        rows = [
            (
                name,
                key["key"],
                key["type"],
                "for ever" if key["seconds"] is None else f"{key['seconds']} s",
                key["bytes"],
            )
            for name, keys in found.items()
            for key in keys
        ]
        self.show(("cache", "key", "type", "lives", "bytes"), rows, "No key matches.")

    def _test(self, chosen: list[str], options: dict[str, Any]) -> None:
        try:
            found = {name: round(caches.round_trip(name), 2) for name in chosen}
        except RuntimeError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.dump({"milliseconds": found})
        else:
            self.show(("cache", "written, read, deleted in ms"), found.items(), "There are no caches.")

    def _clear(self, chosen: list[str], options: dict[str, Any]) -> None:
        if options["cache"] is None:
            raise CommandError(f"Say which: --cache {'|'.join([*caches.names(), 'all'])}.")
        counts = {name: caches.count(name, options["pattern"]) for name in chosen}
        text = ", ".join(f"{count} of cache {name}" for name, count in counts.items())
        rest = "Sessions stay in PostgreSQL: nobody is logged out. " if "sessions" in chosen else ""
        self.confirm(f"Keys will be deleted: {text}. {rest}Other keys in Redis are not touched.", options)
        gone = {name: caches.clear(name, options["pattern"]) for name in chosen}
        if options["json"]:
            self.dump({"deleted": gone})
        else:
            self.say(f"{sum(gone.values())} keys deleted.")
