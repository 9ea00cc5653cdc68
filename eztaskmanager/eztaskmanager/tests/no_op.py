"""What the benchmark's peer runs: the same no-op command, called as Django calls it."""

from django.core.management import call_command


def run() -> None:
    """Call it."""
    call_command("probe")
