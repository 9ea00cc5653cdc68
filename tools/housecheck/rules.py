"""House rules for Python, read from the syntax tree: what a comment cannot switch off."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from housecheck.outcome import Outcome, is_test, own_files, systems

_PATTERN_FUNCTIONS = frozenset(
    {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
)
_HTTP_MODULES = frozenset({"django.http", "django.shortcuts", "rest_framework", "fastapi", "starlette"})
_NOQA = re.compile(r"#\s*noqa(?P<codes>:\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)?(?P<rest>[^#]*)(?P<more>#.*)?")

# Beside a pattern that comes from data in this repository; the reason follows.
_OWN_PATTERN = "our own pattern:"

Found = Iterator[tuple[int, str]]


def check_rules(root: Path) -> Outcome:
    """Apply the rules to every Python file of ours; tests may do what a system may not."""
    outcome = Outcome()
    homes = systems(root)
    for path in own_files(root, ".py"):
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        in_system = any(path.is_relative_to(home) for home in homes) and not is_test(root, path)
        lines = source.splitlines()
        found = [*_everywhere(tree), *_escapes(tree, lines), *_silenced(path, lines)]
        if in_system:
            found += [*_in_systems(tree, lines, is_command="commands" in path.parts)]
            found += (
                [*_http_in_services(tree)] if "services" in path.parts or path.stem in ("services", "tasks") else []
            )
        for line, text in sorted(found):
            outcome.problem(root, path, line, text)
    return outcome


def _everywhere(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare `except:` also catches Ctrl-C; name the exception"
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func)
        if name.endswith("datetime.now") and not node.args and not any(word.arg == "tz" for word in node.keywords):
            yield node.lineno, "`datetime.now()` without a zone; pass one, such as UTC"
        if name.endswith(("datetime.utcnow", "datetime.utcfromtimestamp")):
            yield node.lineno, f"`{name}` gives a time without a zone"
        if any(word.arg == "shell" and not _is_false(word.value) for word in node.keywords):
            yield node.lineno, "a command through a shell; pass a list and no `shell=`"


def _in_systems(tree: ast.Module, lines: list[str], *, is_command: bool) -> Found:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func)
        if name == "print" and not is_command:
            yield node.lineno, "`print()` in a system; log it, or return it"
        module, _, function = name.rpartition(".")
        foreign = module == "re" and function in _PATTERN_FUNCTIONS and node.args and not _is_fixed(node.args[0])
        if foreign and not _has_comment(lines, node.lineno, _OWN_PATTERN):
            yield node.lineno, "`re` with a pattern that is not written here; use `regex` with a timeout"


def _http_in_services(tree: ast.Module) -> Found:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            if any(name == module or name.startswith(f"{module}.") for module in _HTTP_MODULES):
                yield node.lineno, f"a service knows no HTTP: `{name}` belongs to a view"


def _escapes(tree: ast.Module, lines: list[str]) -> Found:
    """Ask for a reason beside or above every `mark_safe` and `SafeString`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        trusts = _dotted(node.func).rpartition(".")[2] in ("mark_safe", "SafeString")
        if trusts and not _has_comment(lines, node.lineno, ""):
            yield node.lineno, "`mark_safe` without a comment that says why the text is safe"


def _has_comment(lines: list[str], number: int, text: str) -> bool:
    """Say whether the line, or a comment line right above it, holds a comment with this text."""
    above = lines[number - 2].strip() if number > 1 else ""
    beside = lines[number - 1].partition("#")
    return (above.startswith("#") and text in above) or (bool(beside[1]) and text in beside[2])


def _silenced(path: Path, lines: list[str]) -> Found:
    """Ask for a code and a reason behind every `noqa`."""
    if path.name == "rules.py" and path.parent.name == "housecheck":
        return
    for number, line in enumerate(lines, 1):
        found = _NOQA.search(line)
        if found and _in_comment(line, found.start()):
            reason = f"{found['rest']}{found['more'] or ''}".strip(" -#:")
            if not found["codes"] or len(reason) < 5:
                yield number, "`noqa` needs its code and, beside it, the reason"


def _in_comment(line: str, start: int) -> bool:
    before = line[:start]
    return before.count('"') % 2 == 0 and before.count("'") % 2 == 0


def _is_fixed(node: ast.expr) -> bool:
    """Say whether a pattern is made of literals, constants and `re.escape` only."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.BinOp(left=left, right=right):
            return _is_fixed(left) and _is_fixed(right)
        case ast.JoinedStr(values=values):
            return all(_is_fixed(value) for value in values)
        case ast.FormattedValue(value=value):
            return _is_fixed(value)
        case ast.Call(func=func):
            return _dotted(func) == "re.escape"
    return False


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""
