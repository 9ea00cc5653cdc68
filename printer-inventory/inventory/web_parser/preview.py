"""A printer's page as an operator may safely look at it, and where on it a clicked element stands.

The preview is written anew from a short list of harmless elements; nothing of the page's own scripts, styles, addresses or
attributes is copied. Each element carries its number in the page, and a number is all that a click sends back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from lxml import etree

from inventory.web_parser import documents, xpaths
from inventory.web_parser.errors import ReadError, RuleError

KEPT: Final = frozenset(
    {
        "div", "span", "p", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "ul", "ol", "li", "dl", "dt", "dd",
        "h1", "h2", "h3", "h4", "h5", "h6", "b", "i", "strong", "em", "u", "small", "pre", "code", "br", "hr", "center", "sub",
        "fieldset", "legend", "label", "section", "article", "header", "footer", "nav", "main", "output", "sup", "address",
    }
)  # fmt: skip
DROPPED: Final = frozenset(
    {
        "script", "style", "noscript", "template", "object", "embed", "applet", "svg", "math", "link", "meta", "base", "head",
        "param", "audio", "video", "canvas",
    }
)  # fmt: skip
VOID: Final = frozenset({"br", "hr"})
MOST_ELEMENTS: Final = 8_000
MOST_TEXT: Final = 300
LABEL_LENGTH: Final = 60
_LABELS: Final = frozenset({"th", "td", "dt", "label", "span", "b", "strong", "div", "p", "li"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An XPath to an element: why it is a good one, and how many elements it finds."""

    xpath: str
    why: str
    matches: int


def render(page: documents.Page, path: str, title: str, style_url: str, script_url: str) -> str:
    """Return the preview as a whole HTML page with our style sheet and script, given by their addresses."""
    numbers = {element: number for number, element in enumerate(page.root.iter())}
    as_tree = page.root.find(".//body") is None
    parts = list(_tree(page.root, numbers) if as_tree else _drawn(page.root, numbers, path))
    cut = '<p class="q-cut">…</p>' if len(numbers) > MOST_ELEMENTS else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<link rel="stylesheet" href="{escape(style_url)}"></head><body>{"".join(parts)}{cut}'
        f'<script src="{escape(script_url)}"></script></body></html>'
    )


def element_at(page: documents.Page, number: int) -> etree._Element:
    """Return the element with a number of the preview; ReadError when the page has none."""
    for place, element in enumerate(page.root.iter()):
        if place == number:
            return element
    raise ReadError("The page has no such element; load it again.")


def candidates(page: documents.Page, element: etree._Element) -> list[Candidate]:
    """Return XPaths that find an element first, the sturdiest in front: by id, by the label beside it, by its position."""
    found: list[Candidate] = []
    for xpath, why in _ways(element):
        try:
            expression = xpaths.compiled(xpath)
            if xpaths.cost(xpath, xpaths.Shape(page.nodes, page.nodes)) > xpaths.BUDGET * 4:
                continue
            matches = expression(page.root)
        except (RuleError, etree.XPathError):
            continue
        if isinstance(matches, list) and matches and matches[0] is element:
            found.append(Candidate(xpath, why, len(matches)))
    return found


def _ways(element: etree._Element) -> Iterator[tuple[str, str]]:
    tag = _tag(element)
    identity = element.get("id") or ""
    if identity and _literal(identity) is not None:
        yield f"//*[@id={_literal(identity)}]", "id"
    label = _label_before(element)
    if label is not None:
        before, text = label
        yield f"//{_tag(before)}[normalize-space()={_literal(text)}]/following-sibling::{tag}[1]", "label"
    name = element.get("name") or ""
    if name and _literal(name) is not None:
        yield f"//{tag}[@name={_literal(name)}]", "name"
    css = (element.get("class") or "").strip()
    if css and _literal(css) is not None:
        yield f"//{tag}[@class={_literal(css)}]", "class"
    yield _absolute(element), "position"


def _label_before(element: etree._Element) -> tuple[etree._Element, str] | None:
    """Return the nearest element before this one that has a short text, and the text."""
    if _tag(element) == "?":
        return None
    for before in element.itersiblings(preceding=True):
        text = xpaths.text_of(before)
        if text:
            good = len(text) <= LABEL_LENGTH and _tag(before) in _LABELS and _literal(text) is not None
            own = [one for one in before.itersiblings() if one.tag == element.tag]
            return (before, text) if good and own and own[0] is element else None
    return None


def _absolute(element: etree._Element) -> str:
    """Return the way from the root, shortened to the nearest element with an id."""
    steps: list[str] = []
    node: Any = element
    while node is not None:
        identity = node.get("id") or ""
        if node is not element and identity and _literal(identity) is not None:
            return "//*[@id=" + str(_literal(identity)) + "]/" + "/".join(reversed(steps))
        same = [one for one in node.itersiblings(preceding=True) if one.tag == node.tag]
        after = any(one.tag == node.tag for one in node.itersiblings())
        steps.append(_tag(node) if not same and not after else f"{_tag(node)}[{len(same) + 1}]")
        node = node.getparent()
    return "/" + "/".join(reversed(steps))


def _name(element: etree._Element) -> str:
    """Return an element's name; nothing for a comment or an instruction, whose tag is a function."""
    tag: object = element.tag
    return tag if isinstance(tag, str) else ""


def _tag(element: etree._Element) -> str:
    tag = _name(element) or "?"
    return tag if tag.replace("-", "").replace("_", "").replace(".", "").isalnum() and tag.isascii() else "*"


def _literal(text: str) -> str | None:
    """Return a text as XPath writes it; None where XPath 1.0 cannot, or it is too long to be a name."""
    if len(text) > LABEL_LENGTH or any(ord(sign) < 32 for sign in text):
        return None
    if "'" not in text:
        return f"'{text}'"
    return f'"{text}"' if '"' not in text else None


def _drawn(element: etree._Element, numbers: dict[etree._Element, int], path: str) -> Iterator[str]:
    """Yield an element and what is in it, as harmless HTML."""
    tag, number = _name(element), numbers[element]
    if tag in DROPPED or not tag or number > MOST_ELEMENTS:
        yield escape(element.tail or "")
        return
    name = tag if tag in KEPT else "div" if tag in ("body", "form", "html", "frameset") else "span"
    spans = "".join(
        f' {key}="{value}"'
        for key in ("colspan", "rowspan")
        if (value := element.get(key, "")).isascii() and value.isdigit()
    )
    where = (
        _inside(element.get("href") or element.get("src") or "", path)
        if tag in ("a", "frame", "iframe", "area")
        else ""
    )
    link = f' data-href="{escape(where)}" class="q-link"' if where else ""
    yield f'<{name} data-pick="{number}"{spans[:40]}{link}>'
    yield escape(element.text or "") + escape(_told(tag, element, where))
    if name not in VOID:
        for child in element:
            yield from _drawn(child, numbers, path)
        yield f"</{name}>"
    yield escape(element.tail or "")


def _told(tag: str, element: etree._Element, where: str) -> str:
    """Return what a form field, picture or frame shows, in words; never a password."""
    if tag == "input":
        kind = (element.get("type") or "text").lower()
        return "[•••]" if kind == "password" else f"[{(element.get('value') or kind)[:MOST_TEXT]}]"
    if tag == "img":
        return f"[{(element.get('alt') or 'picture')[:MOST_TEXT]}]"
    return f"[{where}]" if tag in ("frame", "iframe") and where else ""


def _inside(address: str, path: str) -> str:
    """Return a link's path on this same printer; nothing for addresses elsewhere and for scripts."""
    try:
        whole = urlsplit(urljoin(f"http://printer{path}", address.strip()))
    except ValueError:
        return ""
    if whole.scheme != "http" or whole.netloc != "printer" or not whole.path.startswith("/"):
        return ""
    target = f"{whole.path}?{whole.query}" if whole.query else whole.path
    plain = target.isascii() and all(ord(sign) > 32 and sign not in "\\#" for sign in target)
    return target if plain and len(target) <= 500 else ""


def _tree(element: etree._Element, numbers: dict[etree._Element, int]) -> Iterator[str]:
    """Yield XML or JSON as an indented list of names and values."""
    number = numbers[element]
    if number > MOST_ELEMENTS:
        return
    name = _name(element)
    facts = " ".join(f"{key!s}={value!s}" for key, value in list(element.attrib.items())[:8])
    yield f'<div class="q-node" data-pick="{number}"><span class="q-name">{escape(name)}</span>'
    yield f' <span class="q-facts">{escape(facts[:MOST_TEXT])}</span> {escape((element.text or "").strip()[:MOST_TEXT])}'
    for child in element:
        yield from _tree(child, numbers)
    yield "</div>"
