"""Store log lines in few statements, on the supervisor's connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, connections, router, transaction

from eztaskmanager.models import LaunchReport, Log
from eztaskmanager.running.lines import Line

COLUMNS = ("launch_report_id", "timestamp", "level", "message", "stream", "logger")
TYPES = ("bigint", "timestamptz", "text", "text", "text", "text")
BATCH = 500


def store_lines(lines: Sequence[Line]) -> None:
    """Insert lines in their order; those of a report that was deleted meanwhile are dropped.

    Raises what the database raises otherwise.
    """
    if not lines:
        return
    try:
        with transaction.atomic(using=router.db_for_write(Log)):
            _insert(lines)
    except IntegrityError:
        wanted = {line.report_id for line in lines}
        there = set(
            LaunchReport.objects.filter(pk__in=wanted).values_list("pk", flat=True)
        )
        if there == wanted:
            raise
        store_lines([line for line in lines if line.report_id in there])


def _insert(lines: Sequence[Line]) -> None:
    connection = connections[router.db_for_write(Log)]
    if connection.vendor == "postgresql":
        quoted = connection.ops.quote_name
        names = ", ".join(quoted(name) for name in COLUMNS)
        arrays = ", ".join(f"%s::{kind}[]" for kind in TYPES)
        table = quoted("eztaskmanager_log")
        values: list[Any] = [
            [line.report_id for line in lines],
            [line.timestamp for line in lines],
            [line.level for line in lines],
            [line.message for line in lines],
            [line.stream for line in lines],
            [line.logger for line in lines],
        ]
        sql = f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608 - our names
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        return
    Log.objects.bulk_create(
        [
            Log(
                launch_report_id=line.report_id,
                timestamp=line.timestamp,
                level=line.level,
                message=line.message,
                stream=line.stream,
                logger=line.logger,
            )
            for line in lines
        ],
        batch_size=BATCH,
    )
