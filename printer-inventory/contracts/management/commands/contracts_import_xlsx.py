from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from sheets import ApplyRefusedError

from contracts.models import ContractStatus, ImportSession, ServiceProvider
from contracts.rules.device_rows import LABELS
from contracts.services import import_jobs, import_sessions
from contracts.services.importing_sheets import LIMITS
from inventory.polling.listing import table


class Command(BaseCommand):
    """The contracts' import without its pages: the same sessions, verdicts and rules."""

    help = "Import contract devices from tables (Excel or CSV). Run it with --dry-run first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Files, and what holds for their rows."""
        parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
        parser.add_argument(
            "--status", default="", metavar="S", help="status of new devices (default: the first that can be chosen)"
        )
        parser.add_argument("--provider", default="", metavar="CODE", help="service provider of new devices")
        parser.add_argument("--create-cities", action="store_true", help="make cities that are missing")
        parser.add_argument(
            "--create-models", action="store_true", help="make manufacturers and models that are missing"
        )
        parser.add_argument("--apply-conflicts", action="store_true", help="also move devices from other organizations")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and change nothing")
        parser.add_argument("--user", default="", metavar="NAME", help="who does it, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look through, say what is wrong, apply; exit code 1 when a row has an error."""
        files = [(path.name, _read(path)) for path in options["files"]]
        session = import_sessions.open_session(
            ", ".join(name for name, _ in files),
            files,
            _status(options["status"]),
            _provider(options["provider"]),
            _user(options["user"]),
            create_cities=options["create_cities"],
            create_models=options["create_models"],
        )
        self._work(session)
        if session.state != ImportSession.State.OFFERED:
            raise CommandError(session.reason)
        self._show(session)
        if options["dry_run"]:
            session.delete()
            self.stdout.write("Nothing changed (--dry-run).")
        else:
            self._apply(session, conflicts=options["apply_conflicts"])
        if session.counts.get("error"):
            raise SystemExit(1)

    def _work(self, session: ImportSession) -> None:
        import_jobs.finish(session.pk)
        session.refresh_from_db()

    def _show(self, session: ImportSession) -> None:
        troubled = session.rows.exclude(problems=[]).select_related("file").order_by("file", "number")
        lines = [
            (
                row.file.original_name,
                str(row.number),
                row.label,
                str(row.values.get("serial", "")),
                " ".join(f"{one['code']}: {one['text']}" for one in row.problems),
            )
            for row in troubled[:1000]
        ]
        if lines:
            self.stdout.write(table(("file", "row", "what", "serial", "why"), lines))
        self.stdout.write(
            ", ".join(f"{label} {session.counts[label]}" for label in LABELS if session.counts.get(label))
        )

    def _apply(self, session: ImportSession, *, conflicts: bool) -> None:
        if conflicts and session.counts.get("moved"):
            import_sessions.decide(session.pk, "moved", "apply")
            session.refresh_from_db()
        try:
            import_sessions.ask_apply(session.pk, session.token)
        except ApplyRefusedError as error:
            self.stdout.write(str(error))
            return
        self._work(session)
        if session.state != ImportSession.State.DONE:
            raise CommandError(session.reason)
        self.stdout.write(f"{session.result['created']} added, {session.result['updated']} changed.")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LIMITS.file_bytes + 1)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    if len(content) > LIMITS.file_bytes:
        raise CommandError(f"{path} is larger than {LIMITS.file_bytes:,} bytes. Split it.")
    return content


def _status(name: str) -> ContractStatus:
    rows = ContractStatus.objects.filter(is_active=True).order_by("pk")
    found = (rows.filter(name__iexact=name) if name else rows).first()
    if found is None:
        known = ", ".join(rows.values_list("name", flat=True))
        raise CommandError(
            f"There is no status {name!r}. Choose one of: {known or 'none yet; add one in the administration'}."
        )
    return found


def _provider(code: str) -> ServiceProvider | None:
    if not code:
        return None
    found = ServiceProvider.objects.filter(code=code).first()
    if found is None:
        known = ", ".join(ServiceProvider.objects.values_list("code", flat=True))
        raise CommandError(f"There is no service provider {code!r}. Choose one of: {known}.")
    return found


def _user(name: str) -> int | None:
    if not name:
        return None
    found = get_user_model().objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no user {name!r}.")
    return int(found.pk)
