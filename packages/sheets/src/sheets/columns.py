"""Columns with types, and rows judged cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sheets.cells import FAULT, Cell
from sheets.errors import CellError
from sheets.parsers import Parser, text
from sheets.reading import Row

Level = Literal["error", "warning"]
Verdict = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read.

    `key` is the program's word, `title` the one a person reads (also its first alias). `required`: the header must have
    it. `when_empty`: the error code of an empty cell; without it an empty cell gives None. `level` and `code` say what a
    cell that `parse` refuses becomes: an error under the parser's own code unless told otherwise. `recognise` is asked
    about normalised titles that match no alias.
    """

    key: str
    title: str
    aliases: tuple[str, ...] = ()
    parse: Parser[object] = field(default_factory=text)
    required: bool = False
    when_empty: str | None = None
    level: Level = "error"
    code: str | None = None
    recognise: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one row: `code` for programs, `text` for people, `column` is the key or "" for the whole row."""

    code: str
    text: str
    column: str = ""
    level: Level = "error"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row in the program's types; `values` has every key that the header has, None where a cell was empty or bad."""

    number: int
    values: dict[str, object]
    problems: tuple[Problem, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Return the worst of the problems' levels."""
        return worst(self.problems)


def worst(problems: Iterable[Problem]) -> Verdict:
    """Return error, warning or ok."""
    levels = {problem.level for problem in problems}
    return "error" if "error" in levels else "warning" if "warning" in levels else "ok"


def parse_row(row: Row, positions: Mapping[str, int], columns: Sequence[Column]) -> Parsed:
    """Judge one row; never raises for what a cell holds."""
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for column in columns:
        if column.key not in positions:
            continue
        try:
            values[column.key] = _value(column, row.get(positions[column.key]))
        except CellError as error:
            values[column.key] = None
            empty = error.code == column.when_empty
            problems.append(
                Problem(
                    error.code if empty else column.code or error.code,
                    " ".join(part for part in (error.text, error.advice) if part),
                    column.key,
                    "error" if empty else column.level,
                )
            )
    return Parsed(row.number, values, tuple(problems))


def parse_rows(rows: Iterable[Row], positions: Mapping[str, int], columns: Sequence[Column]) -> Iterator[Parsed]:
    """Judge rows one by one, as they come; `positions` is `HeaderMatch.positions`."""
    for row in rows:
        yield parse_row(row, positions, columns)


def _value(column: Column, cell: Cell) -> object:
    if cell is None:
        if column.when_empty:
            raise CellError(column.when_empty, f"{column.title} is empty.")
        return None
    if cell is FAULT:
        raise CellError(
            "FORMULA_ERROR", f"The formula in {column.title} has failed.", advice="Correct it, or type the value."
        )
    return column.parse(cell)
