"""Which agent is installed, and the command line for some printers: a list of arguments, never a shell's text.

What the agents allow (`bin/glpi-netinventory`, `bin/fusioninventory-netinventory`, `lib/Net/SNMP`):

* Credentials are arguments only. Where the agent is a Perl script run without sudo, ours go through standard input instead
  (`perl/PrivateArguments.pm`); an AppImage, a snap, a wrapper or sudo, which clears PERL5OPT, gets them as arguments.
* `--credentials` is cut at commas and colons, so a community that holds one goes by `--community`, which means SNMP v1.
* `--threads` above 1 is not used: the threads' output reaches the one standard output in blocks of 8 kB that cut into each
  other's documents. Several agents side by side give the same speed and whole documents.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from inventory.polling.snmp.targets import Target, V3Credentials

FOLDERS: Final = (
    "/usr/bin", "/usr/local/bin", "/opt/glpi-agent/bin", "/snap/bin", "/Applications/GLPI-Agent/bin",
    "/Applications/GLPI-Agent.app/Contents/MacOS/bin",
)  # fmt: skip
PROGRAMS: Final = (
    "glpi-netinventory", "fusioninventory-netinventory", "glpi-netdiscovery", "fusioninventory-netdiscovery",
)  # fmt: skip
DEFAULT_PORT: Final = 161
MAX_SECRET: Final = 512

_ACCOUNT: Final = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]{0,31}\$?$")
_AUTH: Final = {"MD5": "md5", "SHA": "sha", "SHA1": "sha"}
_PRIV: Final = {"DES": "des", "AES": "aes", "AES128": "aes", "3DES": "3des"}
"""What Net::SNMP speaks (RFC 3414, RFC 3826, draft-reeder-snmpv3-usm-3desede)."""


class NoAgentError(RuntimeError):
    """No agent that can be run is installed where it was looked for; the message says what to install or set."""


class CannotAskError(ValueError):
    """The agent has no way to be told this address or these credentials; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An installed program: `kind` says which of the two it is, `perl` whether arguments can go by standard input."""

    program: Path
    kind: Literal["netinventory", "netdiscovery"]
    perl: bool

    @property
    def name(self) -> str:
        """The product's name."""
        return "FusionInventory Agent" if self.program.name.startswith("fusion") else "GLPI Agent"

    @property
    def home(self) -> Path:
        """The folder that `bin` lies in."""
        return self.program.parent.parent


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, those that are secret apart.

    `hidden` says that the secret ones go by standard input, `by_sudo` that another account runs it. `home` is the folder to run
    it in: an agent run from its source tree looks for its modules in `./lib`.
    """

    arguments: tuple[str, ...]
    secrets: tuple[str, ...] = field(repr=False)
    hidden: bool
    by_sudo: bool
    home: Path

    @property
    def line(self) -> list[str]:
        """The argument list to start."""
        return [*self.arguments, *(() if self.hidden else self.secrets)]

    @property
    def stdin(self) -> bytes:
        """What standard input holds."""
        return "".join(f"{secret}\0" for secret in self.secrets).encode() if self.hidden else b""


def find_agent(path: str | Path | None = None) -> Agent:
    """Return the agent at `path` (GLPI_PATH: a folder or the program itself), else the best one of the usual folders and PATH.

    GLPI Agent is preferred to FusionInventory Agent, inventory to discovery. Raises NoAgentError.
    """
    if path:
        place = Path(path).expanduser()
        programs = [place / name for name in PROGRAMS] if place.is_dir() else [place]
        where = f"in {place}"
    else:
        folders = dict.fromkeys([*FOLDERS, *os.get_exec_path()])
        programs = [Path(folder) / name for name in PROGRAMS for folder in folders if folder]
        where = "in the usual folders; set GLPI_PATH if it lies elsewhere"
    for program in programs:
        if program.is_file() and os.access(program, os.X_OK):
            kind: Literal["netinventory", "netdiscovery"] = (
                "netdiscovery" if "netdiscovery" in program.name else "netinventory"
            )
            return Agent(program.absolute(), kind, _is_perl(program))
    raise NoAgentError(f"No GLPI Agent or FusionInventory Agent was found {where}.")


def _is_perl(program: Path) -> bool:
    """Return whether the program is a Perl script by its first line; one that cannot be read is taken as none."""
    try:
        with program.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return False
    return first.startswith(b"#!") and b"perl" in first


def sudo_prefix(user: str = "") -> tuple[str, ...]:
    """Return the arguments that run a command by sudo, as `user` if given, never asking for a password."""
    if user and not _ACCOUNT.match(user):
        raise NoAgentError("GLPI_USER is no account's name.")
    sudo = shutil.which("sudo")
    if sudo is None:
        raise NoAgentError("GLPI_USE_SUDO is set, but sudo is not installed.")
    return (sudo, "-n", *(("-u", user) if user else ()), "--")


def inventory_command(
    agent: Agent, targets: Sequence[Target], version: int, snmp_timeout: int, prefix: tuple[str, ...] = ()
) -> Command:
    """Return the netinventory command for targets that share their credentials, port and family; raises CannotAskError.

    The agent asks them one after the other in this order and numbers its answers from 0.
    """
    arguments = [*prefix, str(agent.program), "--threads=1", f"--timeout={snmp_timeout}"]
    for target in targets:
        address = host_of(target)
        arguments += [f"--host={address}", f"--port={target.port}", f"--protocol=udp/ipv{address.version}"]
    secrets = credential_options(targets[0], version)
    return Command(tuple(arguments), secrets, agent.perl and not prefix, bool(prefix), agent.home)


def discovery_command(
    agent: Agent, target: Target, version: int, snmp_timeout: int, save: Path, prefix: tuple[str, ...] = ()
) -> Command:
    """Return the netdiscovery command that also takes the inventory of one IPv4 address, its files going to `save`."""
    address = host_of(target)
    if address.version != 4:
        raise CannotAskError("The agent's discovery knows IPv4 only.")
    if target.port != DEFAULT_PORT:
        raise CannotAskError(
            "The agent's discovery takes an inventory on port 161 only; install its netinventory program."
        )
    arguments = (
        *prefix, str(agent.program), f"--first={address}", f"--last={address}", "--inventory", f"--save={save}",
        "--threads=1", f"--timeout={snmp_timeout}",
    )  # fmt: skip
    return Command(arguments, credential_options(target, version), agent.perl and not prefix, bool(prefix), agent.home)


def host_of(target: Target) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the target's address as a number without a zone; raises CannotAskError for anything else."""
    try:
        address = ipaddress.ip_address(target.address)
    except ValueError:
        raise CannotAskError("The agent is given numeric addresses only.") from None
    if "%" in str(address) or not 0 < target.port < 65536:
        raise CannotAskError("The agent cannot be given this address or port.")
    return address


def credential_options(target: Target, version: int) -> tuple[str, ...]:
    """Return the option that holds the credentials; raises CannotAskError where the agent has no way to take them."""
    if version == 3:
        if target.v3 is None:
            raise CannotAskError("SNMPv3 needs a user name.")
        return (f"--credentials={_v3(target.v3)}",)
    community = _secret(target.community, "community")
    if version == 1 and community not in ("", "0"):
        return (f"--community={community}",)
    if re.search("[,:]", community) or not community:
        raise CannotAskError(
            "The agent takes an empty community, or one with a comma or colon, by SNMP version 1 only."
        )
    return (f"--credentials=version:{'1' if version == 1 else '2c'},community:{community}",)


def _v3(v3: V3Credentials) -> str:
    parts = {"version": "3", "username": _secret(v3.username, "user name")}
    if v3.auth_password:
        parts["authprotocol"] = _protocol(v3.auth_protocol, _AUTH)
        parts["authpassphrase"] = _secret(v3.auth_password, "password")
    if v3.priv_password:
        parts["privprotocol"] = _protocol(v3.priv_protocol, _PRIV)
        parts["privpassphrase"] = _secret(v3.priv_password, "password")
    for value in parts.values():
        if not value or re.search("[,:]", value):
            raise CannotAskError("The agent takes no SNMPv3 name or password that is empty or holds a comma or colon.")
    return ",".join(f"{key}:{value}" for key, value in parts.items())


def _protocol(name: str, known: dict[str, str]) -> str:
    plain = name.upper().replace("-", "")
    if plain not in known:
        raise CannotAskError("The agent does not speak this SNMPv3 protocol; use the native engine.")
    return known[plain]


def _secret(value: str, what: str) -> str:
    """Any characters may stand in a secret, since nothing interprets them; NUL ends an argument in every system."""
    try:
        octets = value.encode()
    except UnicodeEncodeError:
        raise CannotAskError(f"The {what} is no valid text.") from None
    if b"\0" in octets or len(octets) > MAX_SECRET:
        raise CannotAskError(f"The {what} is too long or holds a NUL character.")
    return value
