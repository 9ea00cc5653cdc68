"""Rules are looked at; what is new is told once, what is over is told once. Rows and messages are written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.models import Alarm, AlertRule, RuleKind
from dashboard.rules.alarms import SLACK, Standing, changes
from dashboard.services.scope import JOINS, NAME, PLACE, WHERE, Scope, fetch
from inventory.models import FleetAlarm
from outbox.models import Message
from outbox.services import posting

LISTED: Final = 50
"""Lines of a mail; the rest is a number and a link."""

PRINTERS: Final = f"FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id {JOINS}"
WHO: Final = f"{NAME} || coalesce(nullif(' (' || {PLACE} || ')', ' ()'), '')"

SILENT_SQL: Final = f"""
SELECT p.id, '', {WHO}, s.last_success_at {PRINTERS}
WHERE {WHERE} AND s.last_success_at < %(now)s - %(threshold)s * interval '1 hour'
"""
LOW_SQL: Final = f"""
SELECT p.id, x ->> 'index', {WHO}, coalesce(nullif(x ->> 'description', ''), x ->> 'kind', ''), (x ->> 'percent')::float,
       (x ->> 'percent')::float / nullif(f.rate, 0)
{PRINTERS}
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(s.supplies) = 'array' THEN s.supplies ELSE '[]' END) AS x
LEFT JOIN dashboard_supplyforecast f ON f.printer_id = p.id AND f.index = left(x ->> 'index', 40)
WHERE {WHERE} AND coalesce(x ->> 'is_receptacle', 'false') <> 'true' AND __FIGURE__ <= %(threshold)s + %(slack)s
"""
JUMP_SQL: Final = f"""
SELECT p.id, q.kind, {WHO}, q.kind FROM inventory_quarantine q JOIN inventory_printer p ON p.id = q.printer_id {JOINS}
WHERE {WHERE} AND q.resolution = '' AND q.kind IN ('jump', 'reset', 'rollback')
"""  # noqa: S608 - made of constants
JAM_SQL: Final = f"""
SELECT p.id, i.key, {WHO}, coalesce(nullif(i.description, ''), i.code_name)
FROM dashboard_deviceincident i JOIN inventory_printer p ON p.id = i.printer_id {JOINS}
WHERE {WHERE} AND i.closed_at IS NULL AND (i.code_name ILIKE '%%jam%%' OR i.description ILIKE '%%jam%%')
"""  # noqa: S608 - made of constants

Names = dict[str, tuple[int | None, str]]
"""By key: the printer and its name."""


def watch(now: datetime) -> dict[str, int]:
    """Look at every rule in use; return how many alarms were raised and ended."""
    counts = {"opened": 0, "closed": 0}
    for pk in AlertRule.objects.filter(is_active=True).values_list("pk", flat=True):
        opened, closed = _look(pk, now)
        counts["opened"] += opened
        counts["closed"] += closed
    return counts


def _look(pk: int, now: datetime) -> tuple[int, int]:
    """Look at one rule, held so that two workers never tell the same thing."""
    with transaction.atomic():
        rule = AlertRule.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, is_active=True).first()
        if rule is None:
            return 0, 0
        found = _standing(rule, now)
        AlertRule.objects.filter(pk=pk).update(looked_at=now)
        if found is None:
            return 0, 0
        standing, names = found
        alarms = {alarm.key: alarm for alarm in rule.alarms.filter(closed_at=None)}
        opened, closed = changes(frozenset(alarms), standing)
        made = [
            Alarm(
                rule=rule, printer_id=names[key][0], printer_name=names[key][1][:200], key=key, text=standing.wrong[key][:300],
                opened_at=now,
            )
            for key in opened
        ]  # fmt: skip
        Alarm.objects.bulk_create(made)
        over = [alarms[key] for key in closed]
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in over]).update(closed_at=now)
        _tell(rule, made, over, now)
    return len(made), len(over)


def _standing(rule: AlertRule, now: datetime) -> tuple[Standing, Names] | None:
    """Return what is wrong by this rule; None while nothing can be said: nobody is read, so everybody would be silent."""
    stopped = FleetAlarm.objects.filter(cleared_at=None).first()
    if rule.kind == RuleKind.STANDSTILL:
        wrong = {"fleet": stopped.text} if stopped else {}
        return Standing(wrong), {"fleet": (None, _("the whole fleet"))}
    if stopped is not None and rule.kind == RuleKind.SILENT:
        return None
    scope = Scope(now, organization=rule.organization_id, city=rule.city_id)
    sql, judge = _KINDS[rule.kind]
    _names, rows = fetch(sql, scope, threshold=rule.threshold, slack=SLACK)
    wrong, nearly, names = {}, set(), {}
    for row in rows:
        key = f"{row[0]}:{row[1]}"[:150]
        names[key] = (row[0], row[2])
        text = judge(row, rule.threshold)
        if text is None:
            nearly.add(key)
        else:
            wrong[key] = text
    return Standing(wrong, frozenset(nearly)), names


def _say_silent(row: Sequence[Any], _threshold: int) -> str | None:
    return _("not read since %(at)s") % {"at": f"{row[3]:%Y-%m-%d %H:%M} UTC"}


def _say_low(row: Sequence[Any], threshold: int) -> str | None:
    if row[4] > threshold:
        return None
    return _("%(supply)s at %(percent)d %%") % {"supply": row[3], "percent": row[4]}


def _say_days(row: Sequence[Any], threshold: int) -> str | None:
    if row[5] > threshold:
        return None
    return _("%(supply)s at %(percent)d %%, empty in about %(days)d days") % {
        "supply": row[3], "percent": row[4], "days": round(row[5]),
    }  # fmt: skip


def _say_jump(row: Sequence[Any], _threshold: int) -> str | None:
    words = {
        "jump": _("the counters jumped"), "reset": _("the counters start again"), "rollback": _("the counters went back"),
    }  # fmt: skip
    return words[row[3]]


def _say_jam(row: Sequence[Any], _threshold: int) -> str | None:
    return str(row[3])


_KINDS: Final[Mapping[str, tuple[str, Callable[[Sequence[Any], int], str | None]]]] = {
    RuleKind.SILENT: (SILENT_SQL, _say_silent),
    RuleKind.LOW: (LOW_SQL.replace("__FIGURE__", "(x ->> 'percent')::float"), _say_low),
    RuleKind.DAYS: (LOW_SQL.replace("__FIGURE__", "(x ->> 'percent')::float / nullif(f.rate, 0)"), _say_days),
    RuleKind.JUMP: (JUMP_SQL, _say_jump),
    RuleKind.JAM: (JAM_SQL, _say_jam),
}


def _tell(rule: AlertRule, opened: Sequence[Alarm], closed: Sequence[Alarm], now: datetime) -> None:
    """Write one message about everything that one look has found; its key is its first alarm's, so it cannot be written twice."""
    told_over = list(closed) if rule.tell_recovery else []
    if not opened and not told_over:
        return
    lines = []
    if opened:
        lines += [_("New:"), *_lines(opened), ""]
    if told_over:
        lines += [_("Over:"), *_lines(told_over), ""]
    key = f"alarm-{rule.pk}-open-{opened[0].pk}" if opened else f"alarm-{rule.pk}-over-{told_over[0].pk}"
    count = len(opened) or len(told_over)
    if opened:
        subject = ngettext("%(rule)s: %(count)d alarm", "%(rule)s: %(count)d alarms", count)
    else:
        subject = ngettext("%(rule)s: %(count)d alarm is over", "%(rule)s: %(count)d alarms are over", count)
    data = {
        "rule": rule.name,
        "when": rule.kind,
        "at": now.isoformat(),
        "opened": [_as_data(alarm) for alarm in opened],
        "closed": [_as_data(alarm) for alarm in told_over],
    }
    post(rule, key, subject % {"rule": rule.name, "count": count}, "\n".join([*lines, link(rule)]), data)


def _lines(alarms: Sequence[Alarm]) -> list[str]:
    lines = [f"  {alarm.printer_name}: {alarm.text}" for alarm in alarms[:LISTED]]
    if len(alarms) > LISTED:
        lines.append("  " + _("and %(count)d more") % {"count": len(alarms) - LISTED})
    return lines


def _as_data(alarm: Alarm) -> dict[str, Any]:
    return {"id": alarm.pk, "printer": alarm.printer_id, "name": alarm.printer_name, "text": alarm.text}


def link(rule: AlertRule) -> str:
    """Return the address of a rule's page."""
    return f"{settings.BASE_URL}{rule.get_absolute_url()}"


def post(rule: AlertRule, key: str, subject: str, text: str, data: dict[str, Any]) -> Message:
    """Write a message to everybody whom this rule tells."""
    return posting.post(
        key, "alarm", subject, text, to=posting.addresses(rule.recipients), webhooks=rule.webhooks.all(), data=data
    )


def send_test(rule: AlertRule, number: str) -> Message:
    """Write a test message to everybody whom a rule tells; `number` is the press of the button."""
    text = _("This is a test of the alert rule “%(rule)s”. Nothing is wrong.") % {"rule": rule.name}
    subject = _("Test: %(rule)s") % {"rule": rule.name}
    data = {"rule": rule.name, "when": rule.kind, "test": True, "opened": [], "closed": []}
    return post(rule, f"test-{rule.pk}-{number}"[:200], subject, f"{text}\n\n{link(rule)}", data)
