"""Relative links in Markdown lead somewhere: the file exists, and so does the heading."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from housecheck.outcome import Outcome, own_files

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?(?P<target>[^)\s>]+)>?(?:\s+[\"'(][^)]*)?\)|(?:src|href)=\"(?P<attribute>[^\"]+)\"")
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*#*\s*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def check_links(root: Path) -> Outcome:
    """Refuse links in *.md to files or headings that are not there; addresses elsewhere are not asked."""
    outcome = Outcome()
    for path in own_files(root, ".md"):
        text = _without_code(path.read_text(encoding="utf-8"))
        for found in _LINK.finditer(text):
            target = unquote(found["target"] or found["attribute"])
            if not _ELSEWHERE.match(target) and (why := _broken(root, path, target)):
                outcome.problem(root, path, text.count("\n", 0, found.start()) + 1, f"link to {target}: {why}")
    return outcome


def _broken(root: Path, path: Path, target: str) -> str:
    name, _, anchor = target.partition("#")
    file = (path.parent / name).resolve() if name else path
    if not file.is_relative_to(root.resolve()):
        return "it leads out of the repository"
    if not file.exists():
        return "nothing is there"
    if anchor and file.suffix == ".md" and anchor not in _anchors(file):
        return "no such heading"
    return ""


def _anchors(file: Path) -> set[str]:
    """Return the anchors a Markdown file gets on a code host: lower case, spaces to hyphens, signs dropped."""
    titles = _HEADING.findall(_FENCE.sub("", file.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _without_code(text: str) -> str:
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    return _CODE.sub("", text)
