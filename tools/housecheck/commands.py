"""Checks that are other programs: ruff, mypy, import-linter, Django's own."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from housecheck.outcome import Outcome, manage_of, systems

BIN = Path(sys.executable).parent
TRACEBACK_LINES = 8


def check_ruff(root: Path) -> Outcome:
    """Lint everything."""
    return run(root, [BIN / "ruff", "check", "--quiet", "--output-format", "concise", "."])


def check_format(root: Path) -> Outcome:
    """Compare every file with the formatter's output."""
    return run(root, [BIN / "ruff", "format", "--check", "--quiet", "--output-format", "concise", "."])


def check_types(root: Path) -> Outcome:
    """Type-check packages and tools with their tests, and the benchmarks that need no system, in one run.

    Each package's `src`, `tools` and `bench` are bases of their own, everything else is named from the root, so that two
    `tests/conftest.py` do not collide.
    """
    bases = [*sorted(root.glob("packages/*/src")), root / "tools", root / "bench"]
    checked = [name for name in ("packages", "tools") if list((root / name).rglob("*.py"))]
    apart = {path for system in systems(root) for path in benches_of(root, system)}
    checked += [str(path) for path in sorted(set(root.glob("bench/*.py")) - apart)]
    environment = {"MYPYPATH": os.pathsep.join(map(str, bases))}
    return run(root, [BIN / "mypy", "--explicit-package-bases", "--no-error-summary", *checked], environment)


def check_django_types(root: Path) -> Outcome:
    """Type-check each Django system and its benchmarks from its own folder, with the settings its `mypy.ini` names.

    A benchmark named like the package it measures is no module of that name, and would hide it: a run of its own, with the
    root as base, knows it as `bench.NAME`.
    """

    def benches(manage: Path, *, namesake: bool) -> list[Path]:
        system = root / manage.relative_to(root).parts[0]
        package = system.name.replace("-", "_")
        return [path for path in benches_of(root, system) if (path.stem == package) is namesake]

    def alone(manage: Path) -> list[str | Path]:
        return [] if benches(manage, namesake=False) else [BIN / "mypy", "--no-error-summary", "."]

    def together(manage: Path) -> list[str | Path]:
        found = benches(manage, namesake=False)
        return [BIN / "mypy", "--no-error-summary", ".", *found] if found else []

    def apart(manage: Path) -> list[str | Path]:
        found = benches(manage, namesake=True)
        return [BIN / "mypy", "--no-error-summary", *found] if found else []

    outcome = _in_django_systems(root, alone)
    outcome.problems += _in_django_systems(root, together, {"MYPYPATH": str(root / "bench")}).problems
    outcome.problems += _in_django_systems(root, apart, {"MYPYPATH": str(root)}).problems
    return outcome


def check_sole_types(root: Path) -> Outcome:
    """Type-check SoleFlip and its benchmarks from its own folder, by its `mypy.ini`."""
    system = root / "soleflip"
    if not (system / "mypy.ini").exists():
        return Outcome(notes=["skipped: no soleflip/mypy.ini"])
    benches = [path for path in benches_of(root, system) if path.stem != system.name]
    return run(system, [BIN / "mypy", "--no-error-summary", ".", *benches], {"MYPYPATH": str(root / "bench")})


def check_imports(root: Path) -> Outcome:
    """Check the import contracts of this folder's packages and systems; the latter are not installed anywhere."""
    path = os.pathsep.join(map(str, [*systems(root), *sorted(root.glob("packages/*/src"))]))
    return run(
        root, [BIN / "lint-imports", "--no-logo", "--no-cache", "--config", ".importlinter"], {"PYTHONPATH": path}
    )


def check_django(root: Path) -> Outcome:
    """Run Django's system checks, every warning counted as a failure."""
    return _in_django_systems(root, lambda manage: [sys.executable, manage, "check", "--fail-level", "WARNING"])


def check_migrations(root: Path) -> Outcome:
    """Refuse models whose migration has not been written."""
    return _in_django_systems(root, lambda manage: [sys.executable, manage, "makemigrations", "--check", "--dry-run"])


def check_vendored(root: Path) -> Outcome:
    """Compare the vendored front end with its manifest."""
    if not (root / "tools" / "vendor.py").exists():
        return Outcome(notes=["skipped: tools/vendor.py does not exist yet"])
    return run(root, [sys.executable, "tools/vendor.py", "--check"])


def run(folder: Path, command: list[str | Path], environment: dict[str, str] | None = None) -> Outcome:
    """Run a program; what it prints becomes the problems when it fails."""
    result = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = [line for line in result.stdout.splitlines() if line.strip()]
    if any(line.startswith("Traceback") for line in lines):
        lines = lines[-TRACEBACK_LINES:]
    if result.returncode == 0:
        return Outcome()
    return Outcome(problems=lines or [f"{Path(command[0]).name} ended with exit code {result.returncode}"])


def benches_of(root: Path, system: Path) -> list[Path]:
    """Return the benchmarks that import a system's packages, directly or through a file beside them."""
    files = {path.stem: path for path in sorted(root.glob("bench/*.py"))}
    imports = {name: _imported(path) for name, path in files.items()}
    found = {path.parent.name for path in system.glob("*/__init__.py")}
    while more := {name for name in files if name not in found and imports[name] & found}:
        found |= more
    return [path for name, path in files.items() if name in found]


def _imported(path: Path) -> set[str]:
    """Return the top-level names a file imports anywhere."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def _in_django_systems(
    root: Path, command: Callable[[Path], list[str | Path]], environment: dict[str, str] | None = None
) -> Outcome:
    outcome = Outcome()
    found = [(system, manage) for system in systems(root) if (manage := manage_of(system))]
    for system, manage in found:
        # The settings need a key to load; no service is asked.
        if not (line := command(manage)):
            continue
        result = run(system, line, {"DEBUG": "True", **(environment or {})})
        outcome.problems += [f"{system.name}: {line}" for line in result.problems]
    if not found:
        outcome.notes.append("skipped: no system with a manage.py yet")
    return outcome
