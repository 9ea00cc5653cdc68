"""Finding an agent and telling it what to ask: a list of arguments, secrets apart, nothing interpreted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.polling.glpi import command
from inventory.polling.glpi.command import (
    Agent,
    CannotAskError,
    NoAgentError,
    credential_options,
    discovery_command,
    find_agent,
    inventory_command,
    sudo_prefix,
)
from inventory.polling.snmp.targets import Target, V3Credentials

PERL = Agent(Path("/opt/agent/bin/glpi-netinventory"), "netinventory", perl=True)
BINARY = Agent(Path("/opt/agent/bin/glpi-netinventory"), "netinventory", perl=False)
DISCOVERY = Agent(Path("/opt/agent/bin/fusioninventory-netdiscovery"), "netdiscovery", perl=True)
USER = V3Credentials("monitor", "authpass1", "SHA", "privpass1", "AES")


def install(folder: Path, name: str, text: str = "#!/usr/bin/perl\n", mode: int = 0o755) -> Path:
    """Put a program into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(text)
    program.chmod(mode)
    return program


def test_a_folder_is_searched_for_the_best_program(tmp_path: Path) -> None:
    install(tmp_path, "fusioninventory-netdiscovery")
    assert find_agent(tmp_path).kind == "netdiscovery"
    install(tmp_path, "fusioninventory-netinventory", "#!/bin/sh\n")
    agent = find_agent(str(tmp_path))
    assert (agent.kind, agent.perl, agent.name) == ("netinventory", False, "FusionInventory Agent")
    install(tmp_path, "glpi-netinventory", mode=0o644)
    assert find_agent(tmp_path).name == "FusionInventory Agent"
    install(tmp_path, "glpi-netinventory")
    assert (find_agent(tmp_path).name, find_agent(tmp_path).perl) == ("GLPI Agent", True)


def test_a_program_itself_may_be_named(tmp_path: Path) -> None:
    program = install(tmp_path / "bin", "my-netdiscovery", "\x7fELF")
    agent = find_agent(program)
    assert (agent.program, agent.kind, agent.perl, agent.home) == (program, "netdiscovery", False, tmp_path)


def test_without_a_path_the_usual_folders_and_path_are_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "FOLDERS", (str(tmp_path / "a"),))
    monkeypatch.setenv("PATH", str(tmp_path / "b"))
    with pytest.raises(NoAgentError, match="GLPI_PATH"):
        find_agent()
    on_path = install(tmp_path / "b", "glpi-netinventory")
    assert find_agent().program == on_path
    usual = install(tmp_path / "a", "glpi-netinventory")
    assert find_agent().program == usual


@pytest.mark.parametrize("path", ["missing", "folder", "notes.txt"])
def test_nothing_that_can_be_run(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(NoAgentError):
        find_agent(tmp_path / path)


def test_many_printers_in_one_command() -> None:
    targets = [Target(0, "10.0.0.1", 161, "s3cret"), Target(1, "2001:db8::5", 161, "s3cret")]
    made = inventory_command(PERL, targets, 2, 7)
    assert made.line == [
        "/opt/agent/bin/glpi-netinventory", "--threads=1", "--timeout=7",
        "--host=10.0.0.1", "--port=161", "--protocol=udp/ipv4",
        "--host=2001:db8::5", "--port=161", "--protocol=udp/ipv6",
    ]  # fmt: skip
    assert made.stdin == b"--credentials=version:2c,community:s3cret\0"
    assert "s3cret" not in repr(made)


def test_only_what_is_perl_and_runs_without_sudo_takes_secrets_by_standard_input() -> None:
    target = Target(0, "10.0.0.1", community="s3cret")
    for agent, prefix in ((BINARY, ()), (PERL, ("/usr/bin/sudo", "-n", "--"))):
        made = inventory_command(agent, [target], 1, 5, prefix)
        assert made.line[-1] == "--community=s3cret"
        assert made.stdin == b""


def test_a_discovery_asks_one_address_on_the_usual_port(tmp_path: Path) -> None:
    line = discovery_command(DISCOVERY, Target(0, "10.0.0.1"), 1, 5, tmp_path).line
    assert line[1:5] == ["--first=10.0.0.1", "--last=10.0.0.1", "--inventory", f"--save={tmp_path}"]
    for target in (Target(0, "10.0.0.1", 1161), Target(0, "2001:db8::5")):
        with pytest.raises(CannotAskError):
            discovery_command(DISCOVERY, target, 1, 5, tmp_path)


@pytest.mark.parametrize(
    ("community", "version", "option"),
    [
        ("public", 1, "--community=public"),
        ("public", 2, "--credentials=version:2c,community:public"),
        ("a,b:c", 1, "--community=a,b:c"),
        ("--help", 1, "--community=--help"),
        ("$(reboot) `x` 'q' \"w\" \n ;|&", 1, "--community=$(reboot) `x` 'q' \"w\" \n ;|&"),
        ("0", 1, "--credentials=version:1,community:0"),
        ("Пароль", 2, "--credentials=version:2c,community:Пароль"),
    ],
)
def test_communities_are_passed_on_as_they_are(community: str, version: int, option: str) -> None:
    assert credential_options(Target(0, "10.0.0.1", community=community), version) == (option,)


@pytest.mark.parametrize(
    ("community", "version"), [("a,b", 2), ("a:b", 2), ("", 1), ("", 2), ("a\0b", 1), ("x" * 513, 1), ("\ud800", 1)]
)
def test_communities_that_cannot_be_told(community: str, version: int) -> None:
    with pytest.raises(CannotAskError):
        credential_options(Target(0, "10.0.0.1", community=community), version)


def test_version_3() -> None:
    option = credential_options(Target(0, "10.0.0.1", v3=USER), 3)[0]
    assert option.removeprefix("--credentials=").split(",") == [
        "version:3", "username:monitor", "authprotocol:sha", "authpassphrase:authpass1", "privprotocol:aes",
        "privpassphrase:privpass1",
    ]  # fmt: skip
    plain = credential_options(Target(0, "10.0.0.1", v3=V3Credentials("monitor")), 3)
    assert plain == ("--credentials=version:3,username:monitor",)


@pytest.mark.parametrize(
    "v3",
    [None, V3Credentials(""), V3Credentials("a,b"), V3Credentials("a", "pass:word"), V3Credentials("a", "x" * 8, "SHA256"),
     V3Credentials("a", "x" * 8, "SHA", "y" * 8, "AES256")],
)  # fmt: skip
def test_version_3_that_cannot_be_told(v3: V3Credentials | None) -> None:
    with pytest.raises(CannotAskError):
        credential_options(Target(0, "10.0.0.1", v3=v3), 3)


@pytest.mark.parametrize("address", ["", "printer.example", "10.0.0", "fe80::1%eth0", "--help", "10.0.0.1,10.0.0.2"])
def test_only_numeric_addresses_reach_the_command_line(address: str) -> None:
    with pytest.raises(CannotAskError):
        inventory_command(PERL, [Target(0, address)], 1, 5)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_only_ports_reach_the_command_line(port: int) -> None:
    with pytest.raises(CannotAskError):
        inventory_command(PERL, [Target(0, "10.0.0.1", port)], 1, 5)


@given(st.text(max_size=40), st.sampled_from([1, 2]))
def test_a_community_is_one_argument_or_refused(community: str, version: int) -> None:
    try:
        made = inventory_command(PERL, [Target(0, "10.0.0.1", community=community)], version, 5)
    except CannotAskError:
        return
    assert made.stdin.count(b"\0") == 1
    assert made.stdin.endswith(community.encode() + b"\0")
    assert all(re.match(r"^(?:/|--[a-z]+=)", part) for part in made.line)


def test_sudo_never_asks_for_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoAgentError, match="sudo"):
        sudo_prefix()
    sudo = str(install(tmp_path, "sudo"))
    assert sudo_prefix() == (sudo, "-n", "--")
    assert sudo_prefix("glpi-agent") == (sudo, "-n", "-u", "glpi-agent", "--")
    for name in ("-s", "a b", "root;id", "x" * 40):
        with pytest.raises(NoAgentError, match="GLPI_USER"):
            sudo_prefix(name)
