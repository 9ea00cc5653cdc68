"""A mail server on loopback that speaks SMTP as RFC 5321 has it and keeps what it was given.

It refuses what a true one refuses: commands out of order, unknown ones, addresses without brackets, lines over 1,000 bytes.
A test tells it to refuse a recipient, or to stop at a moment: `at("DATA", event)` calls `event` before that is answered.
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Final, Self

LONGEST_LINE: Final = 1000
LONGEST_MESSAGE: Final = 20 * 2**20
_PATH: Final = re.compile(rb"^(?:FROM|TO):<([^<>\s]*)>(?: [A-Z0-9=]+)*\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was accepted: envelope and content."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The content as a message."""
        made: Any = message_from_bytes(self.content, policy=policy.default)
        return made  # type: ignore[no-any-return]


@dataclass(slots=True)
class _Envelope:
    sender: str | None = None
    recipients: list[str] = field(default_factory=list)


class MailServer:
    """The server; a context manager. `host` and `port` are where it listens, `received` what it has accepted."""

    def __init__(self) -> None:
        """Bind, and wait for `with`."""
        self.received: list[Received] = []
        self.refused: dict[str, str] = {}
        """Recipient to the reply it gets, such as "550 no such user" or "451 try later"."""
        self._moments: dict[str, Callable[[], None]] = {}
        outer = self

        class Handler(_Conversation):
            server_in_test = outer

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=True)
        self._server.daemon_threads = True
        self.host, self.port = "127.0.0.1", int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def at(self, command: str, event: Callable[[], None]) -> None:
        """Call `event` before `command` is answered: EHLO, MAIL, RCPT, DATA, "." (the message has come, not yet accepted),
        "accepted" (it is accepted, the answer not yet sent) or QUIT.
        """
        self._moments[command] = event

    def reach(self, command: str) -> None:
        """Let whoever waits for this moment act."""
        event = self._moments.get(command)
        if event is not None:
            event()


class _Conversation(socketserver.StreamRequestHandler):
    server_in_test: MailServer

    def handle(self) -> None:
        """Talk until the client leaves."""
        try:
            self._talk()
        except (ConnectionError, TimeoutError):
            return

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def _talk(self) -> None:
        self.greeted, self.envelope = False, _Envelope()
        self._say("220 standin ESMTP")
        while line := self.rfile.readline(LONGEST_LINE + 1):
            if not line.endswith(b"\r\n"):
                self._say("500 line too long or without CRLF")
                return
            word, _, rest = line.strip().partition(b" ")
            command = word.decode("ascii", "replace").upper()
            self.server_in_test.reach(command)
            answer: Callable[[bytes], str] | None = getattr(self, f"on_{command.lower()}", None)
            self._say(answer(rest) if answer else "500 unknown command")
            if command == "QUIT":
                return

    def on_ehlo(self, name: bytes) -> str:
        """Greet."""
        self.greeted, self.envelope = bool(name), _Envelope()
        return "250-standin\r\n250-8BITMIME\r\n250 SIZE 20971520" if name else "501 say who you are"

    on_helo = on_ehlo

    def on_mail(self, rest: bytes) -> str:
        """Begin a message."""
        found = _PATH.match(rest)
        if not self.greeted or self.envelope.sender is not None:
            return "503 not now"
        if found is None or not rest.upper().startswith(b"FROM:"):
            return "501 MAIL FROM:<address>"
        self.envelope.sender = found[1].decode()
        return "250 fine"

    def on_rcpt(self, rest: bytes) -> str:
        """Take or refuse a recipient."""
        found = _PATH.match(rest)
        if self.envelope.sender is None:
            return "503 MAIL first"
        if found is None or not rest.upper().startswith(b"TO:") or b"@" not in found[1]:
            return "501 RCPT TO:<address>"
        name = found[1].decode()
        if name in self.server_in_test.refused:
            return self.server_in_test.refused[name]
        self.envelope.recipients.append(name)
        return "250 fine"

    def on_data(self, rest: bytes) -> str:
        """Take the message."""
        if rest or not self.envelope.recipients or self.envelope.sender is None:
            return "503 RCPT first"
        self._say("354 go on")
        content, size = [], 0
        while (line := self.rfile.readline(LONGEST_LINE + 1)) != b".\r\n":
            size += len(line)
            if not line.endswith(b"\r\n") or size > LONGEST_MESSAGE:
                raise ConnectionError("the client left, or a line or the message is too long")
            content.append(line[1:] if line.startswith(b".") else line)
        server, envelope = self.server_in_test, self.envelope
        server.reach(".")
        server.received.append(Received(envelope.sender or "", tuple(envelope.recipients), b"".join(content)))
        server.reach("accepted")
        self.envelope = _Envelope()
        return "250 taken"

    def on_rset(self, _rest: bytes) -> str:
        """Forget the envelope."""
        self.envelope = _Envelope()
        return "250 forgotten"

    def on_noop(self, _rest: bytes) -> str:
        """Do nothing."""
        return "250 fine"

    def on_quit(self, _rest: bytes) -> str:
        """Say goodbye."""
        return "221 bye"
