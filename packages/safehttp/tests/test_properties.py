"""The address judge against random addresses, spelled at random, with the standard library as the second opinion."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from hypothesis import given
from hypothesis import strategies as st

from safehttp import Device, Public, Refused, SafeHttpError, check_url, judge, parse_url
from safehttp.address import kind_of, parse_host

V4 = st.integers(0, 2**32 - 1).map(IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(IPv6Address)
NAT64 = st.integers(0, 2**32 - 1).map(lambda low: IPv6Address(0x64FF9B << 96 | low))
PRIVATE = st.one_of(
    st.integers(0, 2**24 - 1).map(lambda low: IPv4Address(low | 10 << 24)),
    st.integers(0, 2**24 - 1).map(lambda low: IPv4Address(low | 127 << 24)),
    st.integers(0, 2**16 - 1).map(lambda low: IPv4Address(low | 0xC0A80000)),
    st.integers(0, 2**16 - 1).map(lambda low: IPv4Address(low | 0xA9FE0000)),
)


@st.composite
def spelled(draw: st.DrawFn, addresses: st.SearchStrategy[IPv4Address] = V4) -> tuple[str, IPv4Address]:
    """An IPv4 address and one of the ways to write it that C libraries and browsers accept."""
    address = draw(addresses)
    value = int(address)
    count = draw(st.integers(1, 4))
    parts = [(value >> 8 * (3 - place)) & 255 for place in range(count - 1)]
    parts.append(value & (256 ** (5 - count) - 1))
    forms = [draw(st.sampled_from((str, hex, lambda n: f"0{n:o}", lambda n: f"0X{n:X}"))) for _part in parts]
    text = ".".join(form(part) for form, part in zip(forms, parts, strict=True))
    return text + draw(st.sampled_from(("", "."))), address


@given(spelled())
def test_every_spelling_means_the_address_the_c_library_means(case: tuple[str, IPv4Address]) -> None:
    text, address = case
    assert parse_host(text) == address
    assert socket.inet_aton(text.removesuffix(".")) == address.packed


@given(spelled(PRIVATE))
def test_no_spelling_of_a_private_address_is_public(case: tuple[str, IPv4Address]) -> None:
    verdicts = []
    for host in (case[0], f"[::ffff:{case[1]}]", f"[64:ff9b::{case[1]}]", f"[::{case[1]}]"):
        with contextlib.suppress(Refused):
            verdicts.append(check_url(Public(), f"http://{host}/"))
    assert verdicts == []


@given(st.one_of(V4, V6, NAT64))
def test_what_is_global_here_is_global_to_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    """Stricter is fine, laxer is not; NAT64 alone is judged by what it carries."""
    carried = IPv4Address(int(address) & 0xFFFFFFFF) if address in IPv6Network("64:ff9b::/96") else address
    laxer = kind_of(address) == "global" and (not carried.is_global or carried.is_multicast)
    assert not laxer


@given(st.one_of(V4, V6), st.lists(st.one_of(V4, V6), max_size=3))
def test_a_device_is_only_ever_its_own_address(
    asked: IPv4Address | IPv6Address, resolved: list[IPv4Address | IPv6Address]
) -> None:
    policy = Device("printer.example", networks=["10.0.0.0/8"])
    host = f"[{asked}]" if asked.version == 6 else str(asked)
    with contextlib.suppress(SafeHttpError):
        judge(policy, parse_url(f"http://{host}/"))
        raise AssertionError("another host than the printer's was admitted")
    with contextlib.suppress(SafeHttpError):
        found = judge(policy, parse_url("http://printer.example/"), lambda _name: [str(one) for one in resolved])
        assert all(str(address).startswith("10.") for address in found)


@given(
    st.one_of(st.text(), st.text(alphabet="htps:/[]@.%#?\\0x127af\t\r\n-_ １。", max_size=40).map("http://{}".format))
)
def test_any_text_is_parsed_or_refused_and_parsing_is_stable(text: str) -> None:
    target = None
    with contextlib.suppress(Refused):
        target = parse_url(text)
    if target is None:
        return
    assert parse_url(target.url) == target
    assert target.url.isascii()
    assert "@" not in target.netloc
    assert target.url.isprintable()
