"""How the inventory shows a printer's state."""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from webshell.templatetags.webshell import state_badge

from inventory.models import InventoryTask, JobState, Printer, Verdict
from inventory.services import saying

register = template.Library()
register.filter("said", saying.said)

VERDICT_STATES = {
    Verdict.SUCCESS: "ok",
    Verdict.FAILED: "failed",
    Verdict.VALIDATION_ERROR: "warning",
    Verdict.HISTORICAL_INCONSISTENCY: "warning",
}


@register.simple_tag
def printer_state(printer: Printer) -> SafeString:
    """Return the printer's state: what is under way, else the last verdict, with the reason on hover."""
    if not printer.is_active:
        return state_badge("off", _("retired"))
    task = printer.schedule.open_task
    if task is not None and task.state in (JobState.QUEUED, JobState.RUNNING):
        if task.state == JobState.RUNNING and printer.schedule.is_abandoned(timezone.now()):
            reason = _("The worker that asked has stopped answering; the next one takes this poll over.")
            return state_badge(task.state, _("waits for another worker"), reason)
        return state_badge(task.state, str(JobState(task.state).label))
    status = printer.status
    if not status.last_verdict:
        return state_badge("waiting", _("never polled"))
    return verdict_badge(status.last_verdict, status.last_error)


@register.simple_tag
def verdict_badge(verdict: str, reason: str = "") -> SafeString:
    """Return a verdict as a badge in short words."""
    words = {
        Verdict.SUCCESS: _("answering"),
        Verdict.FAILED: _("no answer"),
        Verdict.VALIDATION_ERROR: _("other device"),
        Verdict.HISTORICAL_INCONSISTENCY: _("doubtful"),
    }
    known = Verdict(verdict)
    return state_badge(VERDICT_STATES[known], str(words[known]), saying.said(reason))


@register.simple_tag
def task_badge(task: InventoryTask) -> SafeString:
    """Return how a poll stands or ended."""
    if task.status and task.state in (JobState.DONE, JobState.FAILED):
        return verdict_badge(task.status, task.error_message)
    return state_badge(task.state, str(JobState(task.state).label), saying.said(task.error_message))
