"""The reports of the dashboard: each is rows of a table and the figures of a plot, of the same statement."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from dashboard.services import figures
from dashboard.services.shapes import Col, Report

PRINTER: Final = (
    Col("printer", _("Printer"), "printer"),
    Col("organization", _("Organization")),
    Col("place", _("Place")),
    Col("model", _("Model")),
)

REPORTS: Final = (
    Report(
        "fleet",
        _("Fleet state"),
        "printer",
        _("Who was read within a day, who is silent, who never answered."),
        (
            Col("organization", _("Organization")),
            Col("printers", _("Printers"), "number"),
            Col("read", _("Read within 24 h"), "number"),
            Col("silent", _("Silent"), "number"),
            Col("never", _("Never read"), "number"),
            Col("share", _("Read"), "percent"),
        ),
        figures.fleet,
        spans=False,
    ),
    Report(
        "polls",
        _("Poll statistics"),
        "activity",
        _("How polls ended, day by day."),
        (
            Col("day", _("Day"), "day"),
            Col("polls", _("Polls"), "number"),
            Col("good", _("Read"), "number"),
            Col("failed", _("No answer"), "number"),
            Col("doubted", _("Doubted"), "number"),
            Col("share", _("Read"), "percent"),
        ),
        figures.polls,
    ),
    Report(
        "volume",
        _("Print volume"),
        "bar-chart",
        _("Pages printed, by day; by month in a year."),
        (
            Col("day", _("From"), "day"),
            Col("bw", _("Black-and-white"), "number"),
            Col("color", _("Colour"), "number"),
            Col("pages", _("Pages"), "number"),
            Col("printers", _("Printers"), "number"),
        ),
        figures.volume,
    ),
    Report(
        "supplies",
        _("Low supplies"),
        "droplet-half",
        _("At most 20 %, or empty within two weeks, the most urgent first."),
        (
            *PRINTER,
            Col("supply", _("Supply")),
            Col("percent", _("Level"), "percent"),
            Col("days", _("Days left"), "days"),
            Col("between", _("90 % between")),
            Col("swapped", _("Swapped"), "day"),
            Col("part", _("Part"), "part"),
            Col("ordered", _("Ordered"), "moment"),
        ),
        figures.low,
        spans=False,
    ),
    Report(
        "orders",
        _("Order list"),
        "cart",
        _("What each site needs, with part numbers."),
        (
            Col("organization", _("Organization")),
            Col("city", _("City")),
            Col("address", _("Address")),
            Col("supply", _("Supply")),
            Col("part", _("Part"), "part"),
            Col("pieces", _("Pieces"), "number"),
            Col("ordered", _("of them ordered"), "number"),
            Col("days", _("First empty in days"), "days"),
            Col("names", _("For")),
        ),
        figures.orders,
        spans=False,
    ),
    Report(
        "silent",
        _("Silent printers"),
        "moon",
        _("Not read for a day or longer, the longest first."),
        (
            *PRINTER,
            Col("last", _("Last read"), "moment"),
            Col("silent_days", _("Days"), "number"),
            Col("error", _("Last error")),
        ),
        figures.silent,
        spans=False,
    ),
    Report(
        "top",
        _("Top volume"),
        "trophy",
        _("Printers that printed most in the period."),
        (
            *PRINTER,
            Col("bw", _("Black-and-white"), "number"),
            Col("color", _("Colour"), "number"),
            Col("pages", _("Pages"), "number"),
            Col("per_day", _("a day"), "number"),
        ),
        figures.top,
    ),
    Report(
        "problems",
        _("Problems"),
        "exclamation-triangle",
        _("Printers whose polls failed or were doubted most in the period."),
        (
            *PRINTER,
            Col("polls", _("Polls"), "number"),
            Col("failed", _("No answer"), "number"),
            Col("doubted", _("Doubted"), "number"),
            Col("share", _("Failed"), "percent"),
            Col("error", _("Last error")),
        ),
        figures.problems,
    ),
    Report(
        "incidents",
        _("Incidents"),
        "bell",
        _("What printers complained about in the period, open ones first, with their age."),
        (
            *PRINTER,
            Col("severity", _("Severity")),
            Col("what", _("What it says")),
            Col("since", _("Since"), "moment"),
            Col("until", _("Until"), "moment"),
            Col("hours", _("Hours"), "hours"),
        ),
        figures.incidents,
    ),
    Report(
        "availability",
        _("Availability"),
        "check2-circle",
        _("Hours without an answer in the period: the downtime (D) of K1."),
        (
            *PRINTER,
            Col("hours", _("Hours (A)"), "hours"),
            Col("down", _("Down (D)"), "hours"),
            Col("k1", "K1", "percent"),
            Col("incidents", _("Incidents"), "number"),
        ),
        figures.availability,
    ),
    Report(
        "vendors",
        _("Manufacturers"),
        "diagram-3",
        _("Printers and pages by manufacturer and model."),
        (
            Col("vendor", _("Manufacturer")),
            Col("model", _("Model")),
            Col("printers", _("Printers"), "number"),
            Col("contracts", _("Under contract"), "number"),
            Col("read", _("Read within 24 h"), "number"),
            Col("pages", _("Pages"), "number"),
        ),
        figures.vendors,
    ),
)

BY_SLUG: Final = {report.slug: report for report in REPORTS}
