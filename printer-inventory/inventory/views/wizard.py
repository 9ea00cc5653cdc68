"""What every import wizard's pages have in common: rows with badges, tabs per label, verdicts and an empty table to download."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from sheets import Column, Out, csv_style, stream_table
from webshell.downloads import download
from webshell.templatetags.webshell import number as shown

from inventory.models import ImportedRow

ROWS_PAGE: Final = 100
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LABEL_WORDS: Final = {
    "new": gettext_lazy("New"),
    "update": gettext_lazy("Changes"),
    "same": gettext_lazy("As it is"),
    "moved": gettext_lazy("Moves here"),
    "conflict": gettext_lazy("Conflict"),
    "dup_in_file": gettext_lazy("Twice in the file"),
    "error": gettext_lazy("Error"),
}
LABEL_LOOKS: Final = {
    "new": ("running", "plus-circle-fill"),
    "update": ("running", "pencil-fill"),
    "same": ("ok", "check-circle-fill"),
    "moved": ("warning", "arrow-left-right"),
    "conflict": ("warning", "exclamation-triangle-fill"),
    "dup_in_file": ("warning", "files"),
    "error": ("failed", "x-circle-fill"),
}


def page_of_rows(
    rows: QuerySet[Any], counts: Mapping[str, int], label: str, page_text: str, words: Mapping[str, Any] = LABEL_WORDS
) -> dict[str, Any]:
    """Return the context of a page of a preview: its rows with word and look, tabs per label of `words`, pages."""
    labels = {name: counts[name] for name in words if counts.get(name)}
    chosen = rows.filter(label=label) if label else rows
    pages = Paginator(chosen, ROWS_PAGE)
    asked = int(page_text) if page_text.isascii() and page_text.isdigit() and len(page_text) < 8 else 1
    page = min(max(asked, 1), pages.num_pages)
    tabs = [{"label": _("All"), "url": "?", "active": not label, "count": shown(sum(labels.values()))}]
    tabs += [
        {"label": word, "url": f"?label={name}", "active": name == label, "count": shown(labels.get(name, 0))}
        for name, word in words.items()
        if name in labels or name == label
    ]
    return {
        "rows": [{"row": row, "word": words[row.label], "look": LABEL_LOOKS[row.label]} for row in pages.page(page)],
        "tabs": tabs,
        "label": label,
        "page": page,
        "pages": pages,
        "total": pages.count,
        "first": (page - 1) * ROWS_PAGE + 1 if pages.count else 0,
        "last": min(page * ROWS_PAGE, pages.count),
    }


def report(
    request: HttpRequest, rows: Iterable[ImportedRow], columns: Sequence[Column], name: str
) -> StreamingHttpResponse:
    """Return the rows with their verdicts as a spreadsheet (`format=csv` for CSV), to correct the file by."""
    outs = [Out(_("Row")), Out(_("What becomes of it")), Out(_("Why")), *(Out(column.title) for column in columns)]
    lines = (
        (
            row.number,
            str(LABEL_WORDS[row.label]),
            " ".join(problem["text"] for problem in row.problems),
            *(row.values.get(column.key) for column in columns),
        )
        for row in rows
    )
    return table(request, outs, lines, name, "Import")


def table(
    request: HttpRequest, outs: Sequence[Out], lines: Iterable[Sequence[object]], name: str, sheet: str
) -> StreamingHttpResponse:
    """Return a table as a download: Excel, or with `format=csv` CSV as the reader's Excel expects it."""
    if request.GET.get("format") == "csv":
        pieces = stream_table(outs, lines, kind="csv", csv_as=csv_style(get_language() or "en"))
        return download(request, pieces, f"{name}.csv", "text/csv; charset=utf-8")
    return download(request, stream_table(outs, lines, sheet=sheet), f"{name}.xlsx", XLSX)


def empty_table(request: HttpRequest, columns: Sequence[Column], name: str) -> StreamingHttpResponse:
    """Return a table with the columns that are understood and no rows."""
    return download(request, stream_table([Out(column.title) for column in columns], (), sheet="Import"), name, XLSX)
