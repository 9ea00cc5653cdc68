"""No file over 500 lines, no function over 60; the aim is 300 and 30."""

from __future__ import annotations

import ast
from pathlib import Path

from housecheck.outcome import Outcome, own_files

FILE_LIMIT, FILE_AIM = 500, 300
FUNCTION_LIMIT, FUNCTION_AIM = 60, 30
SUFFIXES = (".py", ".js", ".css", ".html", ".sh")


def check_sizes(root: Path) -> Outcome:
    """Refuse files and functions over the limit, count those over the aim; a function starts at its `def`."""
    outcome = Outcome()
    long_files = long_functions = 0
    for path in own_files(root, *SUFFIXES):
        source = path.read_text(encoding="utf-8", errors="replace")
        length = source.count("\n") + (not source.endswith("\n"))
        long_files += length > FILE_AIM
        if length > FILE_LIMIT:
            outcome.problem(root, path, 1, f"{length} lines; split it, {FILE_LIMIT} is the limit")
        if path.suffix == ".py":
            for line, name, lines in _functions(source):
                long_functions += lines > FUNCTION_AIM
                if lines > FUNCTION_LIMIT:
                    outcome.problem(root, path, line, f"{name} has {lines} lines; {FUNCTION_LIMIT} is the limit")
    outcome.notes.append(f"{long_files} files over {FILE_AIM} lines, {long_functions} functions over {FUNCTION_AIM}")
    return outcome


def _functions(source: str) -> list[tuple[int, str, int]]:
    return [
        (node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
