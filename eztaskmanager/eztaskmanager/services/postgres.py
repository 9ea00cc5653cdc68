"""The worker's two busiest steps on PostgreSQL, in one statement each.

They do what the portable versions in `runs` and `endings` do; the same tests run on both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connections, router
from django.utils import timezone

from eztaskmanager.models import LaunchReport, Task
from eztaskmanager.services.claim import Claim

CLAIM = """
WITH picked AS (
    SELECT r.id, t.overlap <> 'allow' AS alone
    FROM eztaskmanager_launchreport r JOIN eztaskmanager_task t ON t.id = r.task_id
    WHERE r.state = 'queued' AND r.service = 'Database'
      AND (r.run_after IS NULL OR r.run_after <= %(now)s)
      AND (%(queues)s::text[] IS NULL OR r.queue = ANY(%(queues)s::text[]))
      AND (t.overlap = 'allow' OR NOT EXISTS (
        SELECT 1 FROM eztaskmanager_launchreport o
        WHERE o.task_id = r.task_id AND (o.state = 'running' OR (
            o.state = 'queued' AND o.service = 'Database' AND o.id <> r.id
            AND (o.run_after IS NULL OR o.run_after <= %(now)s)
            AND (o.priority > r.priority OR (o.priority = r.priority AND o.id < r.id))
            AND (%(queues)s::text[] IS NULL OR o.queue = ANY(%(queues)s::text[]))
        ))))
    ORDER BY r.priority DESC, r.id LIMIT %(limit)s
    FOR UPDATE OF r SKIP LOCKED
), claimed AS (
    UPDATE eztaskmanager_launchreport r
    SET state = 'running', worker = %(worker)s, started_at = %(now)s,
        heartbeat_at = %(now)s, invocation_datetime = %(now)s,
        alone = CASE WHEN picked.alone THEN r.task_id END
    FROM picked WHERE r.id = picked.id
    RETURNING r.id, r.task_id, r.argv
), marked AS (
    UPDATE eztaskmanager_task SET status = 'started'
    WHERE id IN (SELECT task_id FROM claimed)
)
SELECT claimed.id, c.app_name, c.name, claimed.argv, t.log_level, t.timeout, t.stop_grace,
       t.id
FROM claimed JOIN eztaskmanager_task t ON t.id = claimed.task_id
JOIN eztaskmanager_appcommand c ON c.id = t.command_id
ORDER BY claimed.id
"""

FINISH = """
WITH ends AS (
    SELECT * FROM jsonb_to_recordset(%(ends)s::jsonb) AS e(
        id bigint, state text, result text, reason text, exit_code int, signal int,
        peak_memory bigint, cpu_seconds float8, counts jsonb, pid int, done bigint,
        total bigint, text text)
)
UPDATE eztaskmanager_launchreport r
SET state = e.state, invocation_result = e.result, reason = e.reason,
    finished_at = %(now)s, exit_code = e.exit_code, signal = e.signal,
    peak_memory = e.peak_memory, cpu_seconds = e.cpu_seconds, level_counts = e.counts,
    pid = e.pid, progress_done = e.done, progress_total = e.total,
    progress_text = e.text, notified = false
FROM ends e
WHERE r.id = e.id AND r.state = 'running' AND r.worker = %(worker)s
RETURNING r.id
"""

REFRESH = """
UPDATE eztaskmanager_task t
SET cached_last_invocation_datetime = newest.invocation_datetime,
    cached_last_invocation_result = newest.invocation_result,
    cached_last_invocation_n_errors =
        coalesce((newest.level_counts->>'ERROR')::int, 0)
        + coalesce((newest.level_counts->>'CRITICAL')::int, 0),
    cached_last_invocation_n_warnings =
        coalesce((newest.level_counts->>'WARNING')::int, 0),
    status = CASE
        WHEN EXISTS (SELECT 1 FROM eztaskmanager_launchreport o
                     WHERE o.task_id = t.id AND o.state = 'running') THEN 'started'
        WHEN EXISTS (SELECT 1 FROM eztaskmanager_launchreport o
                     WHERE o.task_id = t.id AND o.state = 'queued') THEN 'spooled'
        WHEN t.next_due IS NOT NULL OR t.scheduled_job_id > '' THEN 'scheduled'
        ELSE 'idle' END
FROM (
    SELECT DISTINCT ON (task_id) * FROM eztaskmanager_launchreport
    WHERE id = ANY(%(ids)s) ORDER BY task_id, invocation_datetime DESC, id DESC
) newest
WHERE t.id = newest.task_id
RETURNING t.id, t.retries > 0 OR EXISTS (
    SELECT 1 FROM eztaskmanager_tasklink l WHERE l.source_id = t.id)
"""


def _rows(sql: str, values: dict[str, Any]) -> list[Any]:
    connection = connections[router.db_for_write(LaunchReport)]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def claim(worker: str, queues: Sequence[str] | None, limit: int) -> list[Claim]:
    """Take up to `limit` runs; IntegrityError when another worker was quicker."""
    values = {
        "now": timezone.now(),
        "queues": None if queues is None else list(queues),
        "limit": limit,
        "worker": worker,
    }
    claims = []
    for number, app, name, argv, level, timeout, grace, task in _rows(CLAIM, values):
        if isinstance(argv, str):
            argv = json.loads(argv)  # noqa: PLW2901 - Django leaves JSON as text
        if argv is None:
            argv = Task.objects.get(pk=task).command_line  # noqa: PLW2901 - an old row
        claims.append(Claim(number, app, name, argv, level, timeout, grace))
    return claims


def finish(worker: str, ends: list[dict[str, Any]]) -> list[int]:
    """Store ends; return the runs that were still this worker's."""
    values = {"ends": json.dumps(ends), "now": timezone.now(), "worker": worker}
    return [row[0] for row in _rows(FINISH, values)]


def refresh(closed: list[int]) -> set[int]:
    """Repeat ends in their tasks; return the tasks whose runs may be followed by others."""
    return {task for task, follows in _rows(REFRESH, {"ids": closed}) if follows}
