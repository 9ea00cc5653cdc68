"""TLS over real sockets with an authority made for the test: name checks, self-signed printers, old protocols."""

from __future__ import annotations

import datetime as dt
import inspect
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from safehttp import Device, Provider, Public, Unreachable

from .conftest import Ask, Server, answer


@dataclass
class Authority:
    """A throw-away certificate authority; `issue` returns a server's TLS settings."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test authority")])
        certificate = self._builder(self._name, self._key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file = self.folder / "authority.pem"
        self.file.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, *names: x509.GeneralName) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        builder = self._builder(subject, key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        file = self.folder / f"{certificate.serial_number}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def loopback(_name: str) -> list[str]:
    return ["127.0.0.1"]


def provider(server: Server, name: str, authority: Authority | None) -> Provider:
    return Provider(
        [f"https://{name}:{server.port}"], networks=["127.0.0.0/8"], ca_file=str(authority.file) if authority else None
    )


def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    serve: Callable[..., Server], ask: Ask, authority: Authority
) -> None:
    context = authority.issue(x509.DNSName("service.example"))
    seen: list[str | None] = []
    context.sni_callback = lambda _line, name, _context: seen.append(name)
    server = serve(answer(b"secret"), tls=context)
    good = provider(server, "service.example", authority)
    url = f"https://service.example:{server.port}/"
    assert ask(good, url, client={"resolver": loopback}).content == b"secret"
    assert seen == ["service.example"]
    with pytest.raises(Unreachable, match="certificate that is not trusted"):
        ask(
            provider(server, "other.example", authority),
            f"https://other.example:{server.port}/",
            client={"resolver": loopback},
        )


def test_an_address_is_checked_as_an_address(serve: Callable[..., Server], ask: Ask, authority: Authority) -> None:
    server = serve(answer(b"x"), tls=authority.issue(x509.IPAddress(ip_address("127.0.0.1"))))
    assert ask(provider(server, "127.0.0.1", authority), server.url).content == b"x"
    other = serve(answer(b"x"), tls=authority.issue(x509.IPAddress(ip_address("127.0.0.2"))))
    with pytest.raises(Unreachable, match="not trusted"):
        ask(provider(other, "127.0.0.1", authority), other.url)


def test_an_unknown_authority_is_not_trusted(serve: Callable[..., Server], ask: Ask, authority: Authority) -> None:
    server = serve(answer(b"x"), tls=authority.issue(x509.DNSName("service.example")))
    with pytest.raises(Unreachable, match="not trusted"):
        ask(
            provider(server, "service.example", None),
            f"https://service.example:{server.port}/",
            client={"resolver": loopback},
        )
    assert server.requests == []


def test_a_printer_may_sign_its_own_certificate_when_told_so(
    serve: Callable[..., Server], ask: Ask, authority: Authority
) -> None:
    server = serve(answer(b"printer"), address="127.42.0.1", tls=authority.issue(x509.DNSName("whatever")))
    strict = Device("127.42.0.1", networks=["127.42.0.0/16"], ports=[server.port])
    lax = Device("127.42.0.1", networks=["127.42.0.0/16"], ports=[server.port], verify_tls=False)
    with pytest.raises(Unreachable, match="not trusted"):
        ask(strict, server.url)
    assert ask(lax, server.url).content == b"printer"


def test_an_old_printer_is_reached_with_old_tls_only_when_told_so(
    serve: Callable[..., Server], ask: Ask, authority: Authority
) -> None:
    context = authority.issue(x509.DNSName("whatever"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.deprecated_call():
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = serve(answer(b"old"), address="127.42.0.1", tls=context)

    def device(*, legacy: bool) -> Device:
        return Device(
            "127.42.0.1", networks=["127.42.0.0/16"], ports=[server.port], verify_tls=False, legacy_tls=legacy
        )

    with pytest.raises(Unreachable, match="could not agree on TLS"):
        ask(device(legacy=False), server.url)
    assert ask(device(legacy=True), server.url).content == b"old"


def test_plain_http_on_a_tls_port(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"x"))
    url = server.url.replace("http:", "https:")
    with pytest.raises(Unreachable, match="could not agree on TLS"):
        ask(Provider([url]), url)


def test_a_redirect_from_https_to_http_is_refused(serve: Callable[..., Server], ask: Ask, authority: Authority) -> None:
    plain = serve(answer(b"x"))
    server = serve(
        answer(status="302 Found", headers={"Location": plain.url}),
        tls=authority.issue(x509.IPAddress(ip_address("127.0.0.1"))),
    )
    policy = Provider([server.url, plain.url], ca_file=str(authority.file))
    with pytest.raises(Exception, match="from https to http"):
        ask(policy, server.url)
    assert plain.requests == []


def test_only_the_device_policy_can_turn_the_check_off() -> None:
    for policy in (Public(), Provider([]), Device("10.0.0.1", networks=[])):
        context = policy.tls_context()
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    for maker in (Public, Provider):
        assert "verify_tls" not in inspect.signature(maker).parameters
