"""Templates that hold under a strict Content-Security-Policy and never switch escaping off."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from housecheck.outcome import Outcome, own_files

_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_UNSAFE = re.compile(r"\|\s*safe(?:seq)?\b|\{%\s*autoescape\s+off\b")
_JSON_TYPES = frozenset({"application/json", "application/ld+json"})


def check_templates(root: Path) -> Outcome:
    """Refuse inline scripts, styles and handlers, `javascript:` addresses and unescaped output in *.html."""
    outcome = Outcome()
    for path in own_files(root, ".html"):
        text = _COMMENT.sub(_blank, path.read_text(encoding="utf-8"))
        for found in _UNSAFE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            outcome.problem(root, path, line, "output without escaping; build the markup in a template instead")
        reader = _Reader()
        reader.feed(_TAG.sub(_placeholder, text))
        for line, problem in reader.problems:
            outcome.problem(root, path, line, problem)
    return outcome


class _Reader(HTMLParser):
    """Collects what a browser would refuse under `script-src 'self'; style-src 'self'`."""

    def __init__(self) -> None:
        super().__init__()
        self.problems: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        if tag == "script" and "src" not in given and given.get("type", "") not in _JSON_TYPES:
            self.problems.append((line, "inline <script>; move it into a file, or give data as application/json"))
        if tag == "style":
            self.problems.append((line, "inline <style>; move it into a stylesheet"))
        for name, value in given.items():
            if name == "style":
                self.problems.append((line, "`style=` attribute; use a class"))
            if (name.startswith("on") and name[2:].isalpha()) or name.startswith("hx-on"):
                self.problems.append((line, f"`{name}=` handler; attach it in a script file"))
            if name in ("href", "src", "action", "formaction") and value.strip().lower().startswith("javascript:"):
                self.problems.append((line, f"`{name}` runs a script; use a button and a script file"))

    handle_startendtag = handle_starttag


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _placeholder(found: re.Match[str]) -> str:
    """Keep lines and attribute values together: a variable reads as a word, a tag as a space."""
    return ("x" if found[0].startswith("{{") else " ") + "\n" * found[0].count("\n")
