"""Memory does not follow the number of rows: measured in a process of its own, by its peak."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

WRITE = """
import resource, sys
from sheets import write_table
count, kind, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
write_table(path, [f"c{n}" for n in range(16)], ([f"row {row} {n}" for n in range(16)] for row in range(count)), kind=kind)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
READ = """
import resource, sys
from sheets import read_table
with read_table(sys.argv[3]) as table:
    assert sum(1 for _row in table) == int(sys.argv[1]) + 1
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(program: str, count: int, kind: str, path: Path) -> int:
    command = [sys.executable, "-c", program, str(count), kind, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_twenty_thousand_rows_take_no_more_than_two_thousand(kind: str, tmp_path: Path) -> None:
    small, large = tmp_path / f"small.{kind}", tmp_path / f"large.{kind}"
    assert peak(WRITE, 20_000, kind, large) <= peak(WRITE, 2_000, kind, small) * 1.2
    assert peak(READ, 20_000, kind, large) <= peak(READ, 2_000, kind, small) * 1.2
