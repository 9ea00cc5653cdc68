"""`.env.example` and the settings agree: nothing is read that it does not name, nothing named that is not read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from housecheck.outcome import Outcome, is_test, own_files, systems

_LINE = re.compile(r"^\s*#?\s*(?:export\s+)?(?P<name>[A-Z][A-Z0-9_]*)=", re.MULTILINE)
# Set by the interpreter, the framework's start-up files or the shell; nobody configures a system with them.
_NOT_SETTINGS = frozenset(
    {"DJANGO_SETTINGS_MODULE", "PATH", "HOME", "PYTHONPATH", "PERL5LIB", "VIRTUAL_ENV", "NO_COLOR", "TERM"}
)


def check_environment(root: Path) -> Outcome:
    """Compare each system's `.env.example` (commented lines count) with the names its code reads, both ways."""
    outcome = Outcome()
    for system in systems(root):
        read: dict[str, Path] = {}
        for path in own_files(root, ".py"):
            if path.is_relative_to(system) and not is_test(root, path):
                read |= dict.fromkeys(names_read(path.read_text(encoding="utf-8")), path)
        example = system / ".env.example"
        if not example.exists():
            if read:
                outcome.problem(root, example, 1, f"is missing, but {len(read)} variables are read")
            continue
        listed = set(_LINE.findall(example.read_text(encoding="utf-8")))
        for name in sorted(read.keys() - listed):
            outcome.problem(root, example, 1, f"{name} is read in {read[name].relative_to(root)} but not listed")
        for name in sorted(listed - read.keys()):
            outcome.problem(root, example, 1, f"{name} is listed but nothing reads it")
    return outcome


def names_read(source: str) -> set[str]:
    """Return the variables a module reads: `env("X")`, `env.int("X")`, `os.environ["X"]`, `os.getenv("X")`,
    pydantic's `Field(validation_alias="X")`.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and _reads(node.func):
            found.add(_text(node.args[0]))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Field":
            found |= {_text(word.value) for word in node.keywords if word.arg == "validation_alias"}
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and ast.unparse(node.value) == "os.environ"
        ):
            found.add(_text(node.slice))
    return {name for name in found if name} - _NOT_SETTINGS


def _reads(function: ast.expr) -> bool:
    name = ast.unparse(function)
    if name in ("os.getenv", "os.environ.get", "environ.get", "getenv"):
        return True
    return name == "env" or (name.startswith("env.") and name.count(".") == 1 and not name.startswith("env.read"))


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
