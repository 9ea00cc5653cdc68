"""The agent's XML as a plain tree, read as hostile text: no DTD, no entities, no network, bounded in size, depth and number.

An agent writes one `<REQUEST>` per device, each with an XML declaration of its own, one after the other on one stream, and it
copies what a device said as it is, control characters included. So the text is cut into documents first, characters that XML
1.0 section 2.2 does not allow are dropped, and each document is read by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from inventory.polling.snmp.text import MAX_LENGTH, decode_text

MAX_INPUT: Final = 64 * 1024 * 1024
"""Octets of one file or answer; a thousand devices with long interface tables stay below it."""

MAX_DOCUMENT: Final = 4 * 1024 * 1024
"""Octets of one device's document; a printer's has some 6 kB, a big switch's some 2 MB."""

MAX_DEPTH: Final = 32
MAX_NODES: Final = 100_000
MAX_TEXT: Final = 64 * 1024
"""Characters kept of one element's own text."""

END: Final = b"</REQUEST>"

_DECLARED: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_MARKUP: Final = re.compile(rb"(<[^<>]*>)")
_DECLARATION: Final = re.compile(r"<\?xml[^>]{0,200}\?>")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_XML_REFERENCE: Final = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]));", re.IGNORECASE
)
_STRAY_AMPERSAND: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_FORBIDDEN: Final = re.compile(r"<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_CODECS: Final = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1",
    "iso-8859-15": "iso8859-15", "windows-1251": "cp1251", "windows-1252": "cp1252", "koi8-r": "koi8-r",
}  # fmt: skip
"""Encodings a declaration may name; all agree with ASCII, so that markup cannot hide in another one."""


class InventoryXmlError(ValueError):
    """The text is no inventory XML, or breaks a limit; the message says which and where, and never quotes the text."""


@dataclass(slots=True)
class Node:
    """An element: its name in capitals without a namespace, its own text trimmed, its children. Attributes are left out."""

    tag: str
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, tag: str) -> list[Node]:
        """Return the children of that name, in order."""
        return [child for child in self.children if child.tag == tag]

    def first(self, tag: str) -> Node | None:
        """Return the first child of that name, None where there is none."""
        return next((child for child in self.children if child.tag == tag), None)

    def text_of(self, tag: str) -> str:
        """Return the first non-empty text among the children of that name, or ""."""
        return next((child.text for child in self.children if child.tag == tag and child.text), "")

    def find(self, tag: str) -> list[Node]:
        """Return the nearest descendants of that name: none is looked for inside one that is found."""
        found: list[Node] = []
        for child in self.children:
            found.extend([child] if child.tag == tag else child.find(tag))
        return found


class _Builder:
    """Receives lxml's parser events (its "target" interface) and builds `Node`s within the limits."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._lengths: list[int] = []
        self._count = 0

    def start(self, tag: str | bytes, _attributes: Mapping[str | bytes, str | bytes]) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise InventoryXmlError(f"The XML has more than {MAX_NODES} elements.")
        if len(self._open) >= MAX_DEPTH:
            raise InventoryXmlError(f"The XML is nested deeper than {MAX_DEPTH} levels.")
        node = Node(_text(tag).rpartition("}")[2].upper())
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])
        self._lengths.append(0)

    def data(self, data: str | bytes) -> None:
        kept = _text(data)[: MAX_TEXT - self._lengths[-1]]
        self._lengths[-1] += len(kept)
        self._texts[-1].append(kept)

    def comment(self, text: str | bytes) -> None:
        """Leave comments out."""

    def end(self, tag: str | bytes) -> None:  # noqa: ARG002 - the name is checked by the parser
        node = self._open.pop()
        self._lengths.pop()
        node.text = "".join(self._texts.pop()).strip()

    def close(self) -> Node:
        if self.root is None:
            raise InventoryXmlError("The XML has no element.")
        return self.root


def _text(value: str | bytes) -> str:
    """The interface allows both; lxml hands over str."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def decode(data: bytes) -> str:
    """Return the text in the encoding its declaration names, UTF-8 without one.

    Agents copy a device's strings into UTF-8 as they are: text that is not UTF-8 is decoded like a device's own.
    """
    if len(data) > MAX_INPUT:
        raise InventoryXmlError(f"The XML is longer than {MAX_INPUT // 2**20} MiB.")
    if b"\x00" in data[:4]:
        raise InventoryXmlError("The XML is in UTF-16 or UTF-32; agents write UTF-8.")
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf").lstrip())
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in _CODECS:
        raise InventoryXmlError("The XML names an encoding that no agent uses; save it as UTF-8.")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if _CODECS[name] != "utf-8":
        return data.decode(_CODECS[name], "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(map(_decode_part, _MARKUP.split(data)))


def _decode_part(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeDecodeError:
        return decode_text(part) if len(part) <= MAX_LENGTH else part.decode("utf-8", "replace")


def split_documents(text: str) -> Iterator[str]:
    """Yield each top-level document's text without its XML declaration; blank stretches yield nothing."""
    for part in re.split(r"(?<=</REQUEST>)", text):
        body = _DECLARATION.sub("", part)
        if body.strip():
            yield body


def parse_document(text: str) -> Node:
    """Return the root of one document; raise InventoryXmlError, and nothing else, whatever the text."""
    text = _repaired(text)
    octets = text.encode("utf-8", "replace")
    if len(octets) > MAX_DOCUMENT:
        raise InventoryXmlError(f"One document of the XML is longer than {MAX_DOCUMENT // 2**20} MiB.")
    if _FORBIDDEN.search(text):
        raise InventoryXmlError("The XML holds a document type or entity declaration; inventories have none.")
    parser = etree.XMLParser(
        target=_Builder(),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
    )
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError as error:
        raise InventoryXmlError(f"The XML is not well-formed near line {error.lineno or 0}.") from None
    if not isinstance(root, Node):
        raise InventoryXmlError("The XML has no element.")
    return root


def read_documents(data: bytes) -> list[Node]:
    """Return the root of every document in `data`; raise InventoryXmlError when it holds none or one is broken."""
    roots = [parse_document(part) for part in split_documents(decode(data))]
    if not roots:
        raise InventoryXmlError("The XML is empty.")
    return roots


def _repaired(text: str) -> str:
    """Drop what XML 1.0 does not allow, as itself or as a reference, and write a stray ampersand as text."""
    text = _NOT_XML.sub("", text)
    if "&" in text:
        text = _STRAY_AMPERSAND.sub("&amp;", _NOT_XML_REFERENCE.sub("", text))
    return text


class DocumentSplitter:
    """Cuts a stream of octets into documents as they complete."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._rest = bytearray()
        self._from = 0

    def feed(self, octets: bytes) -> list[bytes]:
        """Take what arrived and return the documents it completed; InventoryXmlError when one grows past MAX_DOCUMENT."""
        self._rest += octets
        found: list[bytes] = []
        while (at := self._rest.find(END, self._from)) >= 0:
            found.append(bytes(self._rest[: at + len(END)]))
            del self._rest[: at + len(END)]
            self._from = 0
        self._from = max(0, len(self._rest) - len(END) + 1)
        if len(self._rest) > MAX_DOCUMENT:
            raise InventoryXmlError(f"One document of the XML is longer than {MAX_DOCUMENT // 2**20} MiB.")
        return found
