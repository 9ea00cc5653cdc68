"""One setting of a `.env` changed, and nothing else."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import environ
import pytest
from django.core.management import CommandError, call_command
from hypothesis import example, given
from hypothesis import strategies as st

from inventory.services.operations import envfile

PAGE = """# DEBUG=never touched
SECRET_KEY=s3cret=with=signs # and a remark

export DEBUG="False"
DEBUG = neither
DEBUGGER=1
"""


def as_settings_read(text: str, name: str) -> str | None:
    """Return what django-environ makes of a file."""
    reader: Any = type("Reader", (environ.Env,), {"ENVIRON": {}})
    reader.read_env(StringIO(text, newline=None))
    found: dict[str, str] = reader.ENVIRON
    return found.get(name)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# DEBUG=True\n", None),
        ("DEBUGGER=1\n", None),
        ("DEBUG=True", "True"),
        ("export DEBUG=yes\n", "yes"),
        ("DEBUG = yes\n", None),
        ("DEBUG='on'\n", "on"),
        ('DEBUG="False"\r\n', "False"),
        ("DEBUG=1 # why\n", "1 # why"),
        ("DEBUG=\nX=1\n", ""),
        ("DEBUG=True\nDEBUG=False\n", "False"),
    ],
)
def test_a_value_is_found_as_the_settings_find_it(text: str, value: str | None) -> None:
    assert as_settings_read(text, "DEBUG") == value
    assert envfile.value_of(text, "DEBUG") == value


def test_every_other_line_stays() -> None:
    changed = envfile.with_value(PAGE, "DEBUG", "True")
    assert changed == PAGE.replace('"False"', "True")


@pytest.mark.parametrize(("text", "expected"), [("", "A=1\n"), ("B=2", "B=2\nA=1\n"), ("B=2\r\n", "B=2\r\nA=1\r\n")])
def test_a_missing_setting_becomes_the_last_line(text: str, expected: str) -> None:
    assert envfile.with_value(text, "A", "1") == expected


def test_a_setting_that_stands_twice_is_changed_twice() -> None:
    assert envfile.with_value("A=1\nA=2\n", "A", "3") == "A=3\nA=3\n"


@given(st.text(alphabet="ABDEUG=#\n\r \x0b'\"xé", max_size=60))
@example(PAGE)
def test_the_settings_read_what_was_written(text: str) -> None:
    changed = envfile.with_value(text, "DEBUG", "True")
    assert as_settings_read(changed, "DEBUG") == envfile.value_of(changed, "DEBUG") == "True"
    assert envfile.with_value(changed, "DEBUG", "True") == changed


def test_mode_and_link_stay_and_nothing_is_left_lying(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real, link = tmp_path / "real" / "settings", tmp_path / ".env"
    real.write_text("A=1\n")
    real.chmod(0o640)
    link.symlink_to(real)
    envfile.write(link, "A=2\n")
    assert link.is_symlink()
    assert (real.read_text(), real.stat().st_mode & 0o7777) == ("A=2\n", 0o640)
    assert [path.name for path in real.parent.iterdir()] == ["settings"]


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    envfile.write(tmp_path / ".env", "A=1\n")
    assert (tmp_path / ".env").stat().st_mode & 0o7777 == 0o600


def test_what_is_no_settings_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"A=\xff")
    (tmp_path / "huge").write_bytes(b"A" * (envfile.LIMIT + 1))
    with pytest.raises(ValueError, match="UTF-8"):
        envfile.read(tmp_path / "binary")
    with pytest.raises(ValueError, match="larger"):
        envfile.read(tmp_path / "huge")


class TestToggleDebug:
    def run(self, path: Path, *options: str) -> str:
        out = StringIO()
        call_command("toggle_debug", *options, "--env-file", str(path), stdout=out)
        return out.getvalue()

    def test_on_and_off_are_written(self, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        path.write_text(PAGE)
        assert "Restart" in self.run(path, "--on")
        assert envfile.value_of(path.read_text(), "DEBUG") == "True"
        self.run(path, "--off")
        assert path.read_text() == PAGE.replace('"False"', "False")

    def test_status_changes_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        told = json.loads(self.run(path, "--status", "--json"))
        assert told == {"file": str(path), "written": None, "in_effect": False, "changed": False}
        assert not path.exists()

    def test_it_says_when_the_environment_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DEBUG", "False")
        assert "wins over the file" in self.run(tmp_path / ".env", "--on")
        monkeypatch.setenv("DEBUG", "1")
        assert "wins over the file" not in self.run(tmp_path / ".env", "--on")

    def test_a_folder_that_is_not_there_is_told_in_words(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read or written"):
            self.run(tmp_path / "nowhere" / ".env", "--on")
