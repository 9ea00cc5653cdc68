"""Reading `.xlsx` and `.xlsm` (ECMA-376 part 1, chapter 18): looked through, cut into blocks, then read by calamine.

Only the sheet that is asked for, the shared texts and the number formats are passed on, in a new archive on disk that
holds nothing else: macros, links, pictures and everything with an external target stay behind.
"""

from __future__ import annotations

import mmap
import posixpath
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from python_calamine import CalamineError, CalamineWorkbook

from sheets.cells import FAULT
from sheets.errors import Damaged, SheetMissing, TooBig, WrongType
from sheets.limits import MIB, Limits
from sheets.package import CHUNK, open_package, parts, unpack
from sheets.scan import Block, SheetScan, feed, scan_plain, scan_shared_strings, scan_worksheet

_SMALL_PART: Final = 16 * MIB  # the list of sheets, relations and number formats
_MAX_SHEETS: Final = 1_000
_SHEET_END: Final = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?sheetData\s*>")
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"

RawRow = tuple[int, list[object]]


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet: its name, the archive part that holds it, and whether Excel hides it."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Workbook:
    """What the workbook's own parts say."""

    sheets: tuple[SheetPart, ...]
    shared: str | None
    styles: str | None
    date1904: bool

    def choose(self, name: str | None) -> SheetPart:
        """Return the sheet of that name (case does not matter), or the first visible one for None."""
        if name is None:
            for sheet in self.sheets:
                if not sheet.hidden:
                    return sheet
        else:
            for sheet in self.sheets:
                if sheet.name.strip().casefold() == name.strip().casefold():
                    return sheet
        names = tuple(sheet.name for sheet in self.sheets)
        wanted = "no visible sheet" if name is None else f"no sheet named {name[:40]!r}"
        raise SheetMissing(
            "NO_SHEET",
            f"The workbook has {wanted}.",
            advice=f"It has: {', '.join(names)[:200] or 'none'}.",
            sheets=names,
        )


class SheetReader:
    """Rows of one worksheet, block by block; memory follows the block, not the sheet."""

    def __init__(self, file: BinaryIO, sheet: str | None, limits: Limits) -> None:
        """Look through everything that will be read; raises SheetError before the first row is given out."""
        with open_package(file, limits) as archive:
            self._present = parts(archive)
            workbook = self._read_workbook(archive)
            chosen = workbook.choose(sheet)
            self.name = chosen.name
            self.names = tuple(part.name for part in workbook.sheets)
            with tempfile.TemporaryDirectory(prefix="sheets-") as folder:
                path = Path(folder) / "sheet.xlsx"
                self._scan = self._cut(archive, workbook, chosen, path, limits)
                with _calamine():
                    # The open file outlives its name.
                    self._book = CalamineWorkbook.from_path(path) if self._scan.blocks else None
        self.rows = self._scan.rows

    def __iter__(self) -> Iterator[RawRow]:
        """Yield (row number from 1, values from column A on) for every row of the sheet's blocks."""
        for index in range(len(self._scan.blocks)):
            yield from self._block(index)

    def close(self) -> None:
        """Let go of the file."""
        if self._book is not None:
            self._book.close()

    def _block(self, index: int) -> list[RawRow]:
        assert self._book is not None, "blocks exist only in an open book"  # noqa: S101 -- tells mypy what __init__ keeps
        with _calamine():
            sheet = self._book.get_sheet_by_index(index)
            start = sheet.start
            values = cast("list[list[object]]", sheet.to_python())
        if start is None:
            return []
        first, left = start[0] + 1, start[1]
        pad: list[object] = [None] * left
        rows = [(first + at, pad + row) for at, row in enumerate(values)]
        return self._with_faults(rows) if self._scan.faults else rows

    def _with_faults(self, rows: list[RawRow]) -> list[RawRow]:
        faults = self._scan.faults
        return [
            (number, [FAULT if (number, column) in faults else value for column, value in enumerate(values)])
            for number, values in rows
        ]

    def _read_workbook(self, archive: zipfile.ZipFile) -> Workbook:
        main = next(
            (target for kind, target in self._relations(archive, "").values() if kind == "officeDocument"),
            "xl/workbook.xml",
        )
        if main not in self._present or main.endswith(".bin"):
            raise WrongType(
                "NOT_A_WORKBOOK",
                "The archive holds no Excel workbook that can be read.",
                advice="Save it as .xlsx or .csv.",
            )
        related = self._relations(archive, main)
        sheets: list[SheetPart] = []
        date1904 = False
        for tag, attributes in self._elements(archive, main):
            if tag == "workbookPr":
                date1904 = attributes.get("date1904", "0").lower() in ("1", "true", "on")
            elif tag == "sheet":
                kind, part = related.get(attributes.get("id", ""), ("", ""))
                if kind == "worksheet" and part in self._present:
                    state = attributes.get("state", "visible")
                    sheets.append(SheetPart(attributes.get("name", ""), part, state != "visible"))
            if len(sheets) > _MAX_SHEETS:
                raise TooBig("TOO_MANY_SHEETS", f"The workbook has more than {_MAX_SHEETS} sheets.", limit=_MAX_SHEETS)
        by_kind = {kind: target for kind, target in related.values() if target in self._present}
        return Workbook(tuple(sheets), by_kind.get("sharedStrings"), by_kind.get("styles"), date1904)

    def _relations(self, archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
        """Return id -> (kind, part) of a part's relations inside the archive; external targets are left out."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}
        for tag, attributes in self._elements(archive, f"{folder}/_rels/{name}.rels".lstrip("/")):
            if tag == "Relationship" and attributes.get("TargetMode", "").lower() != "external":
                target = attributes.get("Target", "").replace("\\", "/")
                full = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/").lower()
                found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], full)
        return found

    def _elements(self, archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
        """Return the elements of a small part, names without their prefix; a missing part has none."""
        if part not in self._present:
            return []
        found: list[tuple[str, dict[str, str]]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            found.append((_local(tag), {_local(key): value for key, value in attributes.items()}))

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        feed(part, parser, self._unpack_small(archive, part))
        return found

    def _unpack_small(self, archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
        member = self._present[part]
        if member.file_size > _SMALL_PART:
            raise TooBig("PART_TOO_BIG", f"The file's part {part[:80]!r} is over 16 MiB.", limit=_SMALL_PART)
        return unpack(archive, member)

    def _cut(
        self, archive: zipfile.ZipFile, workbook: Workbook, sheet: SheetPart, path: Path, limits: Limits
    ) -> SheetScan:
        """Write the new archive: one worksheet per block, the shared texts, the number formats."""
        longest = 0
        with tempfile.TemporaryFile() as raw, zipfile.ZipFile(path, "w") as out:
            if workbook.shared:
                pieces = unpack(archive, self._present[workbook.shared])
                with out.open("xl/sharedStrings.xml", "w") as target:
                    longest = scan_shared_strings(workbook.shared, _tee(pieces, target.write), limits)
            if workbook.styles:
                with out.open("xl/styles.xml", "w") as target:
                    scan_plain(workbook.styles, _tee(self._unpack_small(archive, workbook.styles), target.write))
            pieces = unpack(archive, self._present[sheet.part])
            scan = scan_worksheet(sheet.part, _tee(pieces, raw.write), limits, longest)
            if scan.blocks:
                raw.flush()
                _write_blocks(out, raw, scan.blocks)
            _write_frame(out, len(scan.blocks), date1904=workbook.date1904)
        return scan


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _tee(pieces: Iterable[bytes], write: Callable[[bytes], object]) -> Iterator[bytes]:
    """Hand the pieces on only after they were kept, so that what is read later is what was looked at."""
    for piece in pieces:
        write(piece)
        yield piece


def _write_blocks(out: zipfile.ZipFile, raw: BinaryIO, blocks: list[Block]) -> None:
    with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as xml:
        end = _SHEET_END.search(xml, blocks[-1].offset)
        if end is None:
            raise Damaged("DAMAGED_XML", "The sheet's data has no end.", advice="Save the file anew as .xlsx.")
        offsets = [*(block.offset for block in blocks), end.start()]
    for index, block in enumerate(blocks):
        raw.seek(offsets[index])
        left = offsets[index + 1] - offsets[index]
        with out.open(f"xl/worksheets/{index}.xml", "w") as target:
            # The empty row before it gives a row that does not say its number the right one.
            before = f'<row r="{block.row - 1}"></row>' if block.row > 1 else ""
            target.write(f"<worksheet><sheetData>{before}".encode())
            while left and (piece := raw.read(min(left, CHUNK))):
                target.write(piece)
                left -= len(piece)
            target.write(b"</sheetData></worksheet>")


def _write_frame(out: zipfile.ZipFile, blocks: int, *, date1904: bool) -> None:
    """Write what makes an archive a workbook: its relations and the list of its sheets."""
    out.writestr("_rels/.rels", _relations_xml([("main", "officeDocument", "xl/workbook.xml")]))
    links = [(f"s{index}", "worksheet", f"worksheets/{index}.xml") for index in range(blocks)]
    out.writestr("xl/_rels/workbook.xml.rels", _relations_xml(links))
    sheets = "".join(f'<sheet name="{index}" sheetId="{index + 1}" r:id="s{index}"/>' for index in range(blocks))
    out.writestr(
        "xl/workbook.xml",
        f'<workbook xmlns:r="{_OFFICE}/relationships"><workbookPr date1904="{int(date1904)}"/>'
        f"<sheets>{sheets}</sheets></workbook>",
    )


def _relations_xml(links: list[tuple[str, str, str]]) -> str:
    items = "".join(
        f'<Relationship Id="{identity}" Type="{_OFFICE}/relationships/{kind}" Target={quoteattr(target)}/>'
        for identity, kind, target in links
    )
    return f'<Relationships xmlns="{_PACKAGE}">{items}</Relationships>'


class _calamine:  # noqa: N801 -- read as a `with` clause, it is a verb and no class to its callers
    """Turn what calamine raises into Damaged; a Rust panic arrives as a BaseException and must not end a worker."""

    def __enter__(self) -> None:
        """Nothing to open."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if kind is not None and (issubclass(kind, (CalamineError, OSError)) or kind.__name__ == "PanicException"):
            detail = str(error).splitlines()[0][:120] if str(error) else kind.__name__
            raise Damaged(
                "DAMAGED_SHEET", f"The sheet cannot be read: {detail}.", advice="Save the file anew as .xlsx."
            ) from error
