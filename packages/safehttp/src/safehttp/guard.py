"""The judge: resolves a host once, asks the policy about every address, and hands back what may be connected to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv6Address

from safehttp.address import Address, kind_of, parse_address
from safehttp.errors import Refused, SafeHttpError, Unreachable
from safehttp.policy import Policy
from safehttp.target import Target, parse_url

Resolver = Callable[[str], Sequence[str]]
"""Takes a name, returns its addresses in the order to try them; raises `OSError` when there are none."""

MAX_ADDRESSES = 16
MAX_LOOKUPS = 256

_LOOKUPS = threading.BoundedSemaphore(MAX_LOOKUPS)


def system_resolver(name: str) -> list[str]:
    """Return the addresses the operating system has for a name (getaddrinfo: hosts file, then DNS)."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def judge(policy: Policy, target: Target, resolver: Resolver = system_resolver) -> tuple[Address, ...]:
    """Return the addresses a request for `target` may be sent to, after one resolution.

    Every address has to pass, so a name with one public and one private address is refused as a whole. Blocks while
    resolving. Raises `Refused`, or `Unreachable` when the name has no address.
    """
    policy.admit(target)
    addresses = _resolve(target, resolver) if isinstance(target.host, str) else (target.host,)
    for address in addresses:
        policy.admit_address(target, address)
        _refuse_own_services(policy, target, address, resolver)
    return addresses


def check_url(policy: Policy, url: str, resolver: Resolver = system_resolver) -> Target:
    """Judge a URL without asking it, for a form that stores it. Raises what `judge` raises.

    The answer holds for now only: every request judges again.
    """
    target = parse_url(url)
    judge(policy, target, resolver)
    return target


def judge_in_background(policy: Policy, target: Target, resolver: Resolver) -> Future[tuple[Address, ...]]:
    """Start `judge` on a thread of its own: getaddrinfo knows no timeout, and a caller has to be able to walk away.

    What needs no lookup is judged at once. Raises `Unreachable` while too many lookups hang.
    """
    future: Future[tuple[Address, ...]] = Future()
    future.set_running_or_notify_cancel()  # from here on it cannot be cancelled, only forgotten
    lookups = _LOOKUPS  # the one that is taken is the one given back, however long the lookup hangs

    def work() -> None:
        try:
            future.set_result(judge(policy, target, resolver))
        except Exception as error:  # noqa: BLE001 - handed over whole to the thread that waits
            future.set_exception(error)

    def lookup() -> None:
        try:
            work()
        finally:
            lookups.release()

    if not _needs_lookup(policy, target):
        work()
        return future
    if not lookups.acquire(blocking=False):
        raise Unreachable(f"{target.origin}: {MAX_LOOKUPS} names are being looked up already; check the DNS.")
    threading.Thread(target=lookup, name="safehttp-resolve", daemon=True).start()
    return future


def _needs_lookup(policy: Policy, target: Target) -> bool:
    by_name = any(isinstance(host, str) and port == target.port for host, port in policy.own_services)
    return by_name or isinstance(target.host, str)


def _resolve(target: Target, resolver: Resolver) -> tuple[Address, ...]:
    try:
        found = resolver(target.hostname)
    except (OSError, UnicodeError):
        raise Unreachable(f"{target.origin}: the name has no address; check its spelling and the DNS.") from None
    addresses = tuple(dict.fromkeys(parse_address(text) for text in found))[:MAX_ADDRESSES]
    if not addresses:
        raise Unreachable(f"{target.origin}: the name has no address; check its spelling and the DNS.")
    return addresses


def _refuse_own_services(policy: Policy, target: Target, address: Address, resolver: Resolver) -> None:
    for host, port in policy.own_services:
        if port == target.port and _lies_at(host, address, resolver):
            raise Refused(f"{target.origin} is one of our own services, which are never asked this way.")


def _lies_at(host: Address | str, address: Address, resolver: Resolver) -> bool:
    """Say whether one of our services, given by name or address, answers at an address."""
    if isinstance(host, str):
        try:
            return address in {parse_address(text) for text in resolver(host)}
        except (OSError, UnicodeError, SafeHttpError):
            return True  # unknown where our service lies: better one request too few
    if kind_of(host) == "unspecified":
        return kind_of(address) == "loopback" or _is_local(address)
    return host == address


def _is_local(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address belongs to this machine: only then can a socket be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
