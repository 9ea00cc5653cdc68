"""What is looked at before anything is unpacked: the archive behind `.xlsx` (ECMA-376 part 2, APPNOTE.TXT of ZIP).

Only the archive's own table of contents is read here. It is bounded before Python reads it, since a 20 MB file can
list half a million members.
"""

from __future__ import annotations

import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from sheets.errors import Damaged, Protected, SheetError, TooBig, Unsafe
from sheets.limits import MIB, Limits

CHUNK: Final = 64 * 1024
_END_SIGNATURE: Final = b"PK\x05\x06"
_END_LENGTH: Final = 22
_MAX_COMMENT: Final = 0xFFFF
_ENTRY_BYTES: Final = 46 + 512  # one entry of the table of contents with a long name
_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ASK_AGAIN: Final = "Open it in Excel and save it anew as .xlsx."
_BINARY: Final = (".png", ".jpeg", ".jpg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".bin")
_DOCTYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


def open_package(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    """Open an archive whose table of contents keeps the limits; nothing is unpacked yet.

    Raises Damaged, Protected, TooBig or Unsafe. The caller keeps `file` and closes the archive.
    """
    _check_end(file, limits)
    try:
        archive = zipfile.ZipFile(file)
    except (
        zipfile.BadZipFile,
        ValueError,
        OverflowError,
        NotImplementedError,
        UnicodeDecodeError,
        struct.error,
    ) as error:
        raise Damaged("DAMAGED_ARCHIVE", "The file's table of contents is broken.", advice=_ASK_AGAIN) from error
    try:
        _check_members(archive.infolist(), limits)
    except SheetError:
        archive.close()
        raise
    return archive


def _check_end(file: BinaryIO, limits: Limits) -> None:
    """Read the end record by hand: how many members there are and how long their list is."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_LENGTH - _MAX_COMMENT))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END_SIGNATURE)
    if at < 0 or len(tail) - at < _END_LENGTH:
        raise Damaged(
            "TRUNCATED", "The file ends too early; it was probably not copied whole.", advice="Upload it again."
        )
    disk, start_disk, here, members, length, offset = struct.unpack_from("<4H2L", tail, at + 4)
    if disk or start_disk or here != members or 0xFFFF in (here, members) or 0xFFFFFFFF in (length, offset):
        raise Unsafe(
            "ARCHIVE_SHAPE", "The file is an archive in several parts or of a size no sheet has.", advice=_ASK_AGAIN
        )
    if members > limits.members or length > limits.members * _ENTRY_BYTES:
        raise TooBig(
            "TOO_MANY_MEMBERS", f"The file holds more than {limits.members} parts.", limit=limits.members, found=members
        )


def _check_members(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    names: set[str] = set()
    total = 0
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise Protected("PROTECTED", "The file is locked by a password.", advice="Save it without a password.")
        name = part_name(member.filename)
        if name in names:
            raise Unsafe("TWIN_MEMBERS", f"The file holds two parts named {name[:80]!r}.", advice=_ASK_AGAIN)
        names.add(name)
        if member.compress_type not in _METHODS:
            raise Unsafe("COMPRESSION", "The file is packed in a way no spreadsheet program uses.", advice=_ASK_AGAIN)
        total += member.file_size
        _check_ratio(member, limits)
    if total > limits.unpacked_bytes:
        raise TooBig(
            "TOO_BIG_UNPACKED",
            f"The file unpacks to {total // 1024**2} MiB; {limits.unpacked_bytes // 1024**2} MiB are allowed.",
            advice="Delete empty formatted rows, pictures and sheets that are not needed, or split it.",
            limit=limits.unpacked_bytes,
            found=total,
        )


def _check_ratio(member: zipfile.ZipInfo, limits: Limits) -> None:
    if member.file_size >= limits.ratio_from_bytes and member.file_size > limits.ratio * max(member.compress_size, 1):
        raise Unsafe(
            "BOMB",
            f"A part of the file grows more than {limits.ratio}-fold when unpacked.",
            advice=_ASK_AGAIN,
            limit=limits.ratio,
        )


def part_name(name: str) -> str:
    """Return the name under which a part is looked up: forward slashes, no leading one, lower case (ECMA-376-2, 6.2.2)."""
    return name.replace("\\", "/").lstrip("/").lower()


def parts(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the archive's parts by looked-up name."""
    return {part_name(member.filename): member for member in archive.infolist() if not member.is_dir()}


def unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's bytes in pieces of at most 64 KiB, and never more than its entry announced.

    The announced sizes were checked by `open_package`; a member that holds something else fails its checksum.
    """
    with reading(member.filename), archive.open(member) as stream:
        while piece := stream.read(CHUNK):
            yield piece


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a broken member makes zipfile or zlib raise into Damaged."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,  # a part that begins before the file does
        struct.error,
    ) as error:
        raise Damaged("DAMAGED_PART", f"The file's part {name[:80]!r} is broken.", advice=_ASK_AGAIN) from error


def check_template(file: BinaryIO, limits: Limits | None = None) -> None:
    """Refuse a workbook that must not reach another reader (openpyxl fills uploaded templates in place).

    The whole archive is unpacked once, in pieces, so that every size is true; XML with a document type, or in another
    encoding than UTF-8, is refused, and so is any part that is neither XML nor a picture or the like. The limits that
    hold when none are given (8 MiB, 32 MiB unpacked) are tighter than those for reading: openpyxl keeps every cell.
    Leaves the file at its start. Raises SheetError of any class.
    """
    limits = limits or Limits(file_bytes=8 * MIB, unpacked_bytes=32 * MIB)
    if file.seek(0, os.SEEK_END) > limits.file_bytes:
        raise TooBig("FILE_TOO_BIG", f"The file is over {limits.file_bytes // MIB} MiB.", limit=limits.file_bytes)
    with open_package(file, limits) as archive:
        for name, member in parts(archive).items():
            # A list of contents may give a worksheet any name: only what is surely no XML is not looked into.
            is_xml = not name.endswith(_BINARY)
            held = b""
            for piece in unpack(archive, member):
                if is_xml:
                    held = _search(name, held, piece)
    file.seek(0)


def _search(name: str, held: bytes, piece: bytes) -> bytes:
    """Look for a document type over the seam of two pieces; return what the next seam needs."""
    if not held:
        check_encoding(name, piece)
    window = held + piece
    if _DOCTYPE.search(window):
        raise doctype(name)
    return window[-16:]


def check_encoding(name: str, start: bytes) -> None:
    """Refuse XML that is not UTF-8 by its first bytes, so that no two readers can see two documents in it."""
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""", start[:512])
    told = declared[1].lower() if declared else b"utf-8"
    if start[:2] in (b"\xfe\xff", b"\xff\xfe") or b"\0" in start[:4] or told not in (b"utf-8", b"us-ascii", b"utf8"):
        raise Unsafe("ENCODING", f"The file's part {name[:80]!r} is not in UTF-8.", advice=_ASK_AGAIN)


def doctype(name: str) -> Unsafe:
    """Return the error for a document type, which the format forbids (ECMA-376-2, 6.2.5: no DTD)."""
    return Unsafe("DOCTYPE", f"The file's part {name[:80]!r} declares a document type.", advice=_ASK_AGAIN)
