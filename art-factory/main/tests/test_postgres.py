"""The same tests on PostgreSQL: whatever asks a database runs once more there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FILES = [
    "test_searching.py",
    "test_keys.py",
    "test_dynamic.py",
    "test_collecting.py",
    "test_backup.py",
    "test_taking_in.py",
    "test_models.py",
    "test_metadata.py",
    "test_curating.py",
    "test_negative_list.py",
    "test_providers.py",
    "test_placing.py",
    "test_paid_calls.py",
    "test_holding.py",
    "test_advising.py",
    "test_queries_per_item.py",
    "test_pages.py",
    "test_seeding.py",
    "test_commands.py",
    "test_provider_commands.py",
    "test_api.py",
]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.environ.get("ART_TEST_DATABASE") == "postgres", reason="this run is on PostgreSQL itself")
def test_the_suite_is_green_on_postgresql() -> None:
    """In a process of its own, since a process has one default database."""
    folder = Path(__file__).resolve().parent
    asked = ["-q", "--no-header", "-o", "localservices=postgres"]
    command = [sys.executable, "-m", "pytest", *asked, *(str(folder / name) for name in FILES)]
    environment = {**os.environ, "ART_TEST_DATABASE": "postgres"}
    done = subprocess.run(
        command, cwd=folder.parent.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-5000:]
