"""What is known about processes and ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from localservices.processes import (
    accepts,
    alive,
    command_line,
    free_port,
    kill_session,
    port_is_free,
    port_owner,
    session_members,
    started_at,
    wait_gone,
)

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells by /proc")


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(child.pid)
    child.wait()
    assert started_at(child.pid) == ""
    assert command_line(child.pid) == ""


def test_two_processes_have_different_marks() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()", "marker-text"], stdin=subprocess.PIPE)
    try:
        assert alive(child.pid)
        assert started_at(child.pid) not in {"", started_at(os.getpid())}
        assert "marker-text" in command_line(child.pid)
        assert not wait_gone(child.pid, 0.0)
    finally:
        child.communicate(b"\n")


@linux
def test_killing_a_session_takes_those_who_left_the_group() -> None:
    script = "import subprocess,sys,time; subprocess.Popen(['sleep','60'], process_group=0); print(flush=True); time.sleep(60)"
    leader = subprocess.Popen([sys.executable, "-c", script], start_new_session=True, stdout=subprocess.PIPE)
    assert leader.stdout is not None
    leader.stdout.readline()
    members = session_members(leader.pid)
    assert len(members) == 2
    kill_session(leader.pid)
    leader.communicate()
    assert all(wait_gone(pid, 5) for pid in members)


@linux
def test_the_holder_of_a_port_is_named() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert f"(pid {os.getpid()})" in port_owner(port)
        assert not port_is_free(port)
        assert accepts(port)


def test_a_free_port_is_free() -> None:
    port = free_port()
    assert port_is_free(port)
    assert not accepts(port)
    assert port_owner(port) == ""
