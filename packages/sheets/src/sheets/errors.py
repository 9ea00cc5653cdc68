"""What can be wrong with a file, told so that a person can mend it and a program can translate it."""

from __future__ import annotations


class SheetError(ValueError):
    """Something about a file, a row or a cell keeps it from being read or written.

    `code` is stable and upper case, `text` says what is wrong, `advice` what to do about it; `row` is the number the
    person sees in Excel (first row 1), `column` is a title or a letter. `details` holds the figures of `text`, so that
    a page can say the same in another language.
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        advice: str = "",
        row: int | None = None,
        column: str | None = None,
        **details: object,
    ) -> None:
        """Keep the parts; `str()` puts them together."""
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.advice = advice
        self.row = row
        self.column = column
        self.details = details

    def __str__(self) -> str:
        """Return place, fault and advice as one sentence after another."""
        place = ", ".join(
            part
            for part in (f"row {self.row}" if self.row else "", f"column {self.column}" if self.column else "")
            if part
        )
        return " ".join(part for part in (f"{place}:" if place else "", self.text, self.advice) if part)


class WrongType(SheetError):
    """The bytes are no file of a kind that is read, whatever the name says."""


class Protected(SheetError):
    """The workbook is locked by a password."""


class Damaged(SheetError):
    """The file is of a known kind but cannot be read to its end."""


class Unsafe(SheetError):
    """The file holds what no honest spreadsheet program writes: a document type, a bomb, clashing members."""


class TooBig(SheetError):
    """A limit was passed; `details` has `limit` and, where known, `found`."""


class SheetMissing(SheetError):
    """The workbook has no sheet of that name; `details["sheets"]` lists those it has."""


class HeaderError(SheetError):
    """No header row was found, or it lacks, repeats or confuses columns."""


class CellError(SheetError):
    """One cell does not hold what its column wants."""


class NotWritable(SheetError):
    """A table cannot be written as asked: sheet name, too many rows or columns."""
