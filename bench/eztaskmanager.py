"""eztaskmanager's worker on PostgreSQL beside RQ's default worker, both running one no-op management command.

`runs_ratio_to_rq` is runs per second, theirs at their default settings; `runs_ratio_by_cpu` is the same by CPU time of
worker, fork server and children. Rows are counted by SQL afterwards; the workers are processes of their own, this one only asks.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for folder in ("eztaskmanager/demoproject", "eztaskmanager"):
    sys.path.insert(0, str(ROOT / folder))

RUNS, BURST, LINES, ROUNDS = 200, 50, 20_000, 3
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: list[int]) -> float:
    """Return CPU seconds of processes and of the children they have waited for."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def children_of(pid: int) -> list[int]:
    """Return the pids of a process's children."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def site() -> Iterator[Any]:
    """Make a fresh PostgreSQL database with the demo's tables, and connect to it."""
    from localservices import ensure_services, read_services, stop_services

    was_up = bool(read_services(ROOT))
    os.environ.update(ensure_services(ROOT).environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "eztaskmanager.tests.site_settings"
    import django

    django.setup()
    from eztaskmanager.tests.site import Site, connected, migrate, postgres_database, postgres_settings, url_of

    folder = Path(tempfile.mkdtemp())
    try:
        with postgres_database() as name, connected(postgres_settings(name)):
            migrate()
            made = Site(url_of(postgres_settings(name)), folder)
            try:
                yield made
            finally:
                made.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not was_up:
            stop_services(ROOT)


def wait(condition: Callable[[], Any], seconds: float = 120) -> None:
    """Wait for a condition, looking ten times a second."""
    from eztaskmanager.tests.site import wait_for

    wait_for(condition, seconds)


def queue_runs(tasks: list[Any]) -> list[int]:
    """Queue one run of each task, as the admin does; return their ids."""
    from eztaskmanager.services.queues import DatabaseTaskQueueService

    service = DatabaseTaskQueueService()
    return [run.pk for task in tasks if (run := service.add(task)) is not None]


def ours(count: int, pids: list[int]) -> dict[str, float]:
    """Run `count` no-ops with our worker; return runs per second, CPU per run and the median latency."""
    from eztaskmanager.models import LaunchReport
    from eztaskmanager.tests.site import probe

    tasks = [probe(name=f"no-op {number}") for number in range(count)]
    began_cpu, began = cpu_seconds(pids), time.time()
    runs = LaunchReport.objects.filter(pk__in=queue_runs(tasks))
    wait(lambda: not runs.filter(state__in=("queued", "running")).exists())
    rows = list(runs.values_list("state", "pid", "queued_at", "finished_at"))
    assert all(row[0] == "done" for row in rows)
    assert len({row[1] for row in rows}) == count
    spans = [(queued, ended) for _, _, queued, ended in rows if queued and ended]
    assert len(spans) == count
    end = max(ended.timestamp() for _, ended in spans)
    time.sleep(0.3)
    return {
        "per_second": count / (end - began),
        "cpu_per_run": (cpu_seconds(pids) - began_cpu) / count,
        "latency": statistics.median((ended - queued).total_seconds() for queued, ended in spans),
    }


def theirs(count: int, pids: list[int]) -> dict[str, float]:
    """The same with RQ's default worker."""
    import django_rq

    queue = django_rq.get_queue("default")
    # An earlier run that was broken off may have left some.
    before = queue.finished_job_registry.get_job_count(cleanup=False)
    began_cpu, began = cpu_seconds(pids), time.time()
    jobs = [queue.enqueue("eztaskmanager.tests.no_op.run", result_ttl=600) for _ in range(count)]
    wait(lambda: queue.finished_job_registry.get_job_count(cleanup=False) >= before + count)
    for job in jobs:
        job.refresh()  # type: ignore[no-untyped-call]
    ends = [(job.enqueued_at, job.ended_at) for job in jobs if job.enqueued_at and job.ended_at]
    assert len(ends) == count
    assert all(job.get_status() == "finished" for job in jobs)
    end = max(ended.timestamp() for _, ended in ends)
    time.sleep(0.3)
    for job in jobs:
        job.delete()
    return {
        "per_second": count / (end - began),
        "cpu_per_run": (cpu_seconds(pids) - began_cpu) / count,
        "latency": statistics.median((ended - queued).total_seconds() for queued, ended in ends),
    }


def race(made: Any) -> dict[str, float]:
    """Run both workers in turn, round by round; return the medians of the rounds' ratios."""
    worker = made.worker()
    our_pids = [worker.pid, *children_of(worker.pid)]
    rq = made.start("rqworker", "default")
    wait(lambda: "Listening" in made.output())
    ratios: dict[str, list[float]] = {"runs": [], "cpu": [], "burst": [], "per_second": []}
    ours(20, our_pids), theirs(20, [rq.pid])
    for _ in range(ROUNDS):
        mine, his = ours(RUNS, our_pids), theirs(RUNS, [rq.pid])
        ratios["runs"].append(mine["per_second"] / his["per_second"])
        ratios["cpu"].append(his["cpu_per_run"] / mine["cpu_per_run"])
        ratios["per_second"].append(mine["per_second"])
        mine, his = ours(BURST, our_pids), theirs(BURST, [rq.pid])
        ratios["burst"].append(mine["latency"] / his["latency"])
    middle = {name: statistics.median(values) for name, values in ratios.items()}
    return {
        "runs_ratio_to_rq": round(middle["runs"], 2),
        "runs_ratio_by_cpu": round(middle["cpu"], 2),
        "burst_latency_ratio": round(middle["burst"], 3),
        "runs_per_second": round(middle["per_second"], 1),
    }


def log_race() -> dict[str, float]:
    """Store lines through a run of our worker, and by one INSERT per line; return the ratio of rates and the visibility."""
    from eztaskmanager.models import LaunchReport, Log
    from eztaskmanager.services.runs import create_run
    from eztaskmanager.tests.site import ended, probe

    run = create_run(probe("print=warm", "sleep=1", f"lines={LINES}"))
    ended(run, 120)
    stored = run.logs.filter(stream="log").count()
    assert stored == LINES
    times = list(run.logs.filter(stream="log").order_by("id").values_list("timestamp", flat=True))
    assert run.finished_at is not None
    # From the first record to the stored end of the run: everything is in the database by then.
    rate = LINES / (run.finished_at - times[0]).total_seconds()

    report = LaunchReport.objects.create(task=run.task)
    count = 2000
    began = time.perf_counter()
    for number in range(count):
        Log(launch_report=report, level="WARNING", message=f"line {number}").save()
    single = count / (time.perf_counter() - began)
    return {
        "log_ratio_to_insert": round(rate / single, 2),
        "log_rows_per_second": round(rate),
        "log_visible_seconds": round(visibility(), 3),
    }


def visibility() -> float:
    """Return the longest time from a line's own timestamp to its being readable, of twenty lines."""
    from eztaskmanager.services.runs import create_run
    from eztaskmanager.tests.site import ended, probe

    deeds = [word for number in range(20) for word in (f"log={number}", "sleep=0.13")]
    run = create_run(probe(*deeds))
    seen: dict[int, float] = {}
    deadline = time.time() + 30
    while len(seen) < 20 and time.time() < deadline:
        for pk, moment in run.logs.filter(stream="log").values_list("pk", "timestamp"):
            seen.setdefault(pk, time.time() - moment.timestamp())
        time.sleep(0.01)
    assert len(seen) == 20
    ended(run)
    return max(seen.values())


def pages() -> dict[str, int]:
    """Count the queries of the pages, with 1,000 tasks of 20 reports and a log of 100,000 lines."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from eztaskmanager.models import AppCommand, LaunchReport, Log, Task
    from eztaskmanager.running.lines import Line
    from eztaskmanager.running.logwriter import store_lines
    from eztaskmanager.views.access import make_key

    command = AppCommand.objects.get(name="probe")
    tasks = Task.objects.bulk_create(
        Task(name=f"task {number}", command=command, cached_last_invocation_result="ok") for number in range(1000)
    )
    reports = LaunchReport.objects.bulk_create(
        LaunchReport(task=task, invocation_result="ok") for task in tasks for _ in range(20)
    )
    Log.objects.bulk_create(Log(launch_report=report, level="INFO", message="x") for report in reports)
    big = reports[-1]
    now = big.invocation_datetime
    for start in range(0, 100_000, 10_000):
        store_lines([Line(big.pk, now, "INFO", f"line {start + n}", "log") for n in range(10_000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("bench"))
    last = Log.objects.filter(launch_report=big).latest("id").pk

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(address, headers={"host": "localhost"}).status_code == 200
        return len(found)

    poll = f"/eztaskmanager/runs/{big.pk}/lines/?key={make_key(big.pk)}&after={last}"
    return {
        "task_list_queries": queries("/admin/eztaskmanager/task/"),
        "change_page_queries": queries(f"/admin/eztaskmanager/task/{tasks[0].pk}/change/"),
        "idle_poll_queries": queries(poll),
    }


def main() -> None:
    """Measure and print."""
    with site() as made:
        figures: dict[str, float] = {}
        figures |= race(made)
        figures |= log_race()
        made.close()  # a worker would tidy away what the pages are to show
        figures |= pages()
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
