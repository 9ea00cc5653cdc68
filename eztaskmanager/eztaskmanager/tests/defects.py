"""The original's defects, the tests that hold each, and how to switch a fix off.

    python -m eztaskmanager.tests.defects [NUMBER...]

switches fixes off one at a time, in a copy, and runs the tests that must then fail. Its
last line counts them; the exit code is 1 when a test stays green. `test_defects` sees to
it that the table is complete and fits the code.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "eztaskmanager"
LEFT_OUT = 23  # Django 6 asks for Python 3.12


@dataclass(frozen=True)
class Switch:
    """A fix switched off: in a file of the package, this text becomes that."""

    file: str
    text: str
    instead: str


@dataclass(frozen=True)
class Defect:
    """What was wrong, under its number; `tests` are `file: words of the test's name`."""

    number: int
    what: str
    tests: tuple[str, ...]
    off: Switch | None = None


DEFECTS = (
    Defect(
        1,
        "a command that is not a LoggerEnabledCommand always fails",
        ("test_running: a_plain_command_runs_and_everything_it_writes_is_kept",),
        Switch("running/child.py", "if _knows_report(parser):", "if True:"),
    ),
    Defect(
        2,
        "what a command prints is lost",
        ("test_running: a_plain_command_runs_and_everything_it_writes_is_kept",),
        Switch("running/run.py", "self.recorder.add(line, stream)", "pass"),
    ),
    Defect(
        3,
        "the log of one task lands on another's report",
        (
            "test_running: two_runs_never_share_a_process_or_a_log",
            "test_services: without_a_worker_records_go_to_the_report",
        ),
        Switch("services/logger.py", "logger.removeHandler(handler)", "pass"),
    ),
    Defect(
        4,
        "sys.exit and kills leave a task started for ever",
        (
            "test_running: every_way_to_end_is_told_apart",
            "test_kills: twenty_kills_leave_no_run_open_and_none_doubled",
            "test_services: a_message_that_comes_twice_runs_once",
        ),
        Switch("running/child.py", "return _exit_code(stop)", "return 0"),
    ),
    Defect(
        5,
        "stop does not stop",
        (
            "test_running: stop_ends_the_command_and_what_it_started",
            "test_running: a_deaf_command_is_killed_after_the_grace",
        ),
        Switch("running/run.py", "os.killpg(self.pid, number)", "pass"),
    ),
    Defect(
        6,
        "the end of a run reverts what was edited meanwhile",
        (
            "test_running: edits_made_while_it_runs_stay",
            "test_models: cache_repeats_the_newest_report_and_nothing_else",
        ),
        Switch("models/task.py", "self.save(update_fields=changed)", "self.save()"),
    ),
    Defect(
        7,
        "a past date blocks a run by hand, and an interval cannot be started again",
        ("test_scheduler: past_times_restart_where_they_repeat",),
        Switch(
            "services/queues.py",
            "            moment = arm(task)\n",
            "            moment = arm(task, task.scheduling)\n",
        ),
    ),
    Defect(
        8,
        "drift, clock changes, months of thirty days",
        (
            "test_schedule: months_keep_their_day_and_their_hour",
            "test_schedule: twenty_years_of_fires_none_missing_none_doubled",
            "test_scheduler: rows_for_every_clock_change_of_twenty_years",
            "test_queues: an_interval_of_rq_scheduler_is_moved_back_to_the_plan",
        ),
        Switch(
            "schedule/plan.py",
            '"hour": timedelta(hours=1)}',
            '"hour": timedelta(hours=1), "month": timedelta(days=30)}',
        ),
    ),
    Defect(
        9,
        "a rate without a period is taken, and fails later",
        ("test_admin: what_cannot_work_is_refused_on_save",),
        Switch(
            "forms/task.py",
            "if bool(task.repetition_period) != bool(task.repetition_rate):",
            "if False:",
        ),
    ),
    Defect(
        10,
        "a trailing comma is an IndexError before any report",
        ("test_models: comma_syntax_reads_as_ever_and_forgives_empty_pieces",),
        Switch("arguments.py", "        if words:", "        if True:"),
    ),
    Defect(
        11,
        "strangers read logs, those who only view start tasks",
        ("test_admin: those_who_only_view_neither_run_nor_stop_nor_read",),
        Switch(
            "admin/__init__.py",
            "if user is not None and not may(user, action, task):",
            "if False:",
        ),
    ),
    Defect(
        12,
        "texts are shown as HTML, and braces break the list",
        ("test_admin: hostile_texts_are_shown_as_text",),
        Switch(
            "admin/__init__.py",
            """'<span class="ez-name" title="{}">{}</span>', note, obj.name""",
            """f'<span class="ez-name" title="{note}">{{}}</span>', obj.name""",
        ),
    ),
    Defect(
        13,
        "one refused task stops a bulk launch",
        ("test_admin: one_refused_task_does_not_stop_the_others",),
        Switch(
            "admin/__init__.py", "self._complain(request, task, str(error))", "raise"
        ),
    ),
    Defect(
        14,
        "a category in use cannot be deleted",
        ("test_models: a_category_in_use_can_be_deleted",),
        Switch(
            "models/task.py",
            "on_delete=models.SET_NULL",
            "on_delete=models.DO_NOTHING",
        ),
    ),
    Defect(
        15,
        "ok is never told, failure means all, Slack raises, the subject is a template",
        (
            "test_notifications: levels",
            "test_notifications: one_that_breaks_stops_no_other_and_is_recorded",
            "test_notifications: wrong_handlers_are_told_by_check",
            "test_notifications: mail_has_a_real_subject_the_reason_and_a_link",
            "test_notifications: slack_gets_four_blocks_within_its_limits",
        ),
        Switch(
            "services/notifications.py",
            "or (result == 0 and not self._tells_ok)",
            "or result == 0",
        ),
    ),
    Defect(
        16,
        "206 queries for a list, 110 for a page",
        ("test_admin: pages_ask_the_database_a_bounded_number_of_times",),
        Switch(
            "admin/__init__.py",
            'list_select_related = ("command", "category")',
            "list_select_related = ()",
        ),
    ),
    Defect(
        17,
        "each poll reads the whole log",
        ("test_viewers: a_poll_with_nothing_new_asks_twice_and_needs_no_session",),
        Switch("services/logs.py", "lines.filter(id__gt=after)[:PAGE]", "lines[:PAGE]"),
    ),
    Defect(
        18,
        "reports and logs go at each launch, failures and open runs too",
        (
            "test_models: pruning_keeps_the_newest_and_what_is_open",
            "test_housekeeping: the_newest_stay_open_ones_stay",
            "test_services: kept_failures_do_not_keep_others_from_being_tidied",
        ),
        Switch(
            "services/housekeeping.py",
            "ranked.exclude(state__in=OPEN_STATES).exclude(",
            "ranked.exclude(",
        ),
    ),
    Defect(
        19,
        "an INSERT per line, inside the command's transaction",
        ("test_running: the_log_shows_inside_a_transaction_and_survives_its_rollback",),
    ),
    Defect(
        20,
        "what the broker loses is scheduled and never runs",
        (
            "test_scheduler: a_due_time_gives_one_run_however_often_one_looks",
            "test_scheduler: an_earlier_value_of_next_due_makes_no_second_run",
        ),
        Switch(
            "services/scheduler.py",
            "if created and not refused:",
            "if not refused:",
        ),
    ),
    Defect(
        21,
        "Celery is dead code",
        (
            "test_queues: celery_runs_each_in_a_child_and_fires_schedules",
            "test_services: a_message_that_comes_twice_runs_once",
        ),
        Switch("services/launching.py", 'if service == "Celery":', "if False:"),
    ),
    Defect(
        22,
        "vanished commands stay, and --excludecore drops what only begins alike",
        ("test_api: collecting_is_repeatable_and_notes_what_is_gone",),
        Switch(
            "management/commands/collectcommands.py",
            'CORE = "django."',
            'CORE = "django"',
        ),
    ),
    Defect(
        24,
        "a queue hears of a run before it is committed",
        ("test_queues: a_queue_hears_of_a_run_only_once_it_is_committed",),
        Switch("services/queues.py", "    if not blocks:", "    if True:"),
    ),
    Defect(
        25,
        "a bundle of old libraries, and JSON for everybody",
        (
            "test_browser: run_by_form_watch_stop_and_see_why",
            "test_viewers: keys_open_one_log_for_two_minutes",
        ),
        Switch(
            "views/access.py",
            "    return signed == str(report_id)",
            "    return True",
        ),
    ),
)


def switch_off(defect: Defect, package: Path) -> None:
    """Take one fix out of a copy of the package; ValueError when the code has changed."""
    if defect.off is None:
        raise ValueError(f"defect {defect.number} has no switch")
    file = package / defect.off.file
    before = file.read_text(encoding="utf-8")
    if before.count(defect.off.text) != 1:
        raise ValueError(f"{defect.off.file} does not hold once: {defect.off.text}")
    file.write_text(before.replace(defect.off.text, defect.off.instead))


def goes_red(defect: Defect) -> str:
    """Run the fast tests of a defect without its fix; return those that failed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "eztaskmanager"
        ignored = shutil.ignore_patterns("*.sqlite3*", "_build", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=ignored)
        switch_off(defect, copy / "eztaskmanager")
        files = {test.partition(":")[0] for test in defect.tests}
        names = " or ".join(test.partition(": ")[2] for test in defect.tests)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"),
                *("-p", "no:cacheprovider", "-m", "not slow", "-k", names, "-x"),
                *(f"eztaskmanager/tests/{file}.py" for file in sorted(files)),
            ],
            cwd=copy,
            env={**os.environ, "LOCALSERVICES_ROOT": str(ROOT.parent)},
            capture_output=True,
            text=True,
            check=False,
        )
    failed = [
        line.partition("::")[2].partition(" ")[0]
        for line in done.stdout.splitlines()
        if line.startswith("FAILED")
    ]
    return ", ".join(failed)


def main(numbers: list[str]) -> int:
    """Switch off the fixes that are named, or all that have a switch."""
    chosen = [
        defect
        for defect in DEFECTS
        if defect.off and (not numbers or str(defect.number) in numbers)
    ]
    red = 0
    for defect in chosen:
        failed = goes_red(defect)
        red += bool(failed)
        verdict = f"red: {failed}" if failed else "STAYS GREEN"
        sys.stdout.write(f"{defect.number:>3}  {defect.what}: {verdict}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{red} of {len(chosen)} red without their fix\n")
    return int(red < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
