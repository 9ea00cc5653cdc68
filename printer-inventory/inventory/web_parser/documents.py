"""A page as a tree that XPath can be asked about: HTML as it is written, XML without entities, JSON as elements."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from lxml import etree

from inventory.polling.web.pages import Document
from inventory.web_parser.errors import ReadError

MOST_NODES: Final = 100_000
DEEPEST_JSON: Final = 40

_COUNT: Final = etree.XPath("count(//node())", regexp=False)
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NO_CHARSET: Final = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "utf-7", "undefined"})


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page and how many nodes it has."""

    root: etree._Element
    nodes: int


def parse(document: Document) -> Page:
    """Return a document as a tree; ReadError for one that is empty, too large, or XML that declares entities."""
    content = document.content.strip(b"\x00")
    if not content.strip():
        raise ReadError("The page is empty.")
    kind = _kind(document.content_type, content)
    try:
        root = _PARSERS[kind](content, _charset(document.charset))
    except (etree.XMLSyntaxError, etree.ParserError, ValueError, RecursionError) as error:
        raise ReadError(f"The page is no readable {kind.upper()}: {str(error)[:100]}.") from None
    if root is None:
        raise ReadError("The page is empty.")
    nodes = int(str(_COUNT(root)).partition(".")[0])
    if nodes > MOST_NODES:
        raise ReadError(f"The page has {nodes} elements; {MOST_NODES} are read at most.")
    return Page(root, nodes)


def _kind(content_type: str, content: bytes) -> str:
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if "json" in content_type:
        return "json"
    if "html" in content_type or start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if "xml" in content_type or start.startswith(b"<?xml"):
        return "xml"
    return "json" if start[:1] in (b"{", b"[") else "html" if b"<" in content else "text"


def _charset(name: str) -> str | None:
    """Return a charset that both Python and libxml2 know; None leaves it to the page's own declaration."""
    try:
        known = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return None
    return known if known and known not in _NO_CHARSET else None


def _html(content: bytes, charset: str | None) -> Any:
    try:
        parser = etree.HTMLParser(encoding=charset, remove_comments=True, remove_pis=True, no_network=True)
    except LookupError:
        parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    return etree.fromstring(content, parser)


def _xml(content: bytes, charset: str | None) -> Any:
    del charset  # XML declares its own
    head = content[:100_000].replace(b"\x00", b"")
    if b"<!ENTITY" in head or (b"<!DOCTYPE" in head and b"[" in head[head.find(b"<!DOCTYPE") :].partition(b">")[0]):
        raise ReadError("The page is XML that declares entities, which no printer needs; it was not read.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    root = etree.fromstring(content, parser)
    declared: Any = root.getroottree().docinfo.internalDTD
    if declared is not None and any(True for _ in declared.iterentities()):
        raise ReadError("The page is XML that declares entities, which no printer needs; it was not read.")
    # A default namespace would make every plain name in an XPath find nothing.
    for element in root.iter("{*}*"):
        element.tag = etree.QName(element).localname
    return root


def _json(content: bytes, charset: str | None) -> Any:
    del charset  # RFC 8259: UTF-8
    root = etree.Element("json")
    _grow(root, json.loads(content.decode("utf-8-sig", "replace")), 0)
    return root


def _grow(parent: etree._Element, value: Any, depth: int) -> None:
    if depth > DEEPEST_JSON:
        raise ReadError(f"The page is JSON nested more than {DEEPEST_JSON} deep.")
    if isinstance(value, dict):
        for key, item in value.items():
            known = _NAME.fullmatch(key) is not None and not key.lower().startswith("xml")
            child = etree.SubElement(parent, key if known else "item")
            if not known:
                child.set("name", _clean(key))
            _grow(child, item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _grow(etree.SubElement(parent, "item"), item, depth + 1)
    elif value is not None:
        parent.text = _clean(str(value).lower() if isinstance(value, bool) else str(value))


def _text(content: bytes, charset: str | None) -> Any:
    root = etree.Element("text")
    root.text = _clean(content.decode(charset or "utf-8", "replace"))
    return root


def _clean(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(
        sign
        for sign in text
        if sign in "\t\n\r" or (sign >= " " and not "\ud800" <= sign <= "\udfff" and sign not in "\ufffe\uffff")
    )


_PARSERS: Final = {"html": _html, "xml": _xml, "json": _json, "text": _text}
