"""A fresh clone works without any configuration; a server without a key refuses to start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYSTEM = Path(__file__).resolve().parent.parent.parent
ASK = "from django.conf import settings; print(settings.DEBUG, bool(settings.SECRET_KEY))"


def answer_of(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ask the settings of a copy of the system what they are."""
    values = {
        name: value for name, value in os.environ.items() if name not in ("SECRET_KEY", "DEBUG", "PRINTER_NETWORKS")
    }
    values |= {"DJANGO_SETTINGS_MODULE": "printer_inventory.settings", **environment}
    return subprocess.run(
        [sys.executable, "-c", ASK], cwd=folder, env=values, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the settings in a folder of their own, as in a clone nobody has prepared yet."""
    shutil.copytree(SYSTEM / "printer_inventory", tmp_path / "system" / "printer_inventory")
    return tmp_path / "system"


def test_a_clone_that_make_has_prepared_needs_no_configuration(clone: Path) -> None:
    (clone.parent / ".local").mkdir()
    assert answer_of(clone).stdout == "True True\n"


def test_a_server_is_no_development_clone_however_it_was_installed(clone: Path) -> None:
    (clone.parent / ".local").mkdir()
    assert answer_of(clone, SECRET_KEY="x" * 50).stdout == "False True\n"


def test_without_a_key_nothing_starts(clone: Path) -> None:
    refused = answer_of(clone)
    assert refused.returncode != 0
    assert "Set SECRET_KEY" in refused.stderr
