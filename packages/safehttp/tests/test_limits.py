"""Time and size: every limit stops a server that means harm, over real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest

from safehttp import BadResponse, Client, Limits, Provider, TimedOut, TooLarge
from safehttp.body import BodyReader

from .conftest import Ask, Server, answer

MEGABYTE = 1024 * 1024


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event on which a stalling server waits; set when the test is over, so nothing lingers."""
    event = threading.Event()
    yield event
    event.set()


def listed(server: Server) -> Provider:
    return Provider([server.url])


def deflate(data: bytes) -> bytes:
    raw = zlib.compressobj(wbits=-15)
    return raw.compress(data) + raw.flush()


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress), ("deflate", deflate)],
)
def test_compressed_bodies_are_unpacked(
    encoding: str, pack: Callable[[bytes], bytes], serve: Callable[..., Server], ask: Ask
) -> None:
    server = serve(answer(pack(b"toner " * 10_000), headers={"Content-Encoding": encoding}))
    assert ask(listed(server), server.url).content == b"toner " * 10_000


def test_gzip_members_may_follow_each_other(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(gzip.compress(b"one ") + gzip.compress(b"two"), headers={"Content-Encoding": "gzip"}))
    assert ask(listed(server), server.url).content == b"one two"


def test_a_gzip_bomb_is_cut_off(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(gzip.compress(b"\0" * 50 * MEGABYTE), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TooLarge, match="more than 1048576 bytes"):
        ask(listed(server), server.url, client={"limits": Limits(max_body_bytes=MEGABYTE)})


def test_a_bomb_is_never_unpacked_into_memory() -> None:
    bomb = gzip.compress(b"\0" * 200 * MEGABYTE)
    reader = BodyReader("http://x", "gzip", MEGABYTE)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            reader.feed(bomb)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_compressed_data_that_means_nothing_is_cut_off() -> None:
    reader = BodyReader("http://x", "gzip", MEGABYTE)
    empty = gzip.compress(b"") * 1000
    fed = 0

    def feed_for_ever() -> None:
        nonlocal fed
        while fed < 4 * MEGABYTE:
            reader.feed(empty)
            fed += len(empty)

    with pytest.raises(TooLarge):
        feed_for_ever()
    assert MEGABYTE <= fed < 2 * MEGABYTE


def test_an_endless_body_is_cut_off(serve: Callable[..., Server], ask: Ask) -> None:
    def handler(line: socket.socket, _request: bytes) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            line.sendall(b"x" * 65536)

    server = serve(handler)
    with pytest.raises(TooLarge):
        ask(listed(server), server.url, client={"limits": Limits(max_body_bytes=MEGABYTE)})


def test_an_announced_size_is_believed(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"", length=20 * MEGABYTE))
    with pytest.raises(TooLarge, match="announces more"):
        ask(listed(server), server.url)


def test_a_body_of_exactly_the_limit_passes(serve: Callable[..., Server], ask: Ask) -> None:
    for headers, body in (({}, b"x" * 1000), ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 1000))):
        server = serve(answer(body, headers=headers))
        assert len(ask(listed(server), server.url, client={"limits": Limits(max_body_bytes=1000)}).content) == 1000


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_encoding_nobody_asked_for_is_not_read(encoding: str, serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"x", headers={"Content-Encoding": encoding}))
    with pytest.raises(BadResponse, match="not asked for"):
        ask(listed(server), server.url)


@pytest.mark.parametrize(
    ("body", "complaint"), [(b"no gzip at all", "damaged"), (gzip.compress(b"x" * 99)[:-9], "stops in the middle")]
)
def test_damaged_compression(body: bytes, complaint: str, serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(body, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BadResponse, match=complaint):
        ask(listed(server), server.url)


@pytest.mark.parametrize(
    "row", [b"X-Long: " + b"a" * 100_000, b"X: y\r\n" * 10_000, b"\r\nHTTP/1.1 100 Continue\r\n" * 5_000]
)
def test_headers_have_a_limit(row: bytes, serve: Callable[..., Server], ask: Ask) -> None:
    first = b"HTTP/1.1 100 Continue\r\n" if b"100" in row else b"HTTP/1.1 200 OK\r\n"
    server = serve(lambda line, _request: line.sendall(first + row))
    with pytest.raises(TooLarge, match="headers are larger than 8192 bytes"):
        ask(listed(server), server.url, client={"limits": Limits(max_header_bytes=8192)})


def test_a_large_body_behind_small_headers_is_no_header(serve: Callable[..., Server], ask: Ask) -> None:
    server = serve(answer(b"x" * 200_000))
    assert len(ask(listed(server), server.url, client={"limits": Limits(max_header_bytes=1024)}).content) == 200_000


def test_a_server_that_says_nothing(serve: Callable[..., Server], ask: Ask, released: threading.Event) -> None:
    server = serve(lambda _line, _request: bool(released.wait(10)) or None)
    with pytest.raises(TimedOut, match="did not answer in time"):
        ask(listed(server), server.url, client={"limits": Limits(read_seconds=0.1)})


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_drips(start: bytes, serve: Callable[..., Server], ask: Ask, released: threading.Event) -> None:
    def handler(line: socket.socket, _request: bytes) -> None:
        line.sendall(start)
        while not released.wait(0.02):
            line.sendall(b"a")

    server = serve(handler)
    with pytest.raises(TimedOut, match=r"within 0\.3 seconds"):
        ask(listed(server), server.url, client={"limits": Limits(total_seconds=0.3, read_seconds=0.2)})


def test_a_server_that_does_not_read(serve: Callable[..., Server], released: threading.Event) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = Client(Provider([url]), Limits(total_seconds=0.3, read_seconds=0.1))
        with pytest.raises(TimedOut):
            client.post(url, content=b"x" * 50 * MEGABYTE)
    finally:
        listener.close()


def test_a_resolver_that_hangs(ask: Ask, released: threading.Event) -> None:
    def resolver(_name: str) -> list[str]:
        released.wait(10)
        return ["93.184.215.14"]

    with pytest.raises(TimedOut, match=r"within 0\.1 seconds"):
        ask(
            Provider(["slow.example"]),
            "https://slow.example/",
            client={"resolver": resolver, "limits": Limits(total_seconds=0.1)},
        )
