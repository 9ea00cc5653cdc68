"""The table of the original's defects is complete, and fits tests and code."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from eztaskmanager.tests.defects import (
    DEFECTS,
    LEFT_OUT,
    PACKAGE,
    Defect,
    switch_off,
)


def test_every_defect_but_one_has_its_row() -> None:
    numbers = [defect.number for defect in DEFECTS]
    assert numbers == [n for n in range(1, 26) if n != LEFT_OUT]
    assert sum(defect.off is not None for defect in DEFECTS) >= 10


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: str(defect.number))
def test_its_tests_exist_and_its_fix_can_be_switched_off(
    defect: Defect, tmp_path: Path
) -> None:
    for test in defect.tests:
        file, _, name = test.partition(": ")
        source = (PACKAGE / "tests" / f"{file}.py").read_text()
        assert len(re.findall(rf"^def test_{name}", source, re.MULTILINE)) == 1, test
    if defect.off is None:
        return
    target = tmp_path / defect.off.file
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(PACKAGE / defect.off.file, target)
    switch_off(defect, tmp_path)
    compile(target.read_text(), str(target), "exec")
