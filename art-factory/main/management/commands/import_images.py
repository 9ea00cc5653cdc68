"""`manage.py import_images FOLDER`: take files that were made elsewhere into the inventory."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.management.reporting import as_line, show
from main.models import Project
from main.services.importing import files_below, import_file


class Command(BaseCommand):
    """Imports a folder."""

    help = "Import pictures, loops and tunes; what a picture says about its making (A1111, ComfyUI...) is kept with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder and how to import it."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--project", default="", help="name or number of a project; a new name makes one")
        parser.add_argument("--dedupe", action="store_true", help="leave out what is there already, byte for byte")
        parser.add_argument("--flat", action="store_true", help="leave out what is in folders of the folder")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be imported")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import file after file; exit code 1 when nothing could be taken of what was there."""
        project = _project(options["project"], make=not options["dry_run"])
        try:
            paths = list(files_below(options["folder"], recursive=not options["flat"]))
        except OSError as error:
            raise CommandError(str(error)) from None
        verdicts = [
            import_file(path, project=project, dedupe=options["dedupe"], dry_run=options["dry_run"]) for path in paths
        ]
        states = [one.state for one in verdicts]
        counts = {state: states.count(state) for state in dict.fromkeys(states)}
        lines = [f"{one.name}: {one.state}{f' ({one.reason})' if one.reason else ''}" for one in verdicts]
        found = {"counts": counts, "files": [asdict(one) for one in verdicts]}
        show(self.stdout, found, [*lines, as_line(counts)], as_json=options["json"])
        if verdicts and set(states) == {"refused"}:
            raise SystemExit(1)


def _project(given: str, *, make: bool) -> Project | None:
    """Return a project by number or name, made when there is none of that name."""
    if not given:
        return None
    if given.isascii() and given.isdigit():
        found = Project.objects.alive().filter(pk=int(given[:18])).first()
        if found is None:
            raise CommandError(f"there is no project {given}")
        return found
    known = Project.objects.alive().filter(name=given[:200]).first()
    return known or (Project.objects.create(name=given[:200]) if make else None)
