"""A session with a GLPI server: sign in, see every entity, search, read, write one field, sign out.

Tokens travel in headers only, redirects are not followed, and one host is asked: the configured one.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from safehttp import Client, Limits, Provider, Refused, Response, SafeHttpError, parse_url, tls

from inventory.glpi_server.errors import GlpiAwayError, GlpiError, GlpiRefusedError
from inventory.glpi_server.items import COUNTER, ID, NAME, SERIAL, KnownPrinter, moment, printer_of, same, whole

AT_ONCE: Final = 20
"""Serial numbers in one search: their criteria stay below 4 kB of address."""
PAGE: Final = 200
MOST_PORTS: Final = 8
_CODE: Final = re.compile(r"[A-Z][A-Z_]{2,60}")


@dataclass(frozen=True, slots=True)
class GlpiServer:
    """How to reach a GLPI server. `url` ends with apirest.php; a user token wins over name and password.

    `networks` are those where it may be besides global addresses; `own_services` (host, port) are never asked.
    `serial_field`, `counter_field` and `label_field` are numbers of search options; the last one is a plugin's, or None.
    """

    url: str
    app_token: str = field(default="", repr=False)
    user_token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    verify_tls: bool = True
    networks: tuple[str, ...] = ()
    own_services: tuple[tuple[str, int], ...] = ()
    serial_field: int = SERIAL
    counter_field: int = COUNTER
    label_field: int | None = None
    seconds: float = 20.0

    def policy(self) -> Provider:
        """Return what may be asked. Raise GlpiRefusedError when the address is none."""
        try:
            origin = parse_url(self.url).origin
        except Refused as error:
            raise GlpiAwayError(str(error)) from error
        return _Host([origin], self, networks=self.networks, own_services=self.own_services, typed=True)


class _Host(Provider):
    def __init__(self, hosts: Sequence[str], server: GlpiServer, **fields: Any) -> None:
        super().__init__(hosts, **fields)
        self._verify = server.verify_tls

    def tls_context(self) -> ssl.SSLContext:
        return super().tls_context() if self._verify else tls.device_context(verify=False, legacy=False)


@contextmanager
def open_session(server: GlpiServer) -> Iterator[Session]:
    """Sign in for a block, in every entity of the account; raise GlpiError. The session is ended whatever happens."""
    session = Session(server)
    session.sign_in()
    try:
        yield session
    finally:
        session.sign_out()


class Session:
    """One signed-in session; not for several threads. Every method raises GlpiError.

    GLPI forgets sessions after a while: then it signs in anew, once per request.
    """

    def __init__(self, server: GlpiServer) -> None:
        """Prepare; `sign_in` opens it."""
        self._server = server
        limits = Limits(
            total_seconds=server.seconds, read_seconds=server.seconds, max_body_bytes=4_000_000, max_redirects=0
        )
        self._client = Client(server.policy(), limits, user_agent="printer-inventory")
        self._base = server.url.rstrip("/")
        self._token = ""

    def sign_in(self) -> None:
        """Open a session and make all entities of the account active, or only the root's printers would be seen."""
        server = self._server
        self._token = ""
        if server.user_token:
            fields: dict[str, Any] = {"headers": {"Authorization": f"user_token {server.user_token}"}}
        else:
            fields = {"auth": (server.username, server.password)} if server.username else {}
        body = self._ask("GET", "initSession", **fields)
        token = body.get("session_token") if isinstance(body, dict) else None
        if not isinstance(token, str) or not re.fullmatch(r"[\w.-]{8,200}", token):
            raise GlpiAwayError(f"{self._origin} answered, but not as GLPI does: is the address that of apirest.php?")
        self._token = token
        self._ask("POST", "changeActiveEntities", json={"entities_id": "all", "is_recursive": True})

    def sign_out(self) -> None:
        """End the session; a server that is away forgets it by itself."""
        if self._token:
            with suppress(GlpiError):
                self._ask("GET", "killSession")
            self._token = ""

    def find(self, serials: Sequence[str]) -> dict[str, tuple[KnownPrinter, ...]]:
        """Return by serial number the printers that bear it, whatever the case; one request for twenty.

        What no printer bears is looked for on stickers (`label_field`), when there is such a field.
        """
        found: dict[str, list[KnownPrinter]] = {serial: [] for serial in serials}
        fields = [self._server.serial_field]
        if self._server.label_field is not None:
            fields.append(self._server.label_field)
        for number in fields:
            left = [serial for serial in found if serial.strip() and not found[serial]]
            for start in range(0, len(left), AT_ONCE):
                wanted = left[start : start + AT_ONCE]
                for printer in self._search(number, wanted):
                    for serial in wanted:
                        if same(serial, printer.serial):
                            found[serial].append(printer)
        return {serial: tuple(printers) for serial, printers in found.items()}

    def addresses(self, printer_id: int) -> tuple[str, ...]:
        """Return the addresses on a printer's network ports: port, its network name, its IP addresses."""
        texts: list[str] = []
        for port in self._items(f"Printer/{printer_id}/NetworkPort")[:MOST_PORTS]:
            for name in self._below("NetworkPort", port, "NetworkName"):
                for address in self._below("NetworkName", name, "IPAddress"):
                    if isinstance(address.get("name"), str) and address["name"] not in texts:
                        texts.append(address["name"])
        return tuple(texts)

    def last_seen(self, printer_id: int) -> datetime | None:
        """Return when GLPI last got something from the device itself, without a zone (its own): log of counters or inventory."""
        log = self._items(f"Printer/{printer_id}/PrinterLog", sort="date", order="DESC", range="0-0")
        item = self._ask("GET", f"Printer/{printer_id}")
        seen = [moment(row.get("date")) for row in log[:1]]
        seen.append(moment(item.get("last_inventory_update")) if isinstance(item, dict) else None)
        return max((one for one in seen if one is not None), default=None)

    def write_counter(self, printer_id: int, pages: int) -> None:
        """Set a printer's current counter of pages (last_pages_counter); the same value again changes nothing."""
        body = self._ask("PUT", f"Printer/{printer_id}", json={"input": {"last_pages_counter": pages}})
        told = body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else {}
        if told.get(str(printer_id)) is not True:
            raise GlpiRefusedError("ERROR_GLPI_UPDATE", 207)

    @property
    def _origin(self) -> str:
        return parse_url(self._base).origin

    def _search(self, number: int, wanted: Sequence[str]) -> Iterator[KnownPrinter]:
        params: dict[str, str] = {}
        for place, serial in enumerate(wanted):
            base = f"criteria[{place}]"
            params |= {f"{base}[link]": "OR"} if place else {}
            params |= {
                f"{base}[field]": str(number),
                f"{base}[searchtype]": "contains",
                f"{base}[value]": f"^{serial.strip()}$",
            }
        shown = dict.fromkeys((NAME, ID, number, self._server.counter_field))
        params |= {f"forcedisplay[{place}]": str(each) for place, each in enumerate(shown)}
        first, total = 0, 1
        while first < total:
            body = self._ask("GET", "search/Printer", params={**params, "range": f"{first}-{first + PAGE - 1}"})
            rows = body.get("data", []) if isinstance(body, dict) else []
            total = (whole(body.get("totalcount")) or 0) if isinstance(body, dict) else 0
            for row in rows if isinstance(rows, list) else []:
                printer = printer_of(row, number, self._server.counter_field) if isinstance(row, dict) else None
                if printer is not None:
                    yield printer
            first += PAGE

    def _below(self, kind: str, item: Mapping[str, Any], wanted: str) -> list[dict[str, Any]]:
        number = whole(item.get("id"))
        return [] if number is None else self._items(f"{kind}/{number}/{wanted}")

    def _items(self, path: str, **params: str) -> list[dict[str, Any]]:
        try:
            body = self._ask("GET", path, params=params or None)
        except GlpiRefusedError as error:
            if error.code in ("ERROR_ITEM_NOT_FOUND", "ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM"):
                return []  # gone meanwhile, or a GLPI before 10, which keeps no log of counters
            raise
        return [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []

    def _ask(self, method: str, path: str, **fields: Any) -> Any:
        """Ask, in a new session when GLPI has forgotten this one; return the JSON. Every request may be repeated."""
        try:
            return self._once(method, path, **fields)
        except GlpiRefusedError as error:
            if error.code != "ERROR_SESSION_TOKEN_INVALID" or path in (
                "initSession",
                "killSession",
                "changeActiveEntities",
            ):
                raise
        self.sign_in()
        return self._once(method, path, **fields)

    def _once(self, method: str, path: str, **fields: Any) -> Any:
        headers = dict(fields.pop("headers", {}))
        if self._server.app_token:
            headers["App-Token"] = self._server.app_token
        if self._token:
            headers["Session-Token"] = self._token
        try:
            response = self._client.request(
                method, f"{self._base}/{path}", headers=headers, follow_redirects=False, **fields
            )
            if response.ok:
                return response.json()
        except SafeHttpError as error:
            raise GlpiAwayError(str(error)) from error
        except ValueError as error:
            # A line break in a token, say; the library's text would show it.
            raise GlpiRefusedError("ERROR_LOGIN_PARAMETERS_MISSING", 0) from error
        raise _error(response)


def _error(response: Response) -> GlpiError:
    """Return what an answer that is no success means."""
    if response.status >= 500 or response.status == 429:
        return GlpiAwayError(f"{response.origin} cannot answer just now (status {response.status}).")
    if 300 <= response.status < 400:
        return GlpiAwayError(
            f"{response.origin} sends us elsewhere, and tokens do not follow: give the address it goes to."
        )
    try:
        body = response.json()
    except SafeHttpError:
        body = None
    code = body[0] if isinstance(body, list) and body and isinstance(body[0], str) else ""
    if not _CODE.fullmatch(code):
        return GlpiAwayError(
            f"{response.origin} answered, but not as GLPI does (status {response.status}): is the address that of apirest.php?"
        )
    return GlpiRefusedError(code, response.status)
