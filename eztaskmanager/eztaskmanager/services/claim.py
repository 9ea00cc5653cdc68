"""A run that a worker has taken, with what it needs to start it."""

from __future__ import annotations

from dataclasses import dataclass

from eztaskmanager.models import LaunchReport


@dataclass(frozen=True)
class Claim:
    """A claimed run. `timeout` and `grace` are seconds, None where the task says nothing."""

    report_id: int
    app_name: str
    command: str
    argv: list[str]
    log_level: str
    timeout: int | None
    grace: int | None


def claim_of(report: LaunchReport) -> Claim:
    """Return a claimed report, loaded with its task and command, as a claim."""
    task = report.task
    return Claim(
        report.pk,
        task.command.app_name,
        task.command.name,
        task.command_line if report.argv is None else report.argv,
        task.log_level,
        task.timeout,
        task.stop_grace,
    )
