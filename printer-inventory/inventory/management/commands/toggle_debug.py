"""`toggle_debug --on|--off|--status`: DEBUG in the `.env` file, all else in it left alone."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from inventory.management.operations import OperationsCommand
from inventory.services.operations import envfile

NAME = "DEBUG"


class Command(OperationsCommand):
    """Needs no service. The processes read the file when they start, so they have to be restarted."""

    help = "Show or change DEBUG in the .env file. With DEBUG errors show code and settings: never where strangers can come."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """On, off or only look."""
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--on", action="store_const", const="True", dest="value", help="write DEBUG=True")
        what.add_argument("--off", action="store_const", const="False", dest="value", help="write DEBUG=False")
        what.add_argument(
            "--status", action="store_const", const=None, dest="value", help="change nothing (the default)"
        )
        parser.add_argument("--env-file", type=Path, default=Path(settings.BASE_DIR) / ".env", help="the file (.env)")

    def work(self, options: dict[str, Any]) -> None:
        """Read, perhaps write, tell."""
        path, wanted = options["env_file"], options["value"]
        try:
            text = envfile.read(path)
            if wanted is not None:
                text = envfile.with_value(text, NAME, wanted)
                envfile.write(path, text)
        except OSError as error:
            raise CommandError(f"{path} cannot be read or written: {error.strerror}.") from error
        written = envfile.value_of(text, NAME)
        if options["json"]:
            self.dump(
                {"file": str(path), "written": written, "in_effect": settings.DEBUG, "changed": wanted is not None}
            )
            return
        self.say(f"{path}: {NAME} is {'not set' if written is None else written}.")
        self.say(f"This process runs with {NAME}={settings.DEBUG}.")
        self._advise(written, wanted)

    def _advise(self, written: str | None, wanted: str | None) -> None:
        if NAME in os.environ and written is not None and envfile.is_true(os.environ[NAME]) != envfile.is_true(written):
            self.say(
                f"The environment says {NAME}={os.environ[NAME]}, and wins over the file: change it there as well."
            )
        if wanted is not None:
            self.say("Restart the web server and the workers: they read the file when they start.")
        if written is not None and envfile.is_true(written):
            self.say("Never leave DEBUG on where strangers can come: error pages show code and settings.")
