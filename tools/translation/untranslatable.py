"""Words in templates that no translation reaches: text, spoken attributes and literals of tags that are not marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from housecheck.outcome import is_test, own_files

_COMMENT: Final = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.DOTALL)
_TRANSLATED: Final = re.compile(
    r"\{%-?\s*blocktrans(?:late)?\b.*?\{%-?\s*endblocktrans(?:late)?\s*-?%\}|\{%-?\s*trans(?:late)?\b.*?%\}"
    r"|\{%-?\s*(?:load|url|static|extends|vendored|csrf_token)\b.*?%\}",
    re.DOTALL,
)
_JINJA: Final = re.compile(r"\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\}|\{%-?\s*(?:extends|include)\b.*?%\}", re.DOTALL)
# Blocks that hold names of classes.
_CLASSES: Final = re.compile(r"\{%\s*block\s+\w*_class\s*%\}(?:(?!endblock).)*\{%\s*endblock\b.*?%\}")
_TAG: Final = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_MARKED: Final = re.compile(r"_\(\s*(\"[^\"]*\"|'[^']*')\s*\)")
_LITERAL: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_SPOKEN: Final = frozenset(
    {
        "title",
        "placeholder",
        "aria-label",
        "alt",
        "data-label",
        "data-ask",
        "data-ask-text",
        "data-ask-yes",
        "data-command",
    }
)
_SILENT: Final = frozenset({"script", "style", "code", "kbd", "pre", "samp"})
_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_SENTENCE: Final = re.compile(r"[A-Z]?[a-z]{2,} [a-z]{2,}|^[A-Z][a-z]+$")
# Names, units, formats, formulas and patterns are the same in every language.
SAME: Final = re.compile(
    r"^(?:[A-Z0-9/ .+-]{2,}|Excel|SNMP\w*|https?|txt|jsonl|gz|XPath|Keycloak|Swagger|ReDoc|[KMG]B|ms|Y-m-d.*|H:i.*|/\S* ?/?"
    r"|StockX|SoleFlip|\w+_\w+(?: [-+*/] \w+_\w+)*|.*\\d.*)$"
)


def texts_in(root: Path, source: str, *, jinja: bool = False) -> Iterator[tuple[Path, int, str]]:
    """Yield (file, line, text) for every unmarked text of the templates below a folder."""
    for path in own_files(root / source, ".html"):
        if is_test(root / source, path):
            continue
        text = _CLASSES.sub(_blank, _COMMENT.sub(_blank, path.read_text(encoding="utf-8")))
        if jinja:
            text = _JINJA.sub(_blank, text)
        elif "jinja2" not in path.parts:
            text = _TRANSLATED.sub(_blank, text)
        for line, found in [*_in_tags(text), *_in_markup(text)]:
            if not SAME.match(found):
                yield path, line, found


def _in_tags(text: str) -> Iterator[tuple[int, str]]:
    for tag in _TAG.finditer(text):
        for literal in _LITERAL.finditer(_MARKED.sub(" ", tag[0])):
            words = literal[1] or literal[2] or ""
            if _SENTENCE.search(words):
                yield text.count("\n", 0, tag.start()) + 1, words


def _in_markup(text: str) -> Iterator[tuple[int, str]]:
    reader = _Reader()
    reader.feed(_TAG.sub(lambda found: " " + "\n" * found[0].count("\n"), text))
    return iter(reader.found)


class _Reader(HTMLParser):
    """Collects what a person would read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in _SILENT
        for name, value in attrs:
            if name in _SPOKEN and _WORD.search(value or ""):
                self.found.append((self.getpos()[0], " ".join((value or "").split())))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.silent -= tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent and _WORD.search(data):
            self.found.append((self.getpos()[0], " ".join(data.split())))


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")
