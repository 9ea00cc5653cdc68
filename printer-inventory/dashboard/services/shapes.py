"""What a report is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.services.scope import Scope

Text = Any
"""A text, or one that is translated when it is shown."""


@dataclass(frozen=True, slots=True)
class Col:
    """A column. `kind` says how a value is shown: text, printer (id, name), number, percent, days, hours, moment, day, part."""

    key: str
    title: Text
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Found:
    """Rows (dicts by column) and the plot: `{labels, series: [{label, values, color?}], unit}`."""

    rows: Sequence[dict[str, Any]]
    plot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """One page of the dashboard.

    `spans` says whether the period matters, `brief` which columns its short table on the overview has (all without it), and
    `nothing` what it means that there are no rows.
    """

    slug: str
    title: Text
    icon: str
    about: Text
    columns: tuple[Col, ...]
    find: Callable[[Scope], Found]
    spans: bool = True
    brief: tuple[str, ...] = ()
    nothing: Text = ""

    @property
    def brief_columns(self) -> tuple[Col, ...]:
        """The columns of the short table."""
        return tuple(column for column in self.columns if not self.brief or column.key in self.brief)
