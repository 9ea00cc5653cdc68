"""The process: starting, stopping, dying with its parent, its command line, and thousands of printers."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from standins.printers import ControlClient, ControlError, FleetConfig, PrinterFleet, ber
from standins.printers.asking import SYS_DESCR, Manager, read, request
from standins.printers.sites import SITES

COMMAND = [sys.executable, "-m", "standins.printers"]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_it_starts_and_stops_and_starts_again() -> None:
    fleet = PrinterFleet(count=3, speed=0)
    with fleet:
        first = fleet.pid
        assert is_alive(first)
        assert len(fleet.printers) == 3
    assert (gone(first), fleet.pid) == (True, 0)
    fleet.stop()
    with pytest.raises(ControlError, match="not running"):
        fleet.truth(0)
    with fleet:
        assert fleet.pid != first


def test_it_tells_when_it_dies() -> None:
    with PrinterFleet(count=1) as fleet:
        os.kill(fleet.pid, signal.SIGKILL)
        gone(fleet.pid)
        with pytest.raises(ControlError):
            fleet.truth(0)


def test_it_never_outlives_its_parent() -> None:
    code = (
        "import sys, time\nfrom standins.printers import PrinterFleet\n"
        "fleet = PrinterFleet(count=1).start()\nprint(fleet.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


def test_sigterm_stops_it_at_once(tmp_path: Path) -> None:
    control = tmp_path / "control.json"
    process = subprocess.Popen(
        [*COMMAND, "--count", "12", "--snmp-port", "0", "--web-port", "0", "--control-file", str(control)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(12)]
    assert lines[-1].startswith("ready: 12 printers")
    assert "... and 2 more" in lines[-2]
    assert control.stat().st_mode & 0o777 == 0o600
    ready = json.loads(control.read_text())
    client = ControlClient(ready["control_port"], ready["token"])
    assert len(client.do("printers")) == 12
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    client.close()
    process.stdout.close()


def test_the_control_channel_wants_the_token_and_survives_nonsense(tmp_path: Path) -> None:
    with PrinterFleet(count=1) as fleet:
        assert fleet._control is not None
        port = fleet._control._socket.getpeername()[1]
        stranger = ControlClient(port, "guess")
        with pytest.raises(ControlError, match="gone"):
            stranger.do("printers")
        stranger.close()
        refused: list[tuple[str, dict[str, Any], str]] = [
            ("nonsense", {}, "KeyError"),
            ("truth", {"printer": 77}, "IndexError"),
            ("truth", {"printer": "10.0.0.1"}, "KeyError"),
            ("clock", {"advance": -5}, "backwards"),
            ("print", {"printer": 0, "pages": "many"}, "Error"),
            ("replace_supply", {"printer": 0, "index": 99}, "ValueError"),
            ("replace_device", {"printer": 0, "device": "toaster"}, "no device 'toaster'"),
        ]
        for command, arguments, text in refused:
            with pytest.raises(ControlError, match=text):
                fleet.do(command, **arguments)
        assert fleet.truth(0)["serial"] == fleet.printers[0].serial


def test_a_taken_port_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with PrinterFleet(count=1, web=False) as fleet, pytest.raises(RuntimeError, match="did not start"):
        PrinterFleet(count=1, web=False, snmp_port=fleet.printers[0].snmp_port).start()
    assert "choose other ports" in capfd.readouterr().err


@pytest.mark.parametrize(
    "settings",
    [
        {"count": 0},
        {"network": "10.0.0.0/24"},
        {"network": "127.1.0.0/30", "count": 5},
        {"mode": "tcp"},
        {"speed": -1},
        {"nonsense": 1},
        {"largest": 100},
    ],
    ids=str,
)
def test_settings_that_cannot_be(settings: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        PrinterFleet(**settings)


def test_the_inventory_names_clients_and_places(tmp_path: Path) -> None:
    file = tmp_path / "fleet.json"
    done = subprocess.run(
        [*COMMAND, "--count", "300", "--inventory", str(file), "--list-only"],
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    rows = json.loads(file.read_text())
    assert {row["organization"] for row in rows} == {site.organization for site in SITES}
    assert (rows[0]["address"], rows[0]["snmp_port"], rows[0]["web_port"]) == ("127.42.0.1", 10161, 10080)
    assert (
        len({row["address"] for row in rows})
        == len({row["serial"] for row in rows})
        == len({row["mac"] for row in rows})
        == 300
    )
    assert all(row["city"] and row["street"] and row["room"] and row["hostname"] and row["community"] for row in rows)
    assert {bool(row["web_password"]) for row in rows if row["web_user"]} == {True}


def test_a_wrong_option_is_an_exit_code() -> None:
    done = subprocess.run([*COMMAND, "--devices", "toaster"], check=False, capture_output=True, text=True, timeout=30)
    assert (done.returncode, "no device 'toaster'" in done.stderr) == (2, True)


def test_ports_mode_gives_each_printer_a_port(manager: Manager) -> None:
    with PrinterFleet(count=25, mode="ports", speed=0) as fleet:
        assert {printer.address for printer in fleet.printers} == {"127.0.0.1"}
        assert (
            len({printer.snmp_port for printer in fleet.printers} | {printer.web_port for printer in fleet.printers})
            == 50
        )
        for printer in fleet.printers:
            answer = manager.ask(printer, ber.GET, (1, 3, 6, 1, 2, 1, 1, 5, 0))
            assert answer.values == [printer.hostname.encode()]
            assert answer.source == ("127.0.0.1", printer.snmp_port)


def test_only_loopback_reaches_the_sockets() -> None:
    with PrinterFleet(count=1) as fleet:
        own = own_address()
        if own.startswith("127."):
            pytest.skip("this machine has no address but loopback")
        stray = fleet.statistics()["stray_packets"]
        with Manager() as manager:
            healthy = fleet.printers[0]
            elsewhere = replace(healthy, address=own)
            assert manager.is_silent(elsewhere, request(ber.GET, SYS_DESCR), healthy)
        assert fleet.statistics()["stray_packets"] - stray in {0, 1}
        with suppress(ConnectionError), socket.create_connection((own, fleet.printers[0].web_port), 5) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(100) == b""


def own_address() -> str:
    """Return the address this machine would use to go out; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_two_thousand_printers_in_one_process(manager: Manager) -> None:
    with PrinterFleet(count=2000, scatter=True, speed=0, web=False) as fleet:
        printers = fleet.printers
        assert len({printer.address for printer in printers}) == 2000
        assert len({printer.address.rsplit(".", 1)[0] for printer in printers}) > 200
        waiting = {}
        for printer in printers:
            manager.send(printer, request(ber.GET, (1, 3, 6, 1, 2, 1, 1, 5, 0), number=printer.number))
            waiting[printer.address] = printer
        for _ in printers:
            data, source = manager.receive()
            printer = waiting.pop(source[0])
            answer = read(data)
            assert (answer.request_id, answer.values) == (printer.number, [printer.hostname.encode()])
        memory = Path(f"/proc/{fleet.pid}/statm").read_text().split()
        assert int(memory[1]) * os.sysconf("SC_PAGE_SIZE") < 300 << 20


def test_a_config_survives_json() -> None:
    from standins.printers.config import from_json

    config = FleetConfig(count=7, devices=("oki-mc853",), speed=3.5)
    assert from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ValueError, match="unknown settings"):
        from_json({"colour": "blue"})


@pytest.mark.slow
def test_a_thousand_printers_are_found_in_a_network_of_65536_addresses(manager: Manager) -> None:
    with PrinterFleet(count=1000, scatter=True, speed=60, web=False) as fleet:
        port, wanted = fleet.printers[0].snmp_port, {printer.address for printer in fleet.printers}
        nobody = fleet.printers[0]
        found: set[str] = set()
        for number in range(1 << 16):
            manager.send(
                replace(nobody, address=f"127.42.{number >> 8}.{number & 255}", snmp_port=port),
                request(ber.GET, SYS_DESCR),
            )
            if number % 64 == 0:
                found |= drained(manager, 0.002)
        found |= drained(manager, 2)
        assert found == wanted
        assert fleet.statistics()["stray_packets"] == (1 << 16) - 1000


def drained(manager: Manager, seconds: float) -> set[str]:
    """Return who answers until nobody has for so long."""
    found = set()
    while True:
        try:
            found.add(manager.receive(seconds=seconds)[1][0])
        except TimeoutError:
            return found
