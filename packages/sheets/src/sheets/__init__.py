"""Excel and CSV in and out: limits before parsing, formula-safe cells, streaming, two-phase imports."""

from sheets.applying import ApplyRecord, ApplyRefusedError, digest_of, extend, fail, finish, offer, start
from sheets.cells import FAULT, Cell, FormulaFault, cell_text, clean_cell, clean_text, column_letter
from sheets.columns import Column, Parsed, Problem, parse_row, parse_rows
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
from sheets.headers import HeaderMatch, find_header, header_key, is_numbering, match_headers, normalise_header
from sheets.limits import Limits
from sheets.package import check_template
from sheets.preview import Answer, Counts, Duplicates, Judged, in_chunks, judged_from_json, preview
from sheets.reading import Row, Table, read_table
from sheets.source import Source
from sheets.values import Line, Out, Styled, Written
from sheets.writing import CsvStyle, csv_style, stream_table, write_table
from sheets.xlsxfile import XlsxStyle, contrast, sheet_name

__all__ = [
    "FAULT",
    "Answer",
    "ApplyRecord",
    "ApplyRefusedError",
    "Cell",
    "CellError",
    "Column",
    "Counts",
    "CsvStyle",
    "Damaged",
    "Duplicates",
    "FormulaFault",
    "HeaderError",
    "HeaderMatch",
    "Judged",
    "Limits",
    "Line",
    "NotWritable",
    "Out",
    "Parsed",
    "Problem",
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
    "digest_of",
    "escape_csv",
    "extend",
    "fail",
    "find_header",
    "finish",
    "header_key",
    "in_chunks",
    "is_numbering",
    "judged_from_json",
    "match_headers",
    "normalise_header",
    "offer",
    "parse_row",
    "parse_rows",
    "preview",
    "read_table",
    "sheet_name",
    "start",
    "starts_formula",
    "stream_table",
    "unescape_csv",
    "write_table",
]
