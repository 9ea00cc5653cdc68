"""Where a table comes from, and what its first bytes say it is."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from sheets.errors import Protected, TooBig, WrongType
from sheets.limits import MIB, Limits

Source = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes themselves, or a binary file object (which stays open)."""

Kind = Literal["xlsx", "csv"]

_CHUNK: Final = 64 * 1024
_SPOOL: Final = 4 * MIB
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS: Final = "Open it in Excel or LibreOffice and save it as .xlsx or .csv."
_FOREIGN: Final = (
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"{\\rtf", "a text document"),
)


@contextmanager
def open_source(source: Source, limits: Limits) -> Iterator[BinaryIO]:
    """Give a seekable binary file at its start, of at most `limits.file_bytes`; raises TooBig."""
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as file:
            yield _measured(file, limits)
    elif isinstance(source, bytes):
        yield _measured(io.BytesIO(source), limits)
    elif source.seekable():
        yield _measured(source, limits)
    else:
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as spool:
            while piece := source.read(_CHUNK):
                spool.write(piece)
                if spool.tell() > limits.file_bytes:
                    raise _too_big(limits)
            yield _measured(cast("BinaryIO", spool), limits)


def _measured(file: BinaryIO, limits: Limits) -> BinaryIO:
    if file.seek(0, os.SEEK_END) > limits.file_bytes:
        raise _too_big(limits)
    file.seek(0)
    return file


def _too_big(limits: Limits) -> TooBig:
    allowed = limits.file_bytes // MIB
    return TooBig("FILE_TOO_BIG", f"The file is over {allowed} MiB.", advice="Split it.", limit=limits.file_bytes)


def detect(file: BinaryIO) -> Kind:
    """Tell what a file is by its bytes, never by its name; leaves it at its start. Raises WrongType or Protected."""
    head = file.read(4096)
    file.seek(0)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return "xlsx"
    if head.startswith(_OLE):
        raise _old_office(file)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise WrongType("WRONG_TYPE", f"The file is {what}, no table.", advice=_SAVE_AS, found=what)
    if not head.strip():
        raise WrongType("EMPTY_FILE", "The file is empty.", advice="Upload the file with its rows.")
    if head[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\0" in head:
        raise WrongType("WRONG_TYPE", "The file is neither an Excel workbook nor text.", advice=_SAVE_AS)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table")):
        raise WrongType("WRONG_TYPE", "The file is a web page or XML, no table.", advice=_SAVE_AS)
    return "csv"


def _old_office(file: BinaryIO) -> Protected | WrongType:
    """Tell a workbook locked by a password from one of before 2007: both are OLE containers ([MS-OFFCRYPTO] 2.3.4)."""
    held = b""
    found = False
    while not found and (piece := file.read(_CHUNK)):
        found = _ENCRYPTED in held + piece
        held = piece[-len(_ENCRYPTED) :]
    file.seek(0)
    if found:
        return Protected("PROTECTED", "The workbook is locked by a password.", advice="Save it without a password.")
    return WrongType("OLD_FORMAT", "The file is in the format of Excel 97-2003.", advice=_SAVE_AS)
