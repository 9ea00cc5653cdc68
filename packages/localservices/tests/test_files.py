"""Private files, state that survives a kill, and locks between processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localservices.files import MAX_STATE_BYTES, local_folder, locked, private_folder, read_json, tail, write_json


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_local_folder_is_closed_to_others(tmp_path: Path) -> None:
    assert mode(local_folder(tmp_path)) == 0o700


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir(mode=0o755)
    open_folder.chmod(0o755)
    private_folder(open_folder)
    assert mode(open_folder) == 0o755


def test_parents_are_made_closed_too(tmp_path: Path) -> None:
    private_folder(tmp_path / "one" / "two")
    assert (mode(tmp_path / "one"), mode(tmp_path / "one" / "two")) == (0o700, 0o700)


def test_state_is_written_for_us_alone_and_leaves_no_scraps(tmp_path: Path) -> None:
    write_json(tmp_path / "state.json", {"port": 5})
    assert read_json(tmp_path / "state.json") == {"port": 5}
    assert mode(tmp_path / "state.json") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"a":' + b" " * MAX_STATE_BYTES + b"1}"])
def test_broken_state_reads_as_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    assert read_json(tmp_path / "state.json") == {}


def test_tail_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * 100_000 + b"\nlast but one\nlast \xff\n")
    assert tail(log, 2) == "last but one\nlast \ufffd"
    assert tail(tmp_path / "missing") == ""


HOLDER = """
import pathlib, sys
from localservices.files import locked
with locked(pathlib.Path(sys.argv[1])):
    print(flush=True)
    input()
"""


def test_a_lock_keeps_another_process_out_and_falls_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with locked(tmp_path / "lock", wait=False) as free:
            assert not free
        holder.kill()
        holder.wait()
        with locked(tmp_path / "lock", wait=False) as free:
            assert free
