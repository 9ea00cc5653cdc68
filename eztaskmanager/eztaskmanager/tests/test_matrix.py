"""The fast tests once more: with the oldest Django, and on PostgreSQL throughout."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from eztaskmanager.tests.site import MANAGE, ROOT

OLDEST = ROOT.parent / ".local" / "matrix" / "django-4.2"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
needs_oldest = pytest.mark.skipif(
    not (OLDEST / "django").exists(), reason="run eztaskmanager/matrix/install.py first"
)


@pytest.mark.parametrize(
    ("oldest", "database"),
    [
        (False, "postgres"),
        pytest.param(True, "sqlite", marks=needs_oldest),
        pytest.param(True, "postgres", marks=needs_oldest),
    ],
)
def test_the_fast_tests_pass(oldest: bool, database: str) -> None:
    environment = {**os.environ, "EZTASK_TEST_DATABASE": database}
    if oldest:
        environment["PYTHONPATH"] = str(OLDEST)
    # As the documents say it, `python demoproject/manage.py test --verbosity=2`.
    command = [sys.executable, str(MANAGE), "test", "--verbosity=2"]
    if oldest:
        command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow"]

    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-4000:]
