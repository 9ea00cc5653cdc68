from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from access.models import ApiToken
from access.scopes import SCOPES
from access.services import tokens


class Command(BaseCommand):
    """Make, list and revoke API tokens."""

    help = "Make, list and revoke API tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add one sub-command per action."""
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="make a token and print it once")
        create.add_argument("user")
        create.add_argument("--name", required=True)
        create.add_argument("--scope", action="append", required=True, choices=sorted(SCOPES))
        create.add_argument("--days", type=int, help="valid for so many days; without it for ever")
        actions.add_parser("list", help="list tokens, without their texts")
        actions.add_parser("revoke", help="make a token useless").add_argument("id", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one action."""
        getattr(self, f"_{options['action']}")(**options)

    def _create(self, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['user']!r}.")
        now = timezone.now()
        expires = now + timedelta(days=options["days"]) if options["days"] else None
        row, text = tokens.create(user, options["name"], options["scope"], now, expires)
        self.stderr.write(f"Token {row.pk} of {user}: keep it now, it cannot be shown again.")
        self.stdout.write(text)

    def _list(self, **_options: Any) -> None:
        now = timezone.now()
        for row in ApiToken.objects.select_related("user"):
            state = "works" if row.works(now) else "revoked" if row.revoked_at else "expired"
            used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never used"
            self.stdout.write(
                f"{row.pk}  {row.user}  {row.name}  {row.prefix}…  {' '.join(row.scopes)}  {state}  {used}"
            )

    def _revoke(self, **options: Any) -> None:
        row = ApiToken.objects.filter(pk=options["id"]).first()
        if row is None:
            raise CommandError(f"There is no token {options['id']}.")
        self.stdout.write("revoked" if tokens.revoke(row, timezone.now()) else "was revoked before")
