"""Which page numbers a pager shows."""

from __future__ import annotations


def window(page: int, last: int, around: int = 2) -> list[int | None]:
    """Return first, last and `around` numbers on each side of `page`; None stands for a gap of two or more."""
    near = range(max(1, page - around), min(last, page + around) + 1)
    shown: list[int | None] = []
    before = 0
    for number in sorted({1, *near, last}):
        if number - before == 2:
            shown.append(number - 1)
        elif number - before > 2:
            shown.append(None)
        shown.append(number)
        before = number
    return shown
