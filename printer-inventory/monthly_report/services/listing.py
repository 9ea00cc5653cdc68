"""What the pages show: the months with their figures, and the rows of one month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from inventory.rules.months import previous_month
from monthly_report.models import CounterChangeLog, MonthControl, MonthlyReport
from monthly_report.rules.anomalies import EXCESS, Anomaly, judge
from monthly_report.rules.comparing import Difference, MonthDevice, compare
from monthly_report.rules.figures import ENDS, KINDS
from monthly_report.services.months import only_visible

SORTS: Final = {
    "order": ("order_number", "id"),
    "organization": ("organization__name", "order_number"),
    "model": ("equipment_model", "order_number"),
    "serial": ("serial_number", "order_number"),
    "pages": ("total_prints", "order_number"),
}
SHOWN: Final = ("all", "anomalies", "unfilled", "manual", "silent")

_UNFILLED: Final = (
    Q(part="A3", a3_bw_end=None, a3_color_end=None)
    | Q(part="A4", a4_bw_end=None, a4_color_end=None)
    | Q(part="ALL", **dict.fromkeys(ENDS))
)
_MANUAL: Final = (
    Q(a4_bw_end_manual=True) | Q(a4_color_end_manual=True) | Q(a3_bw_end_manual=True) | Q(a3_color_end_manual=True)
)


@dataclass(frozen=True, slots=True)
class MonthFilter:
    """Which rows of a month are shown, and in which order."""

    search: str = ""
    shown: str = "all"
    organizations: tuple[int, ...] = ()
    sort: str = "order"
    descending: bool = False


def parse_filter(query: Mapping[str, str], organizations: Iterable[str] = ()) -> MonthFilter:
    """Return the filter of a query string; words that are not known are ignored."""
    sort = query.get("sort", "order")
    return MonthFilter(
        query.get("q", "").replace("\x00", "").strip()[:100],
        shown if (shown := query.get("show", "all")) in SHOWN else "all",
        tuple(sorted({int(pk) for pk in organizations if pk.isascii() and pk.isdigit() and len(pk) < 10})),
        sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "order",
        sort.startswith("-"),
    )


def rows_of(month: date, chosen: MonthFilter = MonthFilter()) -> QuerySet[MonthlyReport]:
    """Return the rows of a month that a filter shows, in its order."""
    rows = MonthlyReport.objects.filter(month=month)
    if chosen.search:
        text = chosen.search
        rows = rows.filter(
            Q(serial_number__icontains=text)
            | Q(inventory_number__icontains=text)
            | Q(equipment_model__icontains=text)
            | Q(organization__name__icontains=text)
            | Q(address__icontains=text)
            | Q(city__icontains=text)
        )
    if chosen.organizations:
        rows = rows.filter(organization__in=chosen.organizations)
    if chosen.shown == "unfilled":
        rows = rows.filter(_UNFILLED)
    elif chosen.shown == "manual":
        rows = rows.filter(_MANUAL)
    elif chosen.shown == "silent":
        rows = rows.filter(inventory_last_ok=None)
    elif chosen.shown == "anomalies":
        rows = rows.filter(device_key__in=_anomalous(month))
    order = [F(name).desc(nulls_last=True) if chosen.descending else F(name) for name in SORTS[chosen.sort]]
    return rows.order_by(*order, "id")


ANOMALOUS_SQL: Final = """
SELECT now.device_key
FROM (SELECT device_key, sum(total_prints) AS total FROM monthly_report_monthlyreport WHERE month = %(month)s
      GROUP BY device_key) now
LEFT JOIN (
    SELECT device_key, avg(total) AS usual FROM (
        SELECT device_key, month, sum(total_prints) AS total FROM monthly_report_monthlyreport
        WHERE month < %(month)s GROUP BY device_key, month
    ) past GROUP BY device_key
) before ON before.device_key = now.device_key
WHERE now.total < 0 OR now.total - before.usual > %(excess)s
"""


def _anomalous(month: date) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(ANOMALOUS_SQL, {"month": month, "excess": EXCESS})
        return [row[0] for row in cursor.fetchall()]


def anomalies_of(month: date, keys: Sequence[str], user: AbstractBaseUser | AnonymousUser) -> dict[str, Anomaly]:
    """Return the judgement of each device by its key, in one query however many devices and months there are.

    What is usual is told from the months that the person may see.
    """
    rows = only_visible(MonthlyReport.objects.filter(device_key__in=keys, month__lte=month).order_by(), user)
    totals: dict[str, int] = {}
    usual: dict[str, list[int]] = {}
    for row in rows.values("device_key", "month").annotate(total=Sum("total_prints")):
        if row["month"] == month:
            totals[row["device_key"]] = row["total"]
        else:
            usual.setdefault(row["device_key"], []).append(row["total"])
    return {
        key: judge(total, sum(usual[key]) / len(usual[key]) if key in usual else None, len(usual.get(key, ())))
        for key, total in totals.items()
    }


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """A month on the list: `filled` of `rows` have their end counters, `automatic` were filled without anybody's hand."""

    month: date
    rows: int
    filled: int
    reachable: int
    automatic: int
    manual: int
    pages: int
    editors: int
    control: MonthControl | None

    @property
    def percent(self) -> int:
        """Return how much of the month is filled, rounded down: 100 means all of it."""
        return self.filled * 100 // self.rows if self.rows else 0


def months(year: int | None = None, *, hidden: bool) -> list[MonthSummary]:
    """Return the months, the latest first, in three queries; `hidden` shows those not published too."""
    controls = {control.month: control for control in MonthControl.objects.all()}
    rows = MonthlyReport.objects.order_by()
    if year:
        rows = rows.filter(month__year=year)
    counted = rows.values("month").annotate(
        rows=Count("pk"),
        unfilled=Count("pk", filter=_UNFILLED),
        reachable=Count("pk", filter=Q(device_ip__isnull=False)),
        automatic=Count("pk", filter=Q(device_ip__isnull=False) & ~_UNFILLED & ~_MANUAL),
        manual=Count("pk", filter=_MANUAL),
        pages=Sum("total_prints"),
    )
    by_hand = CounterChangeLog.objects.filter(change_source=CounterChangeLog.Source.MANUAL).order_by()
    editors = dict(by_hand.values_list("month").annotate(Count("user", distinct=True)))
    summaries = [
        MonthSummary(
            one["month"], one["rows"], one["rows"] - one["unfilled"], one["reachable"], one["automatic"], one["manual"],
            one["pages"] or 0, editors.get(one["month"], 0), controls.get(one["month"]),
        )
        for one in counted
    ]  # fmt: skip
    seen = [one for one in summaries if hidden or (one.control is not None and one.control.is_published)]
    return sorted(seen, key=lambda one: one.month, reverse=True)


def difference(month: date) -> Difference:
    """Return how a month differs from the one before it, in two queries."""
    return compare(_devices(previous_month(month)), _devices(month))


def _devices(month: date) -> list[MonthDevice]:
    names = ("device_key", "serial_number", "equipment_model", "device_ip", *(f"{kind}_end_manual" for kind in KINDS))
    ends = [f"{kind}_end" for kind in KINDS]
    rows = MonthlyReport.objects.filter(month=month).order_by("order_number", "id").values(*names, *ends)
    return [
        MonthDevice(
            row["device_key"],
            " ".join(part for part in (row["equipment_model"], row["serial_number"]) if part),
            row["device_ip"] is not None,
            row["device_ip"] is not None
            and any(row[end] is not None for end in ends)
            and not any(row[f"{kind}_end_manual"] for kind in KINDS),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class EditorFigures:
    """What one person did in a month: devices, counters corrected that the device had told, and empty ones filled."""

    user_id: int | None
    name: str
    devices: int
    corrected: int
    filled: int


def editors(month: date) -> list[EditorFigures]:
    """Return who edited a month by hand, the busiest first, in one query."""
    changes = CounterChangeLog.objects.filter(
        month=month, change_source=CounterChangeLog.Source.MANUAL, field_name__in=ENDS
    ).order_by()
    rows = changes.values("user_id", "user__username").annotate(
        devices=Count("device_key", distinct=True),
        corrected=Count("pk", filter=Q(old_value__gt=0)),
        filled=Count("pk", filter=Q(old_value=None) | Q(old_value=0)),
    )
    found = [
        EditorFigures(row["user_id"], row["user__username"] or "", row["devices"], row["corrected"], row["filled"])
        for row in rows
    ]
    return sorted(found, key=lambda one: (-one.devices, one.name))
