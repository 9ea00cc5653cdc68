"""What a fleet is made of: one flat record that travels as JSON from whoever starts it to the process that plays it."""

from __future__ import annotations

import ipaddress
import sys
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Literal

from .behaviour import Hours
from .identity import GENERATION

Mode = Literal["addresses", "ports"]

DEMO_SNMP_PORT: Final = 10161
DEMO_WEB_PORT: Final = 10080
DEMO_NETWORK: Final = "127.42.0.0/16"

DEFAULT_MODE: Final[Mode] = "addresses" if sys.platform == "linux" else "ports"
"""Only Linux has all of 127.0.0.0/8 without setting anything up."""


@dataclass(frozen=True, slots=True)
class V3User:
    """An SNMPv3 user: `auth` is "", "md5", "sha1" or "sha256", `priv` is "", "des" or "aes128" (RFC 3414, 3826, 7860)."""

    name: str
    auth: str = ""
    auth_password: str = ""
    priv: str = ""
    priv_password: str = ""


DEFAULT_USERS: Final = (
    V3User("fleet", "sha1", "fleet-auth-pass", "aes128", "fleet-priv-pass"),
    V3User("fleet-sha256", "sha256", "fleet-auth-pass", "aes128", "fleet-priv-pass"),
    V3User("fleet-des", "md5", "fleet-auth-pass", "des", "fleet-priv-pass"),
    V3User("fleet-auth", "sha1", "fleet-auth-pass"),
    V3User("fleet-open"),
)
"""Users every stand-in printer knows; their passwords guard nothing."""


@dataclass(frozen=True, slots=True)
class FleetConfig:
    """Everything that decides what a fleet is.

    `devices` are ids of descriptions, dealt round; `walks` a folder of recordings instead, each played by `repeat` printers, with
    serial and MAC made different when `vary`. In mode `addresses` printer n has the n-th address of `network` (scattered over it
    when `scatter`) and all share `snmp_port` and `web_port`; in mode `ports` all are 127.0.0.1 and printer n has port + n; port 0
    lets the kernel choose. `start` is the simulated time to begin at (seconds since 1970; now when None). `largest` is the
    largest SNMP message in bytes; `log` how many requests are remembered one by one; `web` whether status pages are served, and
    `web_user` and `web_password` what the protected ones ask for.
    """

    count: int = 10
    devices: tuple[str, ...] = ()
    walks: str = ""
    repeat: int = 1
    vary: bool = False
    mode: Mode = DEFAULT_MODE
    network: str = DEMO_NETWORK
    scatter: bool = False
    snmp_port: int = 0
    web_port: int = 0
    web: bool = True
    web_user: str = "admin"
    web_password: str = "fleet-web-pass"  # noqa: S105 - it guards invented pages
    community: str = "public"
    users: tuple[V3User, ...] = DEFAULT_USERS
    speed: float = 1.0
    hours: Hours = "always"
    start: float | None = None
    seed: str = "standins"
    largest: int = 1472
    log: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        if not 1 <= self.count < GENERATION:
            raise ValueError(f"a fleet has 1 to {GENERATION - 1} printers, not {self.count}")
        if self.mode not in {"addresses", "ports"} or self.hours not in {"office", "always"}:
            raise ValueError("mode is addresses or ports, hours office or always")
        if not ipaddress.IPv4Network(self.network).is_loopback:
            raise ValueError(f"{self.network} is not loopback: stand-ins never leave this machine")
        if self.mode == "addresses" and self.count > ipaddress.IPv4Network(self.network).num_addresses - 2:
            raise ValueError(f"{self.network} is too small for {self.count} printers")
        if self.speed < 0 or self.repeat < 1 or self.largest < 484:
            raise ValueError("speed is 0 or more, repeat 1 or more, largest 484 bytes or more (RFC 3417)")

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready dict."""
        return asdict(self)


def from_json(data: dict[str, Any]) -> FleetConfig:
    """Return the config that `to_json` wrote; raise ValueError for unknown keys."""
    unknown = set(data) - {field.name for field in fields(FleetConfig)}
    if unknown:
        raise ValueError(f"unknown settings of a fleet: {', '.join(sorted(unknown))}")
    values = dict(data)
    if "users" in values:
        values["users"] = tuple(V3User(**user) for user in values["users"])
    if "devices" in values:
        values["devices"] = tuple(values["devices"])
    return FleetConfig(**values)
