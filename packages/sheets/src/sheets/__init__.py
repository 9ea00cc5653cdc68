"""Excel and CSV in and out: limits before parsing, formula-safe cells, streaming, two-phase imports."""

from sheets.cells import FAULT, Cell, FormulaFault, cell_text, clean_cell, clean_text, column_letter
from sheets.errors import (
    CellError,
    Damaged,
    HeaderError,
    NotWritable,
    Protected,
    SheetError,
    SheetMissing,
    TooBig,
    Unsafe,
    WrongType,
)
from sheets.escape import escape_csv, starts_formula, unescape_csv
from sheets.limits import Limits
from sheets.package import check_template
from sheets.reading import Row, Table, read_table
from sheets.source import Source
from sheets.values import Line, Out, Styled, Written
from sheets.writing import CsvStyle, csv_style, stream_table, write_table
from sheets.xlsxfile import XlsxStyle, contrast, sheet_name

__all__ = [
    "FAULT",
    "Cell",
    "CellError",
    "CsvStyle",
    "Damaged",
    "FormulaFault",
    "HeaderError",
    "Limits",
    "Line",
    "NotWritable",
    "Out",
    "Protected",
    "Row",
    "SheetError",
    "SheetMissing",
    "Source",
    "Styled",
    "Table",
    "TooBig",
    "Unsafe",
    "Written",
    "WrongType",
    "XlsxStyle",
    "cell_text",
    "check_template",
    "clean_cell",
    "clean_text",
    "column_letter",
    "contrast",
    "csv_style",
    "escape_csv",
    "read_table",
    "sheet_name",
    "starts_formula",
    "stream_table",
    "unescape_csv",
    "write_table",
]
