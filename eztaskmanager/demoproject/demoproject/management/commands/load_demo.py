"""`manage.py load_demo`: a login and a handful of tasks to play with. Safe to repeat."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from eztaskmanager.models import AppCommand, Task, TaskCategory, TaskLink
from eztaskmanager.services.context import acting
from eztaskmanager.services.queues import get_task_service
from eztaskmanager.services.runs import create_run

LIVE = "test_livelogging_command"
PRINT = "test_command"
LOGGING = "test_logging_command"


class Command(BaseCommand):
    """Fills an empty demo."""

    help = "Make a login and a handful of tasks, and run some of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the login's name."""
        parser.add_argument("--user", default="admin")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing."""
        call_command("collectcommands", verbosity=1, stdout=self.stdout)
        self._login(options["user"])
        if Task.objects.exists():
            return
        shop = TaskCategory.objects.create(name="Shop")
        house = TaskCategory.objects.create(name="Housekeeping")
        live = self._task(
            "Watch me: a hundred lines",
            LIVE,
            ["--verbosity", "3", "--limit", "300"],
            category=shop,
            note="Start it, open its log, stop it",
        )
        check = self._task(
            "Check the project", "check", [], category=house, cron="0 6 * * mon-fri"
        )
        self._task(
            "Clear old sessions",
            "clearsessions",
            [],
            category=house,
            cron="30 2 * * *",
            time_zone="Europe/Rome",
        )
        greet = self._task(
            "Print two words",
            PRINT,
            ["good", "morning", "--arg4", "a b", "c"],
            category=shop,
        )
        wrong = self._task(
            "Fails, and is tried again",
            PRINT,
            ["one word only"],
            category=shop,
            retries=2,
            retry_delay=30,
        )
        warn = self._task(
            "Warns every ten minutes",
            LOGGING,
            ["--warning", "--info", "--verbosity", "2"],
            category=shop,
        )
        warn.scheduling = timezone.now() + timedelta(minutes=1)
        warn.repetition_period, warn.repetition_rate = "minute", 10
        warn.save()
        TaskLink.objects.create(source=check, target=greet)
        with acting(options["user"]):
            for task in (live, greet, wrong, check, warn):
                create_run(task)
            get_task_service().add(check)
            get_task_service().add(warn)

    def _login(self, name: str) -> None:
        User = get_user_model()
        if User.objects.filter(username=name).exists():
            return
        given = os.environ.get("DEMO_PASSWORD", "")
        password = given or secrets.token_urlsafe(9)
        User.objects.create_superuser(name, f"{name}@example.org", password)
        if not given:
            self.stdout.write(f"Login: {name} / {password}")

    def _task(self, name: str, command: str, argv: list[str], **fields: Any) -> Task:
        chosen = AppCommand.objects.filter(name=command).order_by("pk")[0]
        return Task.objects.create(
            name=name, command=chosen, argv=argv, arguments=", ".join(argv), **fields
        )
