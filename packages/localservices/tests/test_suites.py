"""tools/suites.py on toy members: what it runs, counts and says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localservices.services import load_servers

SUITES = Path(__file__).resolve().parents[3] / "tools" / "suites.py"
OPTIONS = """
[tool.pytest.ini_options]
asyncio_default_fixture_loop_scope = "function"
markers = ["slow: slow"]
"""
MIXED = """
import pytest
def test_good(): pass
@pytest.mark.parametrize("number", [1, 2])
def test_bad(number): assert number == 3, "bad news"
@pytest.fixture
def broken():
    yield
    raise RuntimeError("teardown news")
def test_bad_twice(broken): assert False
@pytest.mark.skip(reason="no Node here")
def test_skipped(): pass
@pytest.mark.slow
def test_slow(): pass
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SUITES.exists(), reason="this copy of the package came without tools/"),
]


def member(root: Path, name: str, test: str, options: str = OPTIONS) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "pyproject.toml").write_text(options)
    (folder / "test_it.py").write_text(test)


def suites(root: Path, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SUITES), *arguments],
        env=environ | {"LOCALSERVICES_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout.rstrip("\n").rpartition("\n")[2]


def test_all_kinds_of_outcome_are_counted(root: Path, silent_environ: dict[str, str]) -> None:
    member(root, "packages/mixed", MIXED)
    member(root, "green", "def test_one(): pass\ndef test_two(): pass\n")
    member(root, "nosuite", "def test_never(): assert False\n", "[project]\nname = 'x'\n")
    result = suites(root, silent_environ, "fast")
    assert last_line(result) == "3 passed, 3 failed, 1 skipped", result.stdout + result.stderr
    assert result.returncode == 1
    assert "skipped 1: no Node here" in result.stdout
    assert "bad news" in result.stdout
    assert "teardown news" in result.stdout
    assert [line.split()[:3] for line in result.stdout.splitlines() if line.startswith("green")] == [
        ["green", "2", "passed"]
    ]
    assert "test_never" not in result.stdout


def test_slow_ones_run_alone_and_none_is_fine(root: Path, silent_environ: dict[str, str]) -> None:
    member(root, "packages/mixed", MIXED)
    member(root, "green", "def test_one(): pass\n")
    result = suites(root, silent_environ, "slow")
    assert (last_line(result), result.returncode) == ("1 passed, 0 failed", 0), result.stdout + result.stderr


def test_one_member_can_be_chosen(root: Path, silent_environ: dict[str, str]) -> None:
    member(root, "bad", "def test_bad(): assert False\n")
    member(root, "green", "def test_one(): pass\n")
    result = suites(root, silent_environ, "all", "green")
    assert (last_line(result), result.returncode) == ("1 passed, 0 failed", 0)
    unknown = suites(root, silent_environ, "all", "gren")
    assert unknown.returncode == 2
    assert "no suite in gren; there are bad, green" in unknown.stderr


def test_what_failed_is_run_again_alone(root: Path, silent_environ: dict[str, str]) -> None:
    once = "    seen = Path('seen')\n    was = seen.exists()\n    seen.touch()\n    assert was\n"
    once = f"from pathlib import Path\ndef test_once():\n{once}"
    member(root, "flaky", f"def test_good(): pass\n{once}")
    member(root, "bad", "def test_good(): pass\ndef test_bad(): assert False\n")
    member(root, "green", "def test_one(): pass\n")
    assert last_line(suites(root, silent_environ, "fast")) == "3 passed, 2 failed"
    again = suites(root, silent_environ, "fast", "--again")
    assert (last_line(again), again.returncode) == ("1 passed, 1 failed", 1)
    assert last_line(suites(root, silent_environ, "fast", "--again")) == "0 passed, 1 failed"


def test_a_suite_that_crashes_counts_as_failed(root: Path, silent_environ: dict[str, str]) -> None:
    member(root, "crash", "import os\ndef test_gone(): os._exit(9)\n")
    member(root, "unreadable", "def broken(:\n")
    member(root, "noconfig", "def test_one(): pass\n", OPTIONS + "unknown_option = 1\naddopts = '--strict-config'\n")
    result = suites(root, silent_environ, "fast")
    assert last_line(result) == "0 passed, 3 failed", result.stdout
    assert result.returncode == 1


def test_services_are_started_once_and_stopped(root: Path, silent_environ: dict[str, str]) -> None:
    test = (
        "import os, pathlib\n"
        "def test_one():\n"
        "    pathlib.Path(os.environ['LOCALSERVICES_ROOT'], 'ports').open('a').write(os.environ['DB_PORT'] + chr(10))\n"
    )
    for name in ("one", "two", "three"):
        member(root, name, test, OPTIONS + 'localservices = ["postgres"]\n')
    result = suites(root, silent_environ, "fast")
    assert last_line(result) == "3 passed, 0 failed", result.stdout + result.stderr
    assert len(set((root / "ports").read_text().split())) == 1
    assert load_servers(root / ".local" / "test")["postgres"].pid() is None
