"""A small house in a temporary folder, tracked by git, into which a test puts one bad thing."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Put = Callable[[str, str], Path]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """An empty git repository with one Django system, `shop`."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "manage.py").write_text('"""Entry."""\n')
    return tmp_path


@pytest.fixture
def put(house: Path) -> Put:
    """Write a file below the house: `put("shop/a.py", "...")`."""

    def write(name: str, text: str) -> Path:
        path = house / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
