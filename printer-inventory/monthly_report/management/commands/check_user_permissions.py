from typing import Any

from django.contrib.auth.models import Permission, User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inventory.rules.months import parse_month
from monthly_report.models import MonthControl
from monthly_report.services.months import VISIBILITY


class Command(BaseCommand):
    """Tell what somebody may do with the monthly report, and by which group; with --month, whether that month is theirs."""

    help = "Tell what a user may do with the monthly report, and by which group."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the name, and a month."""
        parser.add_argument("username")
        parser.add_argument("--month", help="a month like 2026-11: may it be seen, may it be edited")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per permission."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['username']!r}.")
        kind = "superuser" if user.is_superuser else "user"
        groups = ", ".join(sorted(user.groups.values_list("name", flat=True))) or "none"
        self.stdout.write(f"{user.username} ({kind}{'' if user.is_active else ', switched off'}); groups: {groups}")
        for permission in Permission.objects.filter(content_type__app_label="monthly_report").order_by("codename"):
            name = f"monthly_report.{permission.codename}"
            by = ", ".join(permission.group_set.filter(user=user).values_list("name", flat=True))
            has = user.has_perm(name)
            self.stdout.write(f"  {'yes' if has else 'no ':3} {name}{f'  (by {by})' if by else ''}")
        if options["month"]:
            self._month(user, options["month"])

    def _month(self, user: User, text: str) -> None:
        try:
            month = parse_month(text)
        except ValueError as error:
            raise CommandError(str(error)) from error
        control = MonthControl.objects.filter(month=month).first()
        published = control is not None and control.is_published
        seen = user.has_perm("monthly_report.access_monthly_report") and (published or user.has_perm(VISIBILITY))
        is_open = control is not None and control.is_open(timezone.now())
        edits = [edge for edge in ("start", "end") if user.has_perm(f"monthly_report.edit_counters_{edge}")]
        self.stdout.write(f"{text}: {'published' if published else 'hidden'}, {'open' if is_open else 'closed'}")
        self.stdout.write(f"  sees it: {'yes' if seen else 'no'}")
        may = ", ".join(edits) if seen and is_open and edits else "nothing"
        self.stdout.write(f"  edits counters at: {may}")
