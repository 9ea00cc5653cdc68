"""What the lists of this application share: page, sizes and what the pager wants."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

SIZES: Final = (25, 50, 100)


def page_of(request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
    """Return the context of one page of a list: rows, page, pages, first, last, total, page_size, page_sizes."""
    size = _number(request.GET.get("per_page"), SIZES[1])
    size = size if size in SIZES else SIZES[1]
    pages = Paginator(rows, size)
    page = min(max(1, _number(request.GET.get("page"), 1)), pages.num_pages)
    return {
        "rows": list(pages.page(page)),
        "page": page,
        "pages": pages,
        "page_size": size,
        "page_sizes": SIZES,
        "total": pages.count,
        "first": (page - 1) * size + 1 if pages.count else 0,
        "last": min(page * size, pages.count),
    }


def text_of(request: HttpRequest, name: str) -> str:
    """Return a parameter as one short line without NUL, which PostgreSQL refuses."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:200]


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else otherwise
