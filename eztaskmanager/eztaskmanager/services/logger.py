"""Logging for commands: to the run's log in the admin, and to stderr in a terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sized
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser

from eztaskmanager.running.child import Channel

Item = TypeVar("Item")

logger = logging.getLogger(__name__)
LEVELS = {0: logging.ERROR, 1: logging.WARNING, 2: logging.INFO, 3: logging.DEBUG}


def verbosity2loglevel(verbosity: int) -> int:
    """Return the level for `--verbosity`: 0 ERROR, 1 WARNING, 2 INFO, 3 DEBUG."""
    return LEVELS.get(verbosity, logging.WARNING)


class DatabaseLogHandler(logging.Handler):
    """Stores each record as a row of a report, for commands run without a worker."""

    def __init__(self, launch_report_id: int) -> None:
        super().__init__()
        self.launch_report_id = launch_report_id

    def emit(self, record: logging.LogRecord) -> None:
        """Store one record, its traceback included."""
        from eztaskmanager.models import Log

        Log(
            launch_report_id=self.launch_report_id,
            level=record.levelname[:10],
            message=self.format(record).replace("\x00", "\N{REPLACEMENT CHARACTER}"),
        ).save()


class LoggerEnabledCommand(BaseCommand):
    """A command with `self.logger` and `self.progress`.

    In a worker its records go to the run's log. In a terminal they go to stderr. A
    command it calls logs to the same place.
    """

    logger: logging.Logger = None  # type: ignore[assignment]  # set by execute()

    def create_parser(
        self, prog_name: str, subcommand: str, **kwargs: Any
    ) -> CommandParser:
        """Add `--launch_report_id`, which stored crontabs may pass; help leaves it out."""
        import argparse

        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument(
            "--launch_report_id", type=int, nargs="?", help=argparse.SUPPRESS
        )
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run with logging attached; what was attached here is taken off again."""
        report_id = options.pop("launch_report_id", None)
        added = self._handlers(report_id)
        before = logger.level
        logger.setLevel(verbosity2loglevel(int(options.get("verbosity", 1))))
        self.logger = logger
        for handler in added:
            logger.addHandler(handler)
        try:
            return super().execute(*args, **options)
        finally:
            for handler in added:
                logger.removeHandler(handler)
            logger.setLevel(before)

    def _handlers(self, report_id: int | None) -> list[logging.Handler]:
        """Return the handlers that are missing: none in a worker's child."""
        if Channel.current is not None:
            return []
        present = {type(handler) for handler in logger.handlers}
        handlers: list[logging.Handler] = []
        if report_id is not None and DatabaseLogHandler not in present:
            handlers.append(DatabaseLogHandler(report_id))
        if logging.StreamHandler not in present:
            stream = logging.StreamHandler()
            stream.setFormatter(
                logging.Formatter(
                    "%(asctime)s - %(levelname)s - %(message)s", "%m-%d-%Y %H:%M:%S"
                )
            )
            handlers.append(stream)
        return handlers

    def progress(self, done: int, total: int | None = None, text: str = "") -> None:
        """Say how far it is, for the page that watches it; in a terminal, nothing."""
        if Channel.current is not None:
            Channel.current.progress(done, total, text)

    def track(self, items: Iterable[Item], text: str = "") -> Iterator[Item]:
        """Yield items and report progress; the total is known when `len()` works."""
        total = len(items) if isinstance(items, Sized) else None
        for done, item in enumerate(items):
            self.progress(done, total, text)
            yield item
        if total is not None:
            self.progress(total, total, text)
