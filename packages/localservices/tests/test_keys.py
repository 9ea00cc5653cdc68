"""Secrets of a clone: made once, kept private, different everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from localservices.keys import demo_password, secret_key


def test_the_demo_password_is_made_once_per_clone(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    password = demo_password(one)
    assert re.fullmatch(r"([a-z2-9]{4}-){2}[a-z2-9]{4}", password)
    assert demo_password(one) == password
    assert demo_password(two) != password
    assert (one / ".local" / "demo-password").stat().st_mode & 0o777 == 0o600


def test_each_system_signs_with_its_own_key(tmp_path: Path) -> None:
    key = secret_key(tmp_path, "printer-inventory")
    assert len(key) >= 50
    assert secret_key(tmp_path, "printer-inventory") == key
    assert secret_key(tmp_path, "soleflip") != key
