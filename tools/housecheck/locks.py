"""The locks pin every release by hash, carry no addresses, and agree with what people install with pip."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

from housecheck.outcome import Outcome

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_ADDRESS = re.compile(r"[a-z+]+://|\s@\s|--(?:index-url|extra-index-url|find-links)|^-[if]\s")
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def installable(root: Path) -> dict[str, Path]:
    """Return the folders of our own installable members by distribution name (eztaskmanager's is not its folder's)."""
    found = {}
    for project in [*root.glob("packages/*/pyproject.toml"), root / "eztaskmanager" / "pyproject.toml"]:
        if project.exists():
            found[_normal(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["name"])] = project.parent
    return found


def check_locks(root: Path) -> Outcome:
    """Check `locks/*.txt`, each member's dependencies against them, and `requirements.txt` of each system."""
    outcome = Outcome()
    for lock in sorted((root / "locks").glob("*.txt")):
        _check_hashes(root, lock, outcome)
    lock = root / "locks" / "all.txt"
    if not lock.exists():
        outcome.problem(root, lock, 1, "is missing; run `make lock`")
        return outcome
    pinned = _pins(lock.read_text(encoding="utf-8"))
    for project in sorted([*root.glob("*/pyproject.toml"), *root.glob("packages/*/pyproject.toml")]):
        _check_member(root, project, pinned, outcome)
    tracked = subprocess.run(["git", "ls-files", "uv.lock"], cwd=root, capture_output=True, text=True, check=False)
    if tracked.stdout.strip():
        outcome.problem(root, root / "uv.lock", 1, "spells out addresses; keep it out of git")
    return outcome


def _check_hashes(root: Path, lock: Path, outcome: Outcome) -> None:
    for number, line in _logical_lines(lock.read_text(encoding="utf-8")):
        if _ADDRESS.search(line):
            outcome.problem(root, lock, number, "holds an address")
        elif not _PIN.match(line):
            outcome.problem(root, lock, number, "is not pinned to one version")
        elif "--hash=sha256:" not in line:
            outcome.problem(root, lock, number, "has no hash")


def _check_member(root: Path, project: Path, pinned: dict[str, set[str]], outcome: Outcome) -> None:
    """A member's dependencies are in the lock; a system's requirements.txt pins the same versions and our packages."""
    document = tomllib.loads(project.read_text(encoding="utf-8"))
    wanted = {_normal(_NAME.findall(text)[0]) for text in document.get("project", {}).get("dependencies", [])}
    ours = installable(root)
    own = wanted & ours.keys()
    for name in sorted(wanted - own - pinned.keys()):
        outcome.problem(root, project, 1, f"{name} is not in locks/all.txt; run `make lock`")
    requirements = project.parent / "requirements.txt"
    if document.get("tool", {}).get("uv", {}).get("package") is not False:
        return
    if not requirements.exists():
        outcome.problem(root, requirements, 1, "is missing; run `make lock`")
        return
    text = requirements.read_text(encoding="utf-8")
    versions = _pins(text)
    for name in sorted(versions):
        if not versions[name] <= pinned.get(name, set()):
            outcome.problem(root, requirements, 1, f"{name} differs from locks/all.txt; run `make lock`")
    for name in sorted(wanted - own - versions.keys()):
        outcome.problem(root, requirements, 1, f"{name} is missing; run `make lock`")
    editable = {Path(line.split()[1]).name for line in text.splitlines() if line.startswith("-e ")}
    for name in sorted(name for name in own if ours[name].name not in editable):
        outcome.problem(root, requirements, 1, f"our package {name} is missing; run `make lock`")


def _pins(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _number, line in _logical_lines(text):
        if pin := _PIN.match(line):
            found.setdefault(_normal(pin["name"]), set()).add(pin["version"])
    return found


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return (number of the first line, text) with continued lines joined and comments dropped."""
    found: list[tuple[int, str]] = []
    continued = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        piece = line.strip().removesuffix("\\")
        if continued:
            found[-1] = (found[-1][0], f"{found[-1][1]} {piece}")
        else:
            found.append((number, piece))
        continued = line.rstrip().endswith("\\")
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
