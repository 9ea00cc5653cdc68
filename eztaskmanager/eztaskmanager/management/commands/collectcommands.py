"""`manage.py collectcommands`: make the project's commands known to the admin."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import get_commands
from django.core.management.base import BaseCommand

from eztaskmanager.models import AppCommand
from eztaskmanager.services.logger import LoggerEnabledCommand

CORE = "django."


def app_of(app: str | BaseCommand) -> str:
    """Return the app of what `get_commands` names: its path, or a command in memory."""
    if isinstance(app, BaseCommand):
        return type(app).__module__.split(".management.")[0]
    return app


class Command(LoggerEnabledCommand):
    """Adds what is new; switches off what is gone, when told to."""

    help = "Make the project's management commands known to the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--excludecore", action="store_true", help="Leave out Django's own commands"
        )
        parser.add_argument(
            "--deactivate-missing",
            action="store_true",
            help="Switch off commands that are no longer there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect, and say what was found."""
        present = {(name, app_of(app)) for name, app in get_commands().items()}
        for name, app_name in sorted(present):
            if options["excludecore"] and f"{app_name}.".startswith(CORE):
                continue
            if not AppCommand.objects.filter(name=name, app_name=app_name).exists():
                AppCommand.objects.create(name=name, app_name=app_name)
            self.stdout.write(f"{app_name}: {name}")
        if options["deactivate_missing"]:
            self.deactivate(present)

    def deactivate(self, present: set[tuple[str, str]]) -> None:
        """Switch off what the project no longer has, and name it."""
        for command in AppCommand.objects.filter(active=True):
            if (command.name, command.app_name) not in present:
                command.active = False
                command.save(update_fields=["active"])
                self.stdout.write(f"{command.app_name}: {command.name} is gone")
