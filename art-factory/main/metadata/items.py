"""The items of an AVIF picture: its EXIF and XMP are put beside it, without touching what it shows.

Source: ISO/IEC 14496-12, 8.11 (`meta`: `pitm`, `iinf`, `iloc`, `iref`), ISO/IEC 23008-12 annex A (metadata items).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from typing import Final

from main.metadata.boxes import Box, box, boxes
from main.metadata.containers import BrokenFile

XMP_TYPE: Final = b"application/rdf+xml"
MOST_META: Final = 1_000_000
_MOST_ITEMS: Final = 5_000


@dataclass(slots=True)
class _Place:
    """One entry of `iloc`: where an item's bytes lie. `method` 0 counts from the file's beginning."""

    item: int
    method: int
    reference: int
    base: int
    extents: list[tuple[int, int, int]] = field(default_factory=list)


class _Reader:
    """Reads numbers of so many bytes. BrokenFile at the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        if self.at + size > len(self.data):
            raise BrokenFile("a table of the AVIF file ends early")
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


@dataclass(slots=True)
class _Table:
    """`iloc` as a whole: version, the sizes of its numbers in bytes, its entries."""

    version: int
    sizes: tuple[int, int, int, int]
    places: list[_Place]

    @classmethod
    def read(cls, content: bytes) -> _Table:
        """Read the content of the box. BrokenFile."""
        reader = _Reader(content)
        version = reader.number(4) >> 24
        if version > 2:
            raise BrokenFile("the AVIF file places its items in a way that is not known here")
        packed = reader.number(2)
        sizes = (packed >> 12, packed >> 8 & 15, packed >> 4 & 15, (packed & 15) if version else 0)
        if not all(size in (0, 4, 8) for size in sizes):
            raise BrokenFile("a table of the AVIF file is broken")
        wide = 4 if version == 2 else 2
        places, extents = [], 0
        for _ in range(_bounded(reader.number(wide))):
            item, method = reader.number(wide), reader.number(2) if version else 0
            one = _Place(item, method & 15, reader.number(2), reader.number(sizes[2]))
            number = reader.number(2)
            extents = _bounded(extents + number)  # where numbers have no bytes, nothing else ends this
            for _extent in range(number):
                one.extents.append((reader.number(sizes[3]), reader.number(sizes[0]), reader.number(sizes[1])))
            places.append(one)
        return cls(version, sizes, places)

    def write(self) -> bytes:
        """Return the content of the box; offsets and lengths have at least four bytes. BrokenFile when one does not fit."""
        offset, length = max(4, self.sizes[0]), max(4, self.sizes[1])
        wide = 4 if self.version == 2 else 2
        try:
            packed = offset << 12 | length << 8 | self.sizes[2] << 4 | self.sizes[3]
            found = struct.pack(">IH", self.version << 24, packed) + len(self.places).to_bytes(wide, "big")
            for one in self.places:
                found += one.item.to_bytes(wide, "big") + (struct.pack(">H", one.method) if self.version else b"")
                found += struct.pack(">H", one.reference) + one.base.to_bytes(self.sizes[2], "big")
                found += struct.pack(">H", len(one.extents))
                for index, at, size in one.extents:
                    found += (
                        index.to_bytes(self.sizes[3], "big") + at.to_bytes(offset, "big") + size.to_bytes(length, "big")
                    )
        except (OverflowError, struct.error):
            raise BrokenFile("the AVIF file is too long for its own table") from None
        return found

    def moved(self, behind: int, delta: int) -> None:
        """Let what lies behind a place in the file lie `delta` further on."""
        for one in self.places:
            if one.method == 0 and one.base >= behind:
                one.base += delta
            elif one.method == 0:
                one.extents = [
                    (index, at + delta if one.base + at >= behind else at, size) for index, at, size in one.extents
                ]

    def inside(self, start: int, end: int) -> bool:
        """Say whether anything lies between two places in the file."""
        return any(
            start <= one.base + at < end for one in self.places if one.method == 0 for _index, at, _size in one.extents
        )


def with_items(data: bytes, exif: bytes, packet: bytes) -> bytes:
    """Return an AVIF picture with EXIF (TIFF data) and an XMP packet as items of its own, in older ones' place. BrokenFile."""
    outer = boxes(data)
    metas = [one for one in outer if one.kind == b"meta"]
    if len(metas) != 1 or metas[0].end - metas[0].start > MOST_META or any(one.kind == b"moov" for one in outer):
        raise BrokenFile("the AVIF file is no single picture")
    meta = metas[0]
    inner = boxes(data, meta.content + 4, meta.end)
    picture = _primary(data, _one(inner, b"pitm"))
    infos, kept_ids, old = _infos(data, _one(inner, b"iinf"))
    location = _one(inner, b"iloc")
    table = _Table.read(data[location.content : location.end])
    table.places = [one for one in table.places if one.item not in old]
    end = outer[-1]
    if end.kind == b"mdat" and end.start >= meta.end and old and not table.inside(end.start, end.end):
        data = data[: end.start]  # what only the older ones lay in
    if data[end.start : end.start + 4] == b"\0\0\0\0":
        raise BrokenFile("the AVIF file does not say how long its last box is")
    first = max([picture, *kept_ids]) + 1
    if first + 1 > 0xFFFF:
        raise BrokenFile("the AVIF file has no number left for an item")
    payloads = (b"\0\0\0\0" + exif, packet)
    infos += [_info(first, b"Exif", b""), _info(first + 1, b"mime", XMP_TYPE + b"\0")]
    refs = _references(data, inner, old, picture, (first, first + 1))
    new = [_Place(first + at, 0, 0, 0, [(0, 0, len(one))]) for at, one in enumerate(payloads)]

    def written() -> bytes:
        parts = {
            b"iinf": struct.pack(">IH", 0, len(infos)) + b"".join(infos),
            b"iloc": replace(table, places=[*table.places, *new]).write(),
            b"iref": refs,
        }
        others = [data[one.start : one.end] for one in inner if one.kind not in parts]
        content = b"".join([*others, *(box(kind, content) for kind, content in parts.items())])
        return box(b"meta", data[meta.content : meta.content + 4] + content)

    delta = len(written()) - (meta.end - meta.start)
    table.moved(meta.end, delta)
    at = len(data) + delta + 8
    for one, payload in zip(new, payloads, strict=True):
        one.extents = [(0, at, len(payload))]
        at += len(payload)
    return data[: meta.start] + written() + data[meta.end :] + box(b"mdat", b"".join(payloads))


def _bounded(count: int) -> int:
    if count > _MOST_ITEMS:
        raise BrokenFile("the AVIF file has too many items")
    return count


def _one(inner: list[Box], kind: bytes) -> Box:
    found = [one for one in inner if one.kind == kind]
    if len(found) != 1:
        raise BrokenFile(f"the AVIF file has no table {kind.decode()}, or more than one")
    return found[0]


def _primary(data: bytes, one: Box) -> int:
    """Return the number of the picture itself."""
    reader = _Reader(data[one.content : one.end])
    return reader.number(4 if reader.number(4) >> 24 else 2)


def _infos(data: bytes, one: Box) -> tuple[list[bytes], list[int], set[int]]:
    """Return the entries that stay, all numbers, and the numbers of the EXIF and XMP there are already."""
    reader = _Reader(data[one.content : one.end])
    wide = 4 if reader.number(4) >> 24 else 2
    _bounded(reader.number(wide))
    kept, numbers, old = [], [], set()
    for entry in boxes(data, one.content + reader.at, one.end):
        inside = _Reader(data[entry.content : entry.end])
        version = inside.number(4) >> 24
        if entry.kind != b"infe" or version not in (2, 3):
            raise BrokenFile("the AVIF file names its items in a way that is not known here")
        number = inside.number(4 if version == 3 else 2)
        inside.number(2)
        kind = inside.number(4).to_bytes(4, "big")
        numbers.append(number)
        if kind == b"Exif" or (kind == b"mime" and XMP_TYPE in inside.data[inside.at :]):
            old.add(number)
        else:
            kept.append(data[entry.start : entry.end])
    return kept, numbers, old


def _info(number: int, kind: bytes, content_type: bytes) -> bytes:
    return box(b"infe", struct.pack(">IHH4s", 0x02000001, number, 0, kind) + b"\0" + content_type)


def _references(data: bytes, inner: list[Box], old: set[int], picture: int, new: tuple[int, int]) -> bytes:
    """Return the content of `iref`: what there was, and that the new items describe the picture."""
    there = [one for one in inner if one.kind == b"iref"]
    if len(there) > 1:
        raise BrokenFile("the AVIF file has two tables iref")
    version = data[there[0].content] if there and there[0].content < there[0].end else 0
    wide = 4 if version else 2
    found = bytes((version, 0, 0, 0))
    for one in boxes(data, there[0].content + 4, there[0].end) if there else []:
        if _Reader(data[one.content : one.end]).number(wide) not in old:
            found += data[one.start : one.end]
    for number in new:
        found += box(b"cdsc", number.to_bytes(wide, "big") + b"\0\1" + picture.to_bytes(wide, "big"))
    return found
