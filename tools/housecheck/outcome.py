"""What a check found, and which files a check looks at."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# Written by a machine, or by somebody else: size and style are not ours.
NOT_OURS = frozenset({"migrations", "vendor", "node_modules", ".venv", ".git", ".local", "staticfiles", "__pycache__"})


@dataclass
class Outcome:
    """`problems` refuse the check, one line each; `notes` are told and change nothing."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, root: Path, path: Path, line: int, text: str) -> None:
        """Add a problem in the form editors can jump to."""
        self.problems.append(f"{path.relative_to(root)}:{line}: {text}")


def files(root: Path, *suffixes: str) -> list[Path]:
    """Return what git tracks or would add below `root`, without what is gone; a folder without git is walked.

    `suffixes` such as `.py` narrow it down. Order is by name.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    inside_git = listing.returncode == 0 and (root / ".git").exists()
    paths = [root / name for name in listing.stdout.decode().split("\0") if name] if inside_git else root.rglob("*")
    return sorted({path for path in paths if path.is_file() and (not suffixes or path.suffix in suffixes)})


def own_files(root: Path, *suffixes: str) -> list[Path]:
    """Return `files` without generated and vendored ones."""
    return [path for path in files(root, *suffixes) if not NOT_OURS.intersection(path.relative_to(root).parts)]


def is_test(root: Path, path: Path) -> bool:
    """Say whether a file belongs to tests."""
    parts = path.relative_to(root).parts
    return "tests" in parts or path.name == "conftest.py"


def systems(root: Path) -> list[Path]:
    """Return the folders of the systems: those at the top with a `main.py` or a `manage.py`, theirs or a demo project's."""
    folders = [path for path in root.iterdir() if path.is_dir() and path.name not in NOT_OURS]
    return sorted(path for path in folders if (path / "main.py").exists() or manage_of(path))


def manage_of(system: Path) -> Path | None:
    """Return a Django system's `manage.py`, its own or that of the demo project of a published app."""
    return next((path for path in (system / "manage.py", system / "demoproject" / "manage.py") if path.exists()), None)
