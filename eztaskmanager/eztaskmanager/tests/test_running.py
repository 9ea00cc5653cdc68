"""Real workers, real children: what a command writes, how it ends, how it is stopped."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import django
import pytest
from django.db import connection

from eztaskmanager.models import LaunchReport, Task, TaskCategory
from eztaskmanager.services.context import acting
from eztaskmanager.services.runs import create_run, request_stop
from eztaskmanager.states import Overlap, State
from eztaskmanager.tests.site import Site, ended, probe, task_of, wait_for


def lines(run: LaunchReport) -> list[tuple[str, str, str]]:
    return list(run.logs.order_by("id").values_list("stream", "level", "message"))


def test_a_plain_command_runs_and_everything_it_writes_is_kept_in_order(
    busy_site: Site,
) -> None:
    task = probe("print=one", "log=two", "error=three", "print=four", "log=five")

    run = ended(create_run(task))

    assert (run.state, run.invocation_result, run.exit_code) == ("done", "warnings", 0)
    written = lines(run)
    assert [line for line in written if line[0] != "stderr"] == [
        ("stdout", "INFO", "one"),
        ("log", "WARNING", "two"),
        ("stdout", "INFO", "four"),
        ("log", "WARNING", "five"),
    ]
    assert ("stderr", "INFO", "three") in written
    assert run.peak_memory is not None
    assert run.peak_memory > 10 * 2**20
    assert run.duration is not None
    task.refresh_from_db()
    assert task.status == Task.STATUS_IDLE
    assert task.cached_last_invocation_result == "warnings"
    assert task.cached_last_invocation_n_warnings == 2


@pytest.mark.parametrize(
    ("deed", "state", "result", "code", "signal", "reason"),
    [
        ("exit=0", "done", "ok", 0, None, ""),
        ("exit=3", "failed", "failed", 3, None, "Exit code 3."),
        ("fail=no such file", "failed", "failed", 4, None, "Exit code 4."),
        ("crash=oh", "failed", "failed", 1, None, "Exit code 1."),
        ("hardexit=7", "failed", "failed", 7, None, "left with exit code 7"),
        ("kill=9", "failed", "failed", None, 9, "signal 9 (SIGKILL)"),
        ("kill=11", "failed", "failed", None, 11, "signal 11 (SIGSEGV)"),
    ],
)
def test_every_way_to_end_is_told_apart(
    busy_sqlite: Site,
    deed: str,
    state: str,
    result: str,
    code: int | None,
    signal: int | None,
    reason: str,
) -> None:
    run = create_run(probe("print=before", deed, "print=after"))

    run = ended(run)

    found = (run.state, run.invocation_result, run.exit_code, run.signal)
    assert found == (state, result, code, signal)
    assert reason in run.reason
    messages = [message for _, _, message in lines(run)]
    assert "before" in messages
    assert "after" not in messages
    if deed.startswith(("fail", "crash")):
        assert any("EXCEPTION raised" in message for message in messages)


def test_two_runs_never_share_a_process_or_a_log(
    busy_site: Site, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    runs = [
        create_run(probe(f"touch={pids}", f"log=text {number}")) for number in range(12)
    ]

    for number, run in enumerate(runs):
        assert lines(ended(run)) == [("log", "WARNING", f"text {number}")]
    found = [int(line) for line in pids.read_text().split()]
    assert len(set(found)) == 12
    numbers = [run.pk for run in runs]
    stored = LaunchReport.objects.filter(pk__in=numbers).values_list("pid", flat=True)
    assert set(stored) == set(found)


def test_stop_ends_the_command_and_what_it_started(
    busy_site: Site, tmp_path: Path
) -> None:
    marker = tmp_path / "grandchild"
    run = create_run(probe("print=up", f"spawn={marker}", "sleep=60"))
    wait_for(lambda: marker.exists() and marker.read_text())

    with acting("anna"):
        assert request_stop(run)
    run = ended(run)

    assert (run.state, run.invocation_result) == ("stopped", "stopped")
    assert run.reason == "Stopped by anna."
    grandchild = int(marker.read_text())
    wait_for(lambda: not alive(grandchild))


def test_a_deaf_command_is_killed_after_the_grace(busy_sqlite: Site) -> None:
    run = create_run(probe("deaf", "print=deaf", "sleep=60", stop_grace=1))
    wait_for(lambda: run.logs.filter(message="deaf").exists())

    request_stop(run)
    run = ended(run)

    assert (run.state, run.signal) == (State.STOPPED, 9)


def test_a_run_over_its_time_has_failed(busy_sqlite: Site) -> None:
    run = create_run(probe("sleep=60", timeout=1))

    run = ended(run)

    assert (run.state, run.reason) == ("failed", "It took longer than 1 seconds.")


def test_a_queued_run_is_stopped_without_a_worker(sqlite_site: Site) -> None:
    run = create_run(probe("print=never"))

    assert request_stop(run)
    assert not request_stop(run)

    run.refresh_from_db()
    assert (run.state, run.reason) == ("stopped", "Stopped.")
    run.task.refresh_from_db()
    assert run.task.status == Task.STATUS_IDLE


def test_the_log_shows_inside_a_transaction_and_survives_its_rollback(
    busy_site: Site,
) -> None:
    run = create_run(probe("rollback=gone"))

    wait_for(lambda: run.logs.filter(message="inside: gone").exists())
    run.refresh_from_db()
    if connection.vendor != "sqlite":  # there the command holds the only writer's lock
        assert run.state == State.RUNNING

    ended(run)
    assert run.logs.filter(message="inside: gone").count() == 1
    assert not TaskCategory.objects.filter(name="gone").exists()


def test_bytes_that_are_no_text_do_no_harm(busy_site: Site) -> None:
    run = create_run(probe("raw=6100620aff0d620a", "print=end"))

    run = ended(run)

    assert [message for _, _, message in lines(run)] == ["a\ufffdb", "b", "end"]


def test_a_command_that_is_gone_fails_with_a_reason(busy_sqlite: Site) -> None:
    run = create_run(task_of("eztaskmanager", "no_such_command", []))

    run = ended(run)

    assert run.state == State.FAILED
    assert "no_such_command" in lines(run)[0][2]


def test_wrong_arguments_fail_with_the_parsers_words(busy_sqlite: Site) -> None:
    run = create_run(task_of("eztaskmanager", "test_command", ["only-one"]))

    run = ended(run)

    assert run.state == State.FAILED
    assert "the following arguments are required: arg2" in lines(run)[0][2]


def test_arguments_without_end_fail_their_run_and_hold_up_no_worker(
    busy_sqlite: Site,
) -> None:
    endless = create_run(probe("print=" + "x" * 1_000_000, name="endless"))
    long = create_run(probe("print=" + "x" * 90_000, name="long"))

    assert "arguments are longer than" in ended(endless).reason
    assert ended(long).state == State.DONE


def test_processes_run_the_django_that_the_tests_run(sqlite_site: Site) -> None:
    code = "import django; print('this is', django.__version__)"
    assert sqlite_site.start("shell", "-c", code).wait(60) == 0
    assert f"this is {django.__version__}" in sqlite_site.output()


def test_edits_made_while_it_runs_stay(busy_sqlite: Site) -> None:
    task = probe("print=up", "sleep=1")
    run = create_run(task)
    wait_for(run.logs.exists)

    Task.objects.filter(pk=task.pk).update(name="new name", note="new note")
    ended(run)

    task.refresh_from_db()
    assert (task.name, task.note) == ("new name", "new note")


def test_runs_of_one_task_wait_for_each_other_unless_told_otherwise(
    site: Site,
) -> None:
    serial = probe("print=a", "sleep=0.3")
    parallel = probe("print=b", "sleep=2", overlap=Overlap.ALLOW)
    runs = [create_run(serial) for _ in range(3)]
    together = [create_run(parallel) for _ in range(2)]
    site.worker("--concurrency", "4")
    site.worker("--concurrency", "4")

    done = [ended(run) for run in runs]
    both = [ended(run) for run in together]

    for first, second in itertools.pairwise(done):
        assert first.finished_at is not None
        assert second.started_at is not None
        assert first.finished_at <= second.started_at
    assert both[0].finished_at is not None
    assert both[1].started_at is not None
    assert both[1].started_at < both[0].finished_at


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
