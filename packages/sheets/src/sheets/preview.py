"""The first phase of an import: every row with its verdict, nothing changed.

A wizard reads a file once, judges each row (`preview`), stores what comes out chunk by chunk, and shows it. What it
stores is plain JSON (`Judged.as_json`), so that any system can keep it in a table of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import TypeVar, cast

from sheets.columns import Level, Parsed, Problem, Verdict, worst

T = TypeVar("T")

DUPLICATE = "dup_in_file"
ERROR = "error"

Place = tuple[str, int]
"""File name and row number."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of a preview.

    `label` is the system's class of row (new, match, moved, ...), `dup_in_file` or `error`; `key` identifies the thing
    the row is about; `target` the stored thing it would change, if any.
    """

    file: str
    number: int
    values: dict[str, object]
    problems: tuple[Problem, ...]
    label: str
    key: str = ""
    target: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return the worst of the problems' levels."""
        return worst(self.problems)

    def as_json(self) -> dict[str, object]:
        """Return plain JSON values: dates in ISO 8601, decimals as text."""
        return {
            "file": self.file,
            "row": self.number,
            "values": {key: _json(value) for key, value in self.values.items()},
            "problems": [
                {"code": problem.code, "text": problem.text, "column": problem.column, "level": problem.level}
                for problem in self.problems
            ],
            "label": self.label,
            "key": self.key,
            "target": self.target,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Answer:
    """What a system says about a row: its label, the stored thing it would change, and problems of its own."""

    label: str
    target: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class Counts:
    """How many rows there are of each verdict, label and problem code."""

    rows: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)

    def add(self, row: Judged) -> None:
        """Count a row."""
        self.rows += 1
        self.verdicts[row.verdict] += 1
        self.labels[row.label] += 1
        self.codes.update({problem.code for problem in row.problems})

    def as_json(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "rows": self.rows,
            "verdicts": dict(self.verdicts),
            "labels": dict(self.labels),
            "codes": dict(self.codes),
        }


@dataclass(slots=True)
class Duplicates:
    """Finds keys that occur twice in the files of one session. Compare keys in one form (`fold`)."""

    _first: dict[str, Place] = field(default_factory=dict)
    _twice: dict[str, list[Place]] = field(default_factory=dict)

    def seen(self, key: str, place: Place) -> Place | None:
        """Note a key; return where it stood first, None when this is the first time."""
        first = self._first.setdefault(key, place)
        if first == place:
            return None
        self._twice.setdefault(key, [first]).append(place)
        return first

    def groups(self) -> dict[str, list[Place]]:
        """Return every place of every key that occurs more than once, the first one included.

        The first place was judged before its twin was read: mark it too when the file is at its end.
        """
        return self._twice


def preview(
    rows: Iterable[Parsed],
    classify: Callable[[Parsed], Answer],
    *,
    file: str,
    key_of: Callable[[Parsed], str],
    duplicates: Duplicates,
    counts: Counts,
) -> Iterator[Judged]:
    """Yield each row with its label, one at a time.

    A row with an error is labelled `error` and `classify` is not asked. `key_of` returns "" for a row without a key.
    """
    for row in rows:
        judged = _judge(row, classify, file, key_of, duplicates)
        counts.add(judged)
        yield judged


def _judge(
    row: Parsed,
    classify: Callable[[Parsed], Answer],
    file: str,
    key_of: Callable[[Parsed], str],
    duplicates: Duplicates,
) -> Judged:
    judged = Judged(file, row.number, row.values, row.problems, ERROR, key_of(row))
    if row.verdict == "error":
        return judged
    first = duplicates.seen(judged.key, (file, row.number)) if judged.key else None
    if first is not None:
        twin = Problem("DUPLICATE", f"The same stands in row {first[1]} of {first[0]}.", level="warning")
        return replace(judged, label=DUPLICATE, problems=(*row.problems, twin))
    answer = classify(row)
    problems = (*row.problems, *answer.problems)
    label = ERROR if worst(answer.problems) == "error" else answer.label
    return replace(judged, label=label, target=answer.target, problems=problems)


def judged_from_json(stored: dict[str, object]) -> Judged:
    """Return what `as_json` stored; values stay as JSON has them (dates and decimals are text)."""
    problems = tuple(
        Problem(entry["code"], entry["text"], entry["column"], cast("Level", entry["level"]))
        for entry in cast("list[dict[str, str]]", stored["problems"])
    )
    return Judged(
        str(stored["file"]),
        int(str(stored["row"])),
        cast("dict[str, object]", stored["values"]),
        problems,
        str(stored["label"]),
        str(stored["key"]),
        str(stored["target"]),
    )


def in_chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield lists of `size` items, the last one shorter: one statement each keeps memory and locks small."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _json(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
