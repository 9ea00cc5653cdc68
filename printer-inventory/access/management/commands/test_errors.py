from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.test import Client, override_settings

PAGES = {"400": 400, "403": 403, "404": 404, "405": 405, "500": 500, "csrf": 403}
"""Addresses below /debug/errors/ and what each must answer."""


class Command(BaseCommand):
    """Ask for every error page as a visitor does, and say what came."""

    help = "Ask for every error page as a person and as a program, and say what came."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do."""
        parser.add_argument("--test-all", action="store_true", help="ask for all of them (what happens without it too)")
        parser.add_argument(
            "--create-test-urls", action="store_true", help="only list the addresses to open in a browser"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per page; end with an error when one is not what it should be."""
        if options["create_test_urls"]:
            for name in ("", *(f"{name}/" for name in PAGES)):
                self.stdout.write(f"/debug/errors/{name} (while DEBUG is on)")
            return
        with override_settings(DEBUG=True, ALLOWED_HOSTS=["testserver"], SECURE_SSL_REDIRECT=False):
            wrong = [name for name, status in PAGES.items() if not self._right(name, status)]
        if wrong:
            raise CommandError(f"Not as they should be: {', '.join(wrong)}")
        self.stdout.write(f"{len(PAGES)} error pages are as they should be.")

    def _right(self, name: str, status: int) -> bool:
        client = Client(raise_request_exception=False)
        page = client.get(f"/debug/errors/{name}/", headers={"accept": "text/html"})
        program = client.get(f"/debug/errors/{name}/", headers={"accept": "application/json"})
        identity = page.headers.get("X-Request-ID", "")
        shown = page.status_code == status and bool(identity) and identity in page.content.decode()
        told = program.status_code == status and program.headers["Content-Type"] == "application/problem+json"
        self.stdout.write(f"{name}: page {page.status_code}, problem details {program.status_code}")
        return shown and told
