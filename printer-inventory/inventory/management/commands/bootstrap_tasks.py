from typing import Any

from django.core.management.base import BaseCommand, CommandError
from eztaskmanager.services.queues import TaskQueueException
from eztaskmanager.services.transfer import TransferError

from inventory.services.maintenance import bootstrap_tasks


class Command(BaseCommand):
    """Make the maintenance tasks that are missing; those that are there stay as people have set them."""

    help = "Make the maintenance tasks that are missing, and start their schedules."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was made."""
        try:
            made = bootstrap_tasks()
        except (TransferError, TaskQueueException) as error:
            raise CommandError(str(error)) from error
        for name in made:
            self.stdout.write(f"made: {name}")
        self.stdout.write(f"{len(made)} tasks made; the others stay as they are.")
