"""Who may be asked: three policies, each judging first the URL and then every address its host resolves to.

* `Device`: exactly one printer, on its web ports, inside the networks where printers live.
* `Provider`: the hosts of a written list.
* `Public`: any global address; for webhooks and feeds whose URL a user typed.

All of them refuse our own services, whatever their lists say.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from safehttp import tls
from safehttp.address import Address, Network, inside, kind_of, parse_host, parse_networks
from safehttp.errors import Refused
from safehttp.target import DEFAULT_PORTS, Target, parse_url

# Never asked under any policy, not even when a network of the list holds them.
_NEVER = frozenset({"metadata", "unspecified", "multicast", "reserved", "transition", "benchmark"})
# Allowed only by a network that lies wholly inside that range: 0.0.0.0/0 does not open loopback by accident.
_ONLY_BY_NAME = frozenset({"loopback", "link-local"})

ServiceAddress = tuple[str, int]


class Policy:
    """What the three policies share: our own services, and how TLS is checked."""

    def __init__(self, own_services: Iterable[ServiceAddress] = (), ca_file: str | None = None) -> None:
        """`own_services` are (host, port) of our databases, queues and pages; `0.0.0.0` means every local address.

        A path instead of a host is a Unix socket, which no URL leads to. `ca_file` names a PEM file with an authority to
        trust besides the system's (an in-house identity provider). Raises `ValueError` for a host that is none.
        """
        self.own_services = tuple(
            (_configured_host(host), port) for host, port in own_services if not host.startswith(("/", "@"))
        )
        self._ca_file = ca_file

    def admit(self, target: Target) -> None:
        """Raise `Refused` unless this URL may be asked for, going by scheme, host and port."""
        raise NotImplementedError

    def admit_address(self, target: Target, address: Address) -> None:
        """Raise `Refused` unless the host of an admitted URL may lie at this address."""
        raise NotImplementedError

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings for a connection under this policy: certificate and name are checked."""
        return tls.verifying_context(self._ca_file)


class Device(Policy):
    """Exactly this printer: its address, its web ports, and that address inside the printers' networks."""

    def __init__(
        self,
        address: str,
        *,
        networks: Iterable[str | Network],
        ports: Iterable[int] = (80,),
        own_services: Iterable[ServiceAddress] = (),
        verify_tls: bool = True,
        legacy_tls: bool = False,
    ) -> None:
        """`address` is the printer's IP address or name, `networks` the setting PRINTER_NETWORKS.

        `verify_tls=False` accepts the self-signed certificate nearly every printer has; `legacy_tls=True` also speaks
        TLS 1.0 with old ciphers. Raises `Refused` when `address` is not a host, `ValueError` for wrong networks.
        """
        super().__init__(own_services)
        self.host = parse_host(_bracketed(address))
        self.networks = parse_networks(networks)
        self.ports = frozenset(ports)
        self._verify_tls = verify_tls
        self._legacy_tls = legacy_tls

    def admit(self, target: Target) -> None:
        """Allow only this printer's host on its web ports."""
        if target.host != self.host:
            raise Refused(f"{target.origin} is not this printer; only {self.host} itself may be asked.")
        if target.port not in self.ports:
            ports = ", ".join(map(str, sorted(self.ports)))
            raise Refused(f"{target.origin} is not this printer's web port; it is set to {ports or 'none'}.")

    def admit_address(self, target: Target, address: Address) -> None:
        """Allow only addresses inside the printers' networks."""
        kind = kind_of(address)
        if kind in _NEVER:
            raise Refused(f"{target.origin} leads to {address} ({kind}), which no printer has.")
        _require_listed(target, address, kind, self.networks, "PRINTER_NETWORKS")

    def tls_context(self) -> ssl.SSLContext:
        """Return the TLS settings that were asked for this printer."""
        if self._verify_tls and not self._legacy_tls:
            return super().tls_context()
        return tls.device_context(verify=self._verify_tls, legacy=self._legacy_tls)


@dataclass(frozen=True)
class Endpoint:
    """One entry of a provider list; `None` leaves scheme or port open, `wildcard` admits every name below `host`."""

    host: Address | str
    scheme: str | None
    port: int | None
    wildcard: bool = False

    def admits(self, target: Target) -> bool:
        """Say whether a URL is covered by this entry."""
        if self.scheme not in (None, target.scheme) or self.port not in (None, target.port):
            return False
        if self.wildcard:
            return isinstance(target.host, str) and target.host.endswith(f".{self.host}")
        return target.host == self.host


class Provider(Policy):
    """The hosts of a written list, such as an identity provider and an image provider with its download hosts."""

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        networks: Iterable[str | Network] = (),
        own_services: Iterable[ServiceAddress] = (),
        ca_file: str | None = None,
        typed: bool = False,
    ) -> None:
        """`hosts` holds `name` (https on 443), `*.name` (every name below it), `host:port` or a whole `http://host:port`.

        A listed IP address is allowed as it stands, unless the list was `typed` by a user. A listed name, and a typed
        address, must be or resolve to global addresses or lie inside `networks`.
        """
        super().__init__(own_services, ca_file)
        self._typed = typed
        self.endpoints = tuple(_parse_endpoint(host) for host in hosts)
        self.networks = parse_networks(networks)

    def admit(self, target: Target) -> None:
        """Allow only what an entry of the list covers."""
        if not any(endpoint.admits(target) for endpoint in self.endpoints):
            raise Refused(f"{target.origin} is not on the list of hosts that may be asked.")

    def admit_address(self, target: Target, address: Address) -> None:
        """Allow global addresses, listed addresses, and the given networks."""
        kind = kind_of(address)
        if kind == "global" or (target.host == address and not self._typed):
            return
        if kind in _NEVER:
            raise Refused(f"{target.origin} leads to {address} ({kind}), which is never asked.")
        _require_listed(target, address, kind, self.networks, "the provider's networks")


class Public(Policy):
    """Any global address, on 80, 443 or an unprivileged port; for URLs that a user typed."""

    def admit(self, target: Target) -> None:
        """Refuse the ports of mail, shells and directories: nothing there is meant for a webhook."""
        if target.port < 1024 and target.port not in DEFAULT_PORTS.values():
            raise Refused(
                f"{target.origin} uses a port below 1024 that is not the web's; use 80, 443 or one above 1023."
            )

    def admit_address(self, target: Target, address: Address) -> None:
        """Allow only addresses that everybody on the internet means the same host by."""
        kind = kind_of(address)
        if kind != "global":
            raise Refused(f"{target.origin} leads to a {kind} address; only public addresses may be asked.")


def _require_listed(target: Target, address: Address, kind: str, networks: tuple[Network, ...], setting: str) -> None:
    if kind in _ONLY_BY_NAME:
        networks = tuple(network for network in networks if kind_of(network[0]) == kind == kind_of(network[-1]))
    if not inside(address, networks):
        raise Refused(f"{target.origin} leads to {address} ({kind}), which is not inside {setting}.")


def _configured_host(host: str) -> Address | str:
    try:
        return parse_host(_bracketed(host))
    except Refused as error:
        raise ValueError(f"not the host of a service: {host!r} ({error})") from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _parse_endpoint(text: str) -> Endpoint:
    """Read one entry of a provider list. Raises `ValueError`: the list is configuration."""
    try:
        if "://" in text:
            target = parse_url(text)
            return Endpoint(target.host, target.scheme, target.port)
        wildcard = text.startswith("*.")
        target = parse_url(f"https://{text.removeprefix('*.')}")
    except Refused as error:
        raise ValueError(f"not a host of a provider list: {text!r} ({error})") from None
    if target.path != "/":
        raise ValueError(f"a provider list holds hosts, not paths: {text!r}")
    with_port = text.rpartition("]")[2].rpartition(":")[1] == ":"
    return Endpoint(target.host, None if with_port else "https", target.port, wildcard)
