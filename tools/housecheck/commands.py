"""Checks that are other programs: ruff, mypy, import-linter, Django's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from housecheck.outcome import Outcome, systems

BIN = Path(sys.executable).parent
TRACEBACK_LINES = 8


def check_ruff(root: Path) -> Outcome:
    """Lint everything."""
    return run(root, [BIN / "ruff", "check", "--quiet", "--output-format", "concise", "."])


def check_format(root: Path) -> Outcome:
    """Compare every file with the formatter's output."""
    return run(root, [BIN / "ruff", "format", "--check", "--quiet", "--output-format", "concise", "."])


def check_types(root: Path) -> Outcome:
    """Type-check packages, tools and bench with their tests in one run.

    Each package's `src` and `tools` are bases of their own, everything else is named from the root, so that two
    `tests/conftest.py` do not collide.
    """
    bases = [*sorted(root.glob("packages/*/src")), root / "tools"]
    folders = [name for name in ("packages", "tools", "bench") if list((root / name).rglob("*.py"))]
    environment = {"MYPYPATH": os.pathsep.join(map(str, bases))}
    return run(root, [BIN / "mypy", "--explicit-package-bases", "--no-error-summary", *folders], environment)


def check_django_types(root: Path) -> Outcome:
    """Type-check each Django system from its own folder, with the settings its `mypy.ini` names."""
    return _in_django_systems(root, [BIN / "mypy", "--no-error-summary", "."])


def check_imports(root: Path) -> Outcome:
    """Check the import contracts; systems are found by path, since they are not installed."""
    path = os.pathsep.join(str(system) for system in systems(root))
    return run(
        root, [BIN / "lint-imports", "--no-logo", "--no-cache", "--config", ".importlinter"], {"PYTHONPATH": path}
    )


def check_django(root: Path) -> Outcome:
    """Run Django's system checks, every warning counted as a failure."""
    return _in_django_systems(root, [sys.executable, "manage.py", "check", "--fail-level", "WARNING"])


def check_migrations(root: Path) -> Outcome:
    """Refuse models whose migration has not been written."""
    return _in_django_systems(root, [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"])


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


def _in_django_systems(root: Path, command: list[str | Path]) -> Outcome:
    outcome = Outcome()
    found = [system for system in systems(root) if (system / "manage.py").exists()]
    for system in found:
        # The settings need a key to load; no service is asked.
        result = run(system, command, {"DEBUG": "True"})
        outcome.problems += [f"{system.name}: {line}" for line in result.problems]
    if not found:
        outcome.notes.append("skipped: no system with a manage.py yet")
    return outcome
