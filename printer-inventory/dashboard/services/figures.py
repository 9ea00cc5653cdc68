"""What the reports find: a fixed number of statements each, over the fleet's rows and counted days, never over polls."""

from __future__ import annotations

from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dashboard.services import supplies
from dashboard.services.availability import WORKED, company
from dashboard.services.scope import JOINS, MODEL, NAME, PLACE, WHERE, Scope, fetch
from dashboard.services.shapes import Found

PLOTTED: Final = 15
"""Bars of a plot of printers; the table has all of them."""
MOST: Final = 5000
"""Rows of a report; an export of more would be no list for a person."""

PRINTER: Final = f"p.id AS id, {NAME} AS name, coalesce(o.name, '') AS organization, {PLACE} AS place, {MODEL} AS model"

FLEET_SQL: Final = f"""
SELECT coalesce(o.name, '') AS organization, count(*) AS printers,
       count(*) FILTER (WHERE s.last_success_at >= %(now)s - interval '24 hours') AS read,
       count(*) FILTER (WHERE s.last_success_at < %(now)s - interval '24 hours') AS silent,
       count(*) FILTER (WHERE s.last_success_at IS NULL) AS never
FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id {JOINS}
WHERE {WHERE} GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608 - made of constants

DAYS: Final = """
FROM dashboard_fleetday d WHERE d.day >= %(since)s AND (%(org)s::bigint IS NULL OR d.organization_id = %(org)s)
  AND (%(city)s::bigint IS NULL OR d.city_id = %(city)s)
  AND (%(reach)s::bigint[] IS NULL OR d.organization_id = ANY(%(reach)s::bigint[]))
"""
POLLS_SQL: Final = f"""
SELECT d.day AS day, sum(d.polls)::bigint AS polls, sum(d.good)::bigint AS good, sum(d.failed)::bigint AS failed,
       sum(d.doubted)::bigint AS doubted {DAYS} GROUP BY 1 ORDER BY 1
"""
VOLUME_SQL: Final = f"""
SELECT (CASE WHEN %(months)s THEN date_trunc('month', d.day) ELSE d.day END)::date AS day, sum(d.pages_bw)::bigint AS bw,
       sum(d.pages_color)::bigint AS color, sum(d.pages)::bigint AS pages, max(d.printers)::bigint AS most, d.day AS raw_day,
       sum(d.printers)::bigint AS printers
{DAYS} GROUP BY 1, d.day ORDER BY 1
"""

SILENT_SQL: Final = f"""
SELECT {PRINTER}, s.last_success_at AS last, extract(epoch FROM %(now)s - s.last_success_at) / 86400 AS silent_days,
       left(s.last_error, 500) AS error
FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id {JOINS}
WHERE {WHERE} AND s.last_success_at < %(now)s - interval '24 hours' ORDER BY s.last_success_at, p.id LIMIT %(most)s
"""  # noqa: S608 - made of constants

SUMMED: Final = """
JOIN (SELECT printer_id, sum(polls)::bigint AS polls, sum(failed)::bigint AS failed, sum(doubted)::bigint AS doubted,
             sum(pages)::bigint AS pages, sum(pages_bw)::bigint AS bw, sum(pages_color)::bigint AS color
      FROM dashboard_printerday WHERE day >= %(since)s GROUP BY 1) d ON d.printer_id = p.id
"""
TOP_SQL: Final = f"""
SELECT {PRINTER}, d.bw, d.color, d.pages FROM inventory_printer p {SUMMED} {JOINS}
WHERE {WHERE} AND d.pages > 0 ORDER BY d.pages DESC, p.id LIMIT %(most)s
"""  # noqa: S608 - made of constants
PROBLEMS_SQL: Final = f"""
SELECT {PRINTER}, d.polls, d.failed, d.doubted, left(s.last_error, 500) AS error
FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id {SUMMED} {JOINS}
WHERE {WHERE} AND d.failed + d.doubted > 0 ORDER BY d.failed + d.doubted DESC, p.id LIMIT %(most)s
"""  # noqa: S608 - made of constants
INCIDENTS_SQL: Final = f"""
SELECT {PRINTER}, i.severity, coalesce(nullif(i.description, ''), i.code_name) AS what, i.opened_at AS since,
       i.closed_at AS until,
       extract(epoch FROM coalesce(i.closed_at, %(now)s) - i.opened_at) / 3600 AS hours
FROM dashboard_deviceincident i JOIN inventory_printer p ON p.id = i.printer_id {JOINS}
WHERE {WHERE} AND (i.closed_at IS NULL OR i.opened_at >= %(since)s)
ORDER BY i.closed_at IS NOT NULL, CASE i.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END,
         i.opened_at, i.id LIMIT %(most)s
"""  # noqa: S608 - made of constants
AVAILABILITY_SQL: Final = f"""
SELECT {PRINTER}, d.lost, d.hours, (
    SELECT count(*) FROM dashboard_deviceincident i
    WHERE i.printer_id = p.id AND i.severity = 'critical' AND (i.closed_at IS NULL OR i.closed_at >= %(since)s)) AS incidents
FROM inventory_printer p JOIN (
    SELECT printer_id, sum(hours) AS hours, sum(hours * silent / asked) AS lost FROM ({WORKED}) w WHERE asked > 0 GROUP BY 1
) d ON d.printer_id = p.id {JOINS}
WHERE {WHERE} ORDER BY d.lost / d.hours DESC, p.id LIMIT %(most)s
"""  # noqa: S608 - made of constants
VENDORS_SQL: Final = f"""
SELECT coalesce(mf.name, '') AS vendor, coalesce(dm.name, '') AS model, count(*) AS printers, count(c.id) AS contracts,
       count(*) FILTER (WHERE s.last_success_at >= %(now)s - interval '24 hours') AS read,
       coalesce(sum(d.pages), 0)::bigint AS pages
FROM inventory_printer p JOIN inventory_printerstate s ON s.printer_id = p.id LEFT {SUMMED.strip()} {JOINS}
WHERE {WHERE} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""  # noqa: S608 - made of constants


def _rows(sql: str, scope: Scope, **more: Any) -> list[dict[str, Any]]:
    names, found = fetch(sql, scope, **{"most": MOST, **more})
    rows = [dict(zip(names, row, strict=True)) for row in found]
    for row in rows:
        if "id" in row:
            row["printer"] = (row.pop("id"), row.pop("name"))
    return rows


def _plot(labels: list[str], unit: Any, *series: tuple[Any, list[Any], str]) -> dict[str, Any]:
    """Return what the page draws; several series are parts of one whole and stand on each other."""
    return {
        "stacked": len(series) > 1,
        "labels": labels,
        "unit": str(unit),
        "series": [{"label": str(label), "values": values, "color": color} for label, values, color in series]
        if labels
        else [],
    }


def _of_printers(rows: list[dict[str, Any]], unit: Any, *series: tuple[Any, str, str]) -> dict[str, Any]:
    first = rows[:PLOTTED]
    return _plot(
        [row["printer"][1] for row in first],
        unit,
        *((label, [_rounded(row[key]) for row in first], color) for label, key, color in series),
    )


def _rounded(value: Any) -> Any:
    return round(float(value), 1) if value is not None and not isinstance(value, int) else value


def _share(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def fleet(scope: Scope) -> Found:
    """Printers of each organization by when they were read."""
    rows = _rows(FLEET_SQL, scope)
    for row in rows:
        row["share"] = _share(row["read"], row["printers"])
        row["organization"] = row["organization"] or _("without an organization")
    first = rows[:PLOTTED]
    plot = _plot(
        [row["organization"] for row in first], _("printers"),
        (_("Read within 24 h"), [row["read"] for row in first], "--ok"),
        (_("Silent"), [row["silent"] for row in first], "--failed"),
        (_("Never read"), [row["never"] for row in first], "--waiting"),
    )  # fmt: skip
    return Found(rows, plot)


def polls(scope: Scope) -> Found:
    """Polls of each day by how they ended, the newest day first in the table."""
    rows = _rows(POLLS_SQL, scope)
    for row in rows:
        row["share"] = _share(row["good"], row["polls"])
    plot = _plot(
        [date_format(row["day"], "j M") for row in rows], _("polls"),
        (_("Read"), [row["good"] for row in rows], "--ok"),
        (_("No answer"), [row["failed"] for row in rows], "--failed"),
        (_("Doubted"), [row["doubted"] for row in rows], "--warning"),
    )  # fmt: skip
    return Found(rows[::-1], plot)


def volume(scope: Scope) -> Found:
    """Pages of each day, or of each month when the period is a year."""
    months = scope.days > 90
    merged: dict[Any, dict[str, Any]] = {}
    for row in _rows(VOLUME_SQL, scope, months=months):
        one = merged.setdefault(row["day"], {"day": row["day"], "bw": 0, "color": 0, "pages": 0, "printers": 0})
        for key in ("bw", "color", "pages"):
            one[key] += row[key]
        one["printers"] = max(one["printers"], row["printers"])
    rows = list(merged.values())
    plot = _plot(
        [date_format(row["day"], "M Y" if months else "j M") for row in rows], _("pages"),
        (_("Black-and-white"), [row["bw"] for row in rows], "--ink-black"),
        (_("Colour"), [row["color"] for row in rows], "--plot-2"),
    )  # fmt: skip
    return Found(rows[::-1], plot)


def low(scope: Scope) -> Found:
    """Low supplies with their days left."""
    rows = [
        {
            "printer": (one.printer_id, one.printer), "organization": one.organization, "place": one.place, "model": one.model,
            "supply": one.name, "percent": one.percent, "days": one.days, "between": _between(one), "swapped": one.swapped_on,
            "part": one.part, "ordered": one.ordered_at,
        }
        for one in supplies.low_supplies(scope)
    ]  # fmt: skip
    steps = [(_("empty"), -1.0, 0.5), ("1-3", 0.5, 3.5), ("4-7", 3.5, 7.5), ("8-14", 7.5, 14.5), ("> 14", 14.5, 1e9)]
    known = [row["days"] for row in rows if row["days"] is not None]
    counts = [sum(low <= days < high for days in known) for _label, low, high in steps]
    labels = [*(str(label) for label, _low, _high in steps), _("unknown")]
    plot = _plot(
        labels if rows else [], _("supplies"), (_("Days left"), [*counts, len(rows) - len(known)], "--warning")
    )
    return Found(rows, plot)


def _between(one: supplies.LowSupply) -> str:
    if one.shortest is None:
        return ""
    return f"{one.shortest:.0f}–{one.longest:.0f}" if one.longest is not None else f"{one.shortest:.0f}–?"


def orders(scope: Scope) -> Found:
    """What each site needs."""
    found = supplies.order_list(scope)
    rows = [
        {
            "organization": line.organization, "city": line.city, "address": line.address, "supply": line.cartridge,
            "part": line.part, "pieces": line.pieces, "ordered": line.ordered, "days": line.soonest,
            "names": ", ".join(name for _pk, name in line.printers),
        }
        for line in found
    ]  # fmt: skip
    pieces: dict[str, int] = {}
    for line in found:
        pieces[line.cartridge] = pieces.get(line.cartridge, 0) + line.pieces
    first = sorted(pieces.items(), key=lambda one: -one[1])[:PLOTTED]
    plot = _plot(
        [name for name, _count in first], _("pieces"), (_("Pieces"), [count for _name, count in first], "--plot-1")
    )
    return Found(rows, plot)


def silent(scope: Scope) -> Found:
    """Printers that were read once and are not any more; those that never answered are another matter."""
    rows = _rows(SILENT_SQL, scope)
    steps = [(_("1-7 d"), 1, 7), (_("7-14 d"), 7, 14), (_("14-30 d"), 14, 30), (_("over 30 d"), 30, 1e9)]
    counts = [sum(low <= row["silent_days"] < high for row in rows) for _label, low, high in steps]
    labels = [label for label, _low, _high in steps] if rows else []
    return Found(rows, _plot(labels, _("printers"), (_("Silent"), counts, "--failed")))


def top(scope: Scope) -> Found:
    """Printers by pages."""
    rows = _rows(TOP_SQL, scope)
    for row in rows:
        row["per_day"] = row["pages"] / scope.days
    return Found(
        rows,
        _of_printers(rows, _("pages"), (_("Black-and-white"), "bw", "--ink-black"), (_("Colour"), "color", "--plot-2")),
    )


def problems(scope: Scope) -> Found:
    """Printers by polls that gave nothing."""
    rows = _rows(PROBLEMS_SQL, scope)
    for row in rows:
        row["share"] = _share(row["failed"] + row["doubted"], row["polls"])
    return Found(
        rows,
        _of_printers(rows, _("polls"), (_("No answer"), "failed", "--failed"), (_("Doubted"), "doubted", "--warning")),
    )


def incidents(scope: Scope) -> Found:
    """Complaints of printers; the plot counts them by what they say."""
    rows = _rows(INCIDENTS_SQL, scope)
    words = {"critical": _("critical"), "warning": _("warning"), "other": _("other")}
    counts: dict[str, list[int]] = {}
    for row in rows:
        row["severity"] = words.get(row["severity"], row["severity"])
        counts.setdefault(row["what"], [0, 0])[row["until"] is not None] += 1
    first = sorted(counts.items(), key=lambda one: -sum(one[1]))[:PLOTTED]
    plot = _plot(
        [what[:40] for what, _count in first], _("incidents"),
        (_("open"), [count[0] for _what, count in first], "--failed"), (_("over"), [count[1] for _what, count in first], "--ok"),
    )  # fmt: skip
    return Found(rows, plot)


def availability(scope: Scope) -> Found:
    """What each printer lost of its working hours (`availability` has the rule), and the K1 that follows."""
    rows = _rows(AVAILABILITY_SQL, scope, company=company())
    for row in rows:
        row["down"] = row["lost"]
        row["k1"] = _share(row["hours"] - row["down"], row["hours"])
    return Found(rows, _of_printers(rows, _("hours"), (_("Down"), "down", "--failed")))


def vendors(scope: Scope) -> Found:
    """Printers by manufacturer and model; the plot adds models up."""
    rows = _rows(VENDORS_SQL, scope)
    counts: dict[str, int] = {}
    for row in rows:
        row["vendor"] = row["vendor"] or _("unknown")
        counts[row["vendor"]] = counts.get(row["vendor"], 0) + row["printers"]
    first = sorted(counts.items(), key=lambda one: -one[1])[:PLOTTED]
    plot = _plot([name for name, _n in first], _("printers"), (_("Printers"), [n for _name, n in first], "--plot-1"))
    return Found(rows, plot)
