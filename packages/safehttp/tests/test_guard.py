"""The guard at work over real sockets: redirects, rebinding names, our own services, pinned connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from safehttp import (
    BadResponse,
    Client,
    Device,
    Limits,
    Provider,
    Public,
    Refused,
    TimedOut,
    Unreachable,
    check_url,
    guard,
)

from .conftest import Ask, Server, answer

PRINTERS = ["127.42.0.0/16"]


def redirect(location: str, status: str = "302 Found") -> Callable[[socket.socket, bytes], None]:
    return answer(status=status, headers={"Location": location})


class Rebinding:
    """Resolves to the first list of addresses once, then to the next, as a hostile name server would."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def test_the_connection_goes_to_the_address_that_was_judged(serve: Callable[..., Server], ask: Ask) -> None:
    printer = serve(answer(b"printer"), address="127.42.0.1")
    victim = serve(answer(b"victim"), address="127.0.0.1", port=printer.port)
    resolver = Rebinding(["127.42.0.1"], ["127.0.0.1"])
    policy = Device("prn.example", networks=PRINTERS, ports=[printer.port])
    response = ask(policy, f"http://prn.example:{printer.port}/", client={"resolver": resolver})
    assert response.content == b"printer"
    assert resolver.asked == ["prn.example"], "resolved once: there is no second answer to fall for"
    assert f"host: prn.example:{printer.port}".encode() in printer.requests[0].lower()
    assert victim.requests == []


def test_a_redirect_is_resolved_and_judged_again(serve: Callable[..., Server], ask: Ask) -> None:
    printer = serve(redirect("/next"), address="127.42.0.1")
    victim = serve(answer(b"victim"), address="127.0.0.1", port=printer.port)
    resolver = Rebinding(["127.42.0.1"], ["127.0.0.1"])
    policy = Device("prn.example", networks=PRINTERS, ports=[printer.port])
    with pytest.raises(Refused, match=r"127\.0\.0\.1 \(loopback\), which is not inside PRINTER_NETWORKS"):
        ask(policy, f"http://prn.example:{printer.port}/", client={"resolver": resolver})
    assert (len(resolver.asked), victim.requests) == (2, [])


def test_a_second_address_is_tried_when_the_first_is_silent(serve: Callable[..., Server], ask: Ask) -> None:
    printer = serve(answer(b"second"), address="127.42.0.2")
    policy = Device("prn.example", networks=PRINTERS, ports=[printer.port])
    resolver = Rebinding(["127.42.0.1", "127.42.0.2"])
    assert ask(policy, f"http://prn.example:{printer.port}/", client={"resolver": resolver}).content == b"second"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://2130706433:{port}/",
        "http://[::ffff:7f00:1]:{port}/",
        "http://127.42.0.1:1/",
        "https://127.42.0.1:{port}@127.0.0.1/",
        "file:///etc/passwd",
        "http://127.42.0.1:{port}\\@127.0.0.1/",
        "http://[bad/",
        "http://127.42.0.2:{port}/",
    ],
)
def test_a_redirect_off_the_printer_is_refused(location: str, serve: Callable[..., Server], ask: Ask) -> None:
    printer = serve(answer(), address="127.42.0.1")
    printer.handler = redirect(location.format(port=printer.port))
    victims = [serve(answer(), address=address, port=printer.port) for address in ("127.0.0.1", "127.42.0.2")]
    with pytest.raises(Refused):
        ask(Device("127.42.0.1", networks=PRINTERS, ports=[printer.port]), f"{printer.url}/")
    assert [victim.requests for victim in victims] == [[], []]


def test_redirects_on_the_printer_are_followed_up_to_the_limit(serve: Callable[..., Server], ask: Ask) -> None:
    printer = serve(redirect("again"), address="127.42.0.1")
    policy = Device("127.42.0.1", networks=PRINTERS, ports=[printer.port])
    with pytest.raises(BadResponse, match="redirects more than 2 times"):
        ask(policy, f"{printer.url}/a/", client={"limits": Limits(max_redirects=2)})
    assert [request.split(b" ")[1] for request in printer.requests] == [b"/a/", b"/a/again", b"/a/again"]
    assert ask(policy, printer.url, follow_redirects=False).status == 302


def test_loopback_needs_a_network_inside_loopback(serve: Callable[..., Server]) -> None:
    printer = serve(answer(b"demo"), address="127.42.0.1")

    def device(*networks: str) -> Client:
        return Client(Device("127.42.0.1", networks=networks, ports=[printer.port]))

    assert device("127.42.0.0/16").get(printer.url).content == b"demo"
    for networks in ([], ["0.0.0.0/0"], ["10.0.0.0/8"], ["126.0.0.0/7"]):
        with pytest.raises(Refused, match="not inside PRINTER_NETWORKS"):
            device(*networks).get(printer.url)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "127.1"])
def test_our_own_services_are_refused_under_every_policy(spelling: str, serve: Callable[..., Server], ask: Ask) -> None:
    service = serve(answer(b"our database"))
    own = [("127.0.0.1", service.port)]
    url = f"http://{spelling}:{service.port}/"
    for policy in (
        Device("127.0.0.1", networks=["127.0.0.0/8"], ports=[service.port], own_services=own),
        Provider([f"127.0.0.1:{service.port}"], own_services=own),
    ):
        with pytest.raises(Refused, match="one of our own services"):
            ask(policy, url)
    with pytest.raises(Refused, match="loopback address"):
        ask(Public(own_services=own), url)
    assert service.requests == []
    assert ask(Provider([f"127.0.0.1:{service.port}"]), url).content == b"our database", "only the list refuses it"


def test_a_service_on_every_address_is_ours_on_each(serve: Callable[..., Server]) -> None:
    printer = serve(answer(), address="127.42.0.1")
    policy = Device(
        "127.42.0.1",
        networks=PRINTERS,
        ports=[printer.port],
        own_services=[("0.0.0.0", printer.port)],  # noqa: S104 - names it
    )
    with pytest.raises(Refused, match="one of our own services"):
        Client(policy).get(printer.url)


def test_a_service_given_by_name_is_resolved_and_unknown_ones_refuse(serve: Callable[..., Server]) -> None:
    printer = serve(answer(b"printer"), address="127.42.0.1")

    def client(*found: str) -> Client:
        def resolver(_name: str) -> list[str]:
            if not found:
                raise OSError
            return list(found)

        own = [("database", printer.port)]
        policy = Device("127.42.0.1", networks=PRINTERS, ports=[printer.port], own_services=own)
        return Client(policy, resolver=resolver)

    assert client("127.42.0.9").get(printer.url).content == b"printer"
    for found in (["127.42.0.9", "127.42.0.1"], []):
        with pytest.raises(Refused, match="one of our own services"):
            client(*found).get(printer.url)


def test_a_redirect_elsewhere_takes_no_secrets_along(serve: Callable[..., Server], ask: Ask) -> None:
    elsewhere = serve(answer(b"picture"))
    provider = serve(redirect(f"{elsewhere.url}/result", "303 See Other"))
    policy = Provider([provider.url, elsewhere.url])
    secrets = {
        "headers": {"X-Api-Key": "secret", "Accept": "image/png"},
        "auth": ("u", "secret"),
        "json": {"s": "secret"},
    }
    assert ask(policy, provider.url, method="POST", **secrets).content == b"picture"
    seen = elsewhere.requests[0].lower()
    assert seen.startswith(b"get /result")
    assert b"accept: image/png" in seen
    assert all(word not in seen for word in (b"secret", b"authorization", b"x-api-key", b"content-"))


def test_a_redirect_at_home_keeps_credentials_and_a_307_the_body(serve: Callable[..., Server], ask: Ask) -> None:
    def handler(line: socket.socket, request: bytes) -> None:
        (answer(b"done") if b" /second " in request else redirect("/second", "307 Temporary Redirect"))(line, request)

    server = serve(handler)
    ask(Provider([server.url]), server.url, method="POST", content=b"payload", auth=("u", "p"))
    assert server.requests[1].startswith(b"POST /second")
    assert server.requests[1].endswith(b"payload")
    assert b"authorization" in server.requests[1].lower()


def test_a_body_is_not_sent_to_another_origin(serve: Callable[..., Server], ask: Ask) -> None:
    elsewhere = serve(answer())
    provider = serve(redirect(elsewhere.url, "308 Permanent Redirect"))
    with pytest.raises(Refused, match="it is not sent there"):
        ask(Provider([provider.url, elsewhere.url]), provider.url, method="POST", content=b"payload")
    assert elsewhere.requests == []


def test_too_many_hanging_lookups_are_refused(serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_LOOKUPS", threading.BoundedSemaphore(1))
    released = threading.Event()
    printer = serve(answer(b"by address"), address="127.42.0.1")

    def resolver(_name: str) -> list[str]:
        released.wait(10)
        return ["127.42.0.1"]

    named = Client(
        Device("prn.example", networks=PRINTERS, ports=[printer.port]), Limits(total_seconds=0.1), resolver=resolver
    )
    with pytest.raises(TimedOut):
        named.get(f"http://prn.example:{printer.port}/")
    with pytest.raises(Unreachable, match="looked up already"):
        named.get(f"http://prn.example:{printer.port}/")
    policy = Device("127.42.0.1", networks=PRINTERS, ports=[printer.port])
    assert Client(policy).get(printer.url).content == b"by address"
    released.set()


def test_wrong_settings_say_so() -> None:
    with pytest.raises(ValueError, match="not the host of a service"):
        Public(own_services=[("data base", 5432)])
    assert Public(own_services=[("/var/run/postgresql", 5432)]).own_services == ()
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 network"):
        Device("10.0.0.1", networks=["office"])
    with pytest.raises(TypeError, match="a list of networks"):
        Device("10.0.0.1", networks="10.0.0.0/8")
    for entry in ("https://x.example:0", "x.example/path", "", "user@x.example"):
        with pytest.raises(ValueError, match="provider list"):
            Provider([entry])


@pytest.mark.parametrize("host", ["169.254.169.254", "10.0.0.7", "127.0.0.1", "[::1]", "[::]"])
def test_an_address_that_a_user_typed_is_no_written_list(host: str) -> None:
    url = f"http://{host}:8080/"
    for networks in ((), ("0.0.0.0/0", "::/0")):
        if networks and host == "10.0.0.7":
            continue
        with pytest.raises(Refused):
            check_url(Provider([url], networks=networks, typed=True), url)
    office = Provider(["http://10.0.0.7:8080"], networks=["10.0.0.0/8"], typed=True)
    assert check_url(office, "http://10.0.0.7:8080/").hostname == "10.0.0.7"
