from typing import Any

from django.core.management.base import BaseCommand, CommandError

from access.roles import MONTH_ROLES, ROLES
from access.services.roles import UnknownPermissionError, bootstrap_roles


class Command(BaseCommand):
    """Create the groups of the monthly report, or correct their permissions."""

    help = "Create the groups of the monthly report, or correct their permissions (bootstrap_roles does it for all)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each group and how many permissions it has."""
        try:
            made = bootstrap_roles({name: ROLES[name] for name in MONTH_ROLES})
        except UnknownPermissionError as error:
            raise CommandError(f"Unknown permissions: {error}. Run `manage.py migrate` first.") from error
        for name, count in made.items():
            self.stdout.write(f"{name}: {count} permissions")
