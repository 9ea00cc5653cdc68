"""The import contracts cover every package and every app there is."""

from __future__ import annotations

import configparser
from pathlib import Path

from housecheck.outcome import Outcome, systems


def check_contracts_cover(root: Path) -> Outcome:
    """Refuse an importable folder of `packages/*/src` or of a system that `.importlinter` does not name.

    A package missing from `root_packages` would be free of every contract without anybody noticing.
    """
    outcome = Outcome()
    config = root / ".importlinter"
    parser = configparser.ConfigParser()
    parser.read(config)
    named = set(parser.get("importlinter", "root_packages", fallback="").split())
    present = {path.parent.name for path in root.glob("packages/*/src/*/__init__.py")}
    present |= {path.parent.name for system in systems(root) for path in system.glob("*/__init__.py")}
    for name in sorted(present - named):
        outcome.problem(root, config, 1, f"{name} is not among root_packages, so no contract holds it")
    for name in sorted(named - present):
        outcome.problem(root, config, 1, f"{name} is among root_packages but does not exist")
    return outcome
