"""`manage.py backup FILE`: rows and originals in one zip that either database restores."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from main.management.reporting import as_line, show
from main.services.backing_up import back_up


class Command(BaseCommand):
    """Makes a backup."""

    help = "Write a backup (BACKUP_ROOT/art-factory-DATE.zip unless named). Keys of providers are not in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file and what goes in."""
        parser.add_argument("file", nargs="?", type=Path, default=None)
        parser.add_argument("--no-media", action="store_true", help="only the rows, not the files")
        parser.add_argument("--keep", type=int, default=0, help="delete older backups in BACKUP_ROOT but so many")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the whole file or none; a file that is there is never written over."""
        root = Path(settings.BACKUP_ROOT)
        target: Path = options["file"] or root / f"art-factory-{timezone.now():%Y%m%d-%H%M%S}.zip"
        temporary = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            if options["file"] is None:
                root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with temporary.open("xb") as file:
                manifest = back_up(file, media=not options["no_media"])
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, target)
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        gone = self._thin_out(root, options["keep"]) if options["keep"] > 0 else 0
        facts = {
            "file": str(target),
            "bytes": target.stat().st_size,
            "rows": sum(manifest["counts"].values()),
            "missing": len(manifest["missing"]),
            "deleted": gone,
        }
        show(self.stdout, facts, [as_line(facts)], as_json=options["json"])

    def _thin_out(self, root: Path, keep: int) -> int:
        old = sorted(root.glob("art-factory-????????-??????.zip"))[:-keep]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)
