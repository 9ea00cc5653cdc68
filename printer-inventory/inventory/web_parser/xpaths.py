"""XPath written by users, over pages written by strangers.

libxml2 has no time limit for XPath, so what an expression may cost is reckoned before it runs: an axis that looks through the
whole page costs its size once, one inside the predicate of another, or after it, costs it again for each. What would exceed the
budget on this page is refused with words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from lxml import etree

from inventory.web_parser.errors import ReadError, RuleError

LONGEST: Final = 500
BUDGET: Final = 12_000_000
"""Node visits: a second or two at the very worst."""
TEXT_LENGTH: Final = 20_000

# An axis or an absolute path that may look at every node of the page.
_WIDE: Final = re.compile(
    r"//|(?:descendant|descendant-or-self|following|preceding|following-sibling|preceding-sibling|ancestor|ancestor-or-self)\s*::"
    r"|(?:^|[(\[,|=<>+*]|\band|\bor|\bdiv|\bmod)\s*/(?!/)"
)


class Shape(NamedTuple):
    """How large a page is: nodes in all, and most of them side by side."""

    nodes: int
    widest: int


_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_OWN_TEXT: Final = re.compile(r"(?<![\w.*/\])])\.(?![\w./])|\.\.(?!/)")
_MOST_OWN_TEXTS: Final = 6
_UPWARDS: Final = re.compile(r"\.\.|parent\s*::")
_FORBIDDEN: Final = re.compile(r"\b(?:id|document|lang|key|unparsed-entity-uri)\s*\(")


@lru_cache(maxsize=2_000)
def compiled(xpath: str) -> etree.XPath:
    """Return the compiled expression; RuleError for one that is too long, not valid or asks too much of any page."""
    if len(xpath) > LONGEST:
        raise RuleError(f"The XPath is longer than {LONGEST} characters.")
    if "\x00" in xpath or any(ord(sign) < 32 and sign not in "\t\r\n" for sign in xpath):
        raise RuleError("The XPath holds control characters.")
    bare = _QUOTED.sub("''", xpath)
    if _FORBIDDEN.search(bare) or len(_OWN_TEXT.findall(bare)) > _MOST_OWN_TEXTS or bare.count("[") > 12:
        raise RuleError("The XPath is too elaborate; name the place by an id, a label or its position.")
    try:
        return etree.XPath(xpath, regexp=False, smart_strings=False)
    except (etree.XPathError, ValueError) as error:
        raise RuleError(f"The XPath is not valid: {str(error)[:100]}.") from None


def cost(xpath: str, shape: Shape) -> int:
    """Return how many node visits an expression may need on a page of this shape, at most."""
    visits, _ = _reckon(_QUOTED.sub("''", xpath), 0, shape)
    return visits


def first_text(xpath: str, root: etree._Element, nodes: int) -> str:
    """Return the text of the first thing an expression finds; ReadError where it finds nothing or would cost too much."""
    found = _run(xpath, root, nodes)
    if isinstance(found, list):
        if not found:
            raise ReadError("The XPath finds nothing on this page.")
        found = found[0]
    return text_of(found)


def matches(xpath: str, root: etree._Element, nodes: int) -> int:
    """Return how many things an expression finds; a plain value counts as one."""
    found = _run(xpath, root, nodes)
    return len(found) if isinstance(found, list) else 1


def text_of(found: object) -> str:
    """Return the text of an element, attribute or value, blanks collapsed."""
    if etree.iselement(found):
        text = "".join(_pieces(str(piece) for piece in found.itertext()))
    elif isinstance(found, bool):
        text = "true" if found else "false"
    elif isinstance(found, float):
        text = str(int(found)) if found.is_integer() else str(found)
    else:
        text = str(found)
    return " ".join(text[:TEXT_LENGTH].replace("\x00", "").split())


def _pieces(texts: Iterable[str]) -> Iterable[str]:
    length = 0
    for text in texts:
        yield text
        length += len(text)
        if length > TEXT_LENGTH:
            return


def _run(xpath: str, root: etree._Element, nodes: int) -> object:
    expression = compiled(xpath)
    # Nearly every page is so small that it need not be measured.
    if cost(xpath, Shape(nodes, nodes)) > BUDGET and cost(xpath, _shape(root, nodes)) > BUDGET:
        raise ReadError(f"The XPath would look through this page of {nodes} nodes too many times; make it more exact.")
    try:
        found: object = expression(root)
    except (etree.XPathError, ValueError, RecursionError, MemoryError) as error:
        raise ReadError(f"The XPath fails on this page: {str(error)[:100]}.") from None
    return found


def _shape(root: etree._Element, nodes: int) -> Shape:
    """Measure a page; text between elements counts."""
    return Shape(nodes, 2 * max(len(element) for element in root.iter()) + 1)


def _reckon(text: str, start: int, shape: Shape) -> tuple[int, int]:
    """Return the cost of one bracket level beginning at `start`, and where it ends."""
    own, inner, place = "", 0, start
    while place < len(text) and text[place] != "]":
        if text[place] == "[":
            nested, place = _reckon(text, place + 1, shape)
            inner += nested
            own += " "
        else:
            own += text[place]
        place += 1
    wide = sorted(_breadth(axis, shape) for axis in _WIDE.findall(own))
    if start:
        # Inside a predicate the text of a parent may be that of the whole page.
        wide += [shape.nodes] * len(_UPWARDS.findall(own))
    # The widest step visits each node; a further one begins at every node that the one before has found.
    visits = wide.pop() * (sum(wide) if wide else 1) if wide else 1
    return visits * max(1, inner), place


def _breadth(axis: str, shape: Shape) -> int:
    """Return how many nodes an axis visits from one node."""
    return shape.widest if "sibling" in axis else shape.nodes
