"""`manage.py run_foreman`: the same as run_worker, under the documents' other name; `--once` keeps order a single time."""

import json
from argparse import ArgumentParser
from typing import Any

from main.management.commands import run_worker
from main.production.foreman import keep_order


class Command(run_worker.Command):
    """Runs foreman and workers, or one round of keeping order."""

    help = "Run production here, or with --once only free what dead workers held and let go what the caps allow."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --once besides what run_worker takes."""
        super().add_arguments(parser)
        parser.add_argument("--once", action="store_true", help="keep order once and say what changed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep order."""
        if options["once"]:
            self.stdout.write(json.dumps(keep_order()))
        else:
            super().handle(*args, **options)
