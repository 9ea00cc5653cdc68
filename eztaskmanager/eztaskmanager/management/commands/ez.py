"""`manage.py ez`: what the admin's buttons do, in a terminal."""

from __future__ import annotations

import getpass
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from eztaskmanager.models import LaunchReport, Log, Task
from eztaskmanager.services.context import acting
from eztaskmanager.services.delivery import send_test
from eztaskmanager.services.queues import TaskQueueException, get_task_service
from eztaskmanager.services.runs import request_stop
from eztaskmanager.services.transfer import TransferError, export_tasks, import_tasks
from eztaskmanager.states import OPEN_STATES, State, Trigger

FOLLOW_SECONDS = 0.5


def find_task(text: str) -> Task:
    """Return a task by its number or its name; CommandError when that is not one."""
    by = {"pk": int(text)} if text.isascii() and text.isdigit() else {"name": text}
    found = list(Task.objects.filter(**by)[:2])
    if len(found) != 1:
        what = "is no task" if not found else "names several tasks; use a number"
        raise CommandError(f"“{text}” {what}.")
    return found[0]


class Command(BaseCommand):
    """One subcommand per deed."""

    help = "Run, stop and watch tasks, start schedules, move tasks between projects."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        deeds = parser.add_subparsers(dest="deed", required=True)
        run = deeds.add_parser("run", help="Queue one run of a task")
        run.add_argument("task", help="Number or name")
        run.add_argument(
            "--wait", action="store_true", help="Show its log; end as it ends"
        )
        stop = deeds.add_parser("stop", help="Stop a run")
        stop.add_argument("run", type=int)
        ps = deeds.add_parser("ps", help="List runs that are open, or the newest ones")
        ps.add_argument("--all", action="store_true", help="Ended ones too")
        log = deeds.add_parser("logs", help="Print a run's log")
        log.add_argument("run", type=int)
        log.add_argument("-f", "--follow", action="store_true", help="Until it ends")
        schedule = deeds.add_parser("schedule", help="Start or end a task's schedule")
        schedule.add_argument("task", help="Number or name")
        schedule.add_argument("--off", action="store_true", help="End it")
        notify = deeds.add_parser("notify", help="Send a test notification")
        notify.add_argument("handler", nargs="?", help="Its name; without: list them")
        deeds.add_parser("export", help="Print all tasks as JSON")
        load = deeds.add_parser("import", help="Make or change tasks from JSON")
        load.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the deed as the person at the terminal."""
        deed = getattr(self, f"do_{options['deed']}")
        try:
            with acting(getpass.getuser(), Trigger.COMMAND):
                deed(options)
        except (TaskQueueException, TransferError) as error:
            raise CommandError(str(error)) from error

    def do_run(self, options: dict[str, Any]) -> None:
        """Queue a run; with --wait, follow it."""
        run = get_task_service().run_now(find_task(options["task"]))
        self.stdout.write(f"Run {run.pk} is queued.")
        if not options["wait"]:
            return
        self.follow(run)
        if run.state != State.DONE:
            raise CommandError(
                f"Run {run.pk} {run.state}: {run.reason}", returncode=run.exit_code or 1
            )

    def do_stop(self, options: dict[str, Any]) -> None:
        """Ask a run to stop."""
        if not request_stop(self.find_run(options["run"])):
            raise CommandError(f"Run {options['run']} has ended.")
        self.stdout.write(f"Run {options['run']} is asked to stop.")

    def do_ps(self, options: dict[str, Any]) -> None:
        """List runs."""
        runs = LaunchReport.objects.select_related("task").order_by("-id")
        if not options["all"]:
            runs = runs.filter(state__in=OPEN_STATES)
        for run in runs[:50]:
            took = f"{run.duration.total_seconds():.1f} s" if run.duration else "-"
            row = (
                f"{run.pk:>8}  {run.state:<8} {took:>10}  {run.task.name}  {run.reason}"
            )
            self.stdout.write(row.rstrip())

    def do_logs(self, options: dict[str, Any]) -> None:
        """Print a log."""
        run = self.find_run(options["run"])
        if options["follow"]:
            self.follow(run)
        else:
            self.print_after(run, 0)

    def do_schedule(self, options: dict[str, Any]) -> None:
        """Start or end a schedule."""
        task = find_task(options["task"])
        service = get_task_service()
        if options["off"]:
            service.remove(task)
            self.stdout.write(f"{task.name} is no longer scheduled.")
            return
        if not (task.scheduling or task.cron):
            raise CommandError(f"{task.name} has no schedule.")
        service.add(task)
        self.stdout.write(f"{task.name} runs next at {task.cached_next_ride}.")

    def do_notify(self, options: dict[str, Any]) -> None:
        """Send a test through a handler, or list the handlers."""
        name = options["handler"]
        if not name:
            for known, handler in LaunchReport.get_notification_handlers().items():
                self.stdout.write(f"{known}  {type(handler).__name__}")
            return
        try:
            sent = send_test(name)
        except LookupError as error:
            raise CommandError(str(error.args[0])) from error
        if not sent.delivered:
            raise CommandError(sent.detail)
        self.stdout.write(f"The test message went out by {name}.")

    def do_export(self, options: dict[str, Any]) -> None:
        """Print tasks."""
        json.dump(export_tasks(), sys.stdout, indent=2, ensure_ascii=False)
        self.stdout.write("")

    def do_import(self, options: dict[str, Any]) -> None:
        """Read tasks from a file, all or none."""
        try:
            content = json.loads(options["file"].read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        made, changed = import_tasks(content)
        self.stdout.write(f"{made} tasks made, {changed} changed.")

    def find_run(self, number: int) -> LaunchReport:
        """Return a run; CommandError when there is none."""
        run = LaunchReport.objects.filter(pk=number).first()
        if run is None:
            raise CommandError(f"There is no run {number}.")
        return run

    def print_after(self, run: LaunchReport, last: int) -> int:
        """Print lines after an id; return the last id."""
        for log in Log.objects.filter(launch_report=run, id__gt=last).order_by("id"):
            self.stdout.write(log.formatted_line)
            last = log.pk
        return last

    def follow(self, run: LaunchReport) -> None:
        """Print lines as they come, until the run has ended."""
        last = 0
        while True:
            run.refresh_from_db()
            last = self.print_after(run, last)
            if not run.is_open:
                return
            time.sleep(FOLLOW_SECONDS)
