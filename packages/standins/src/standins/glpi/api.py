"""The endpoints of GLPI's REST API (apirest.php, GLPI 9.1 to 10): sessions, entities, search, items and their children."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final

from standins.glpi.refusals import Refusal
from standins.glpi.search import cut, ranged, search
from standins.glpi.world import Account, KnownPrinter, World
from standins.wire import Reply, Request, json_reply

ROOT: Final = "/apirest.php"
_TRUE: Final = Reply(200, b"true", {"Content-Type": "application/json"})
KINDS: Final = frozenset({"Printer", "NetworkPort", "NetworkName", "IPAddress", "PrinterLog"})


@dataclass
class Session:
    """One signed-in client: it sees the entities that are active."""

    account: Account
    entities: tuple[int, ...]


class Api:
    """Answers requests about a world. `app_token` None: the API asks for none; `credentials` False: tokens only."""

    def __init__(self, world: World, app_token: str | None, *, credentials: bool = True) -> None:
        """Start without a session."""
        self.world, self.app_token, self.credentials = world, app_token, credentials
        self.sessions: dict[str, Session] = {}

    def answer(self, request: Request) -> Reply:
        """Answer a request; raises Refusal."""
        parts = [part for part in request.path.removeprefix(ROOT).split("/") if part]
        body = self._body(request)
        self._admit_app(request)
        if parts[:1] == ["initSession"]:
            return self._sign_in(request)
        session = self._session(request)
        match (request.method, parts):
            case (_, ["killSession"]):
                del self.sessions[request.headers["session-token"]]
                return _TRUE
            case ("POST", ["changeActiveEntities"]):
                return self._change_entities(session, body)
            case ("GET", ["search", "Printer"]):
                return search(self._seen(session), request.query, self.world.label_field)
            case ("GET", ["Printer", number]):
                return json_reply(self._printer(session, number).as_item())
            case ("GET", [kind, number, wanted]) if {kind, wanted} <= KINDS:
                return self._children(session, kind, number, wanted, request.params)
            case ("PUT" | "PATCH", ["Printer", number]):
                return self._update(session, number, body)
            case (_, ["search" | "Printer", *_rest]) if request.method not in ("GET", "PUT", "PATCH"):
                raise Refusal("ERROR_METHOD_NOT_ALLOWED")
        raise Refusal("ERROR_RESOURCE_NOT_FOUND_NOR_COMMONDBTM")

    def _body(self, request: Request) -> Any:
        if not request.body or "application/json" not in request.headers.get("content-type", "application/json"):
            return None
        if request.method == "GET":
            raise Refusal("ERROR_JSON_PAYLOAD_FORBIDDEN")
        try:
            return request.json()
        except (ValueError, RecursionError):
            raise Refusal("ERROR_JSON_PAYLOAD_INVALID") from None

    def _admit_app(self, request: Request) -> None:
        if self.app_token is None:
            return
        given = request.headers.get("app-token", "")
        if not given:
            raise Refusal("ERROR_APP_TOKEN_PARAMETERS_MISSING")
        if not hmac.compare_digest(given.encode(), self.app_token.encode()):
            raise Refusal("ERROR_WRONG_APP_TOKEN_PARAMETER")

    def _sign_in(self, request: Request) -> Reply:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme == "user_token" and given:
            fitting = [one for one in self.world.accounts if hmac.compare_digest(one.token.encode(), given.encode())]
            wrong = "ERROR_GLPI_LOGIN_USER_TOKEN"
        elif scheme.lower() == "basic" and given:
            if not self.credentials:
                raise Refusal("ERROR_LOGIN_WITH_CREDENTIALS_DISABLED")
            pair = _basic(given)
            fitting = [one for one in self.world.accounts if (one.name, one.password) == pair]
            wrong = "ERROR_GLPI_LOGIN"
        else:
            raise Refusal("ERROR_LOGIN_PARAMETERS_MISSING")
        if not fitting:
            raise Refusal(wrong)
        token = secrets.token_hex(13)
        self.sessions[token] = Session(fitting[0], fitting[0].entities[:1])
        return json_reply({"session_token": token})

    def _session(self, request: Request) -> Session:
        token = request.headers.get("session-token", "")
        if not token:
            raise Refusal("ERROR_SESSION_TOKEN_MISSING")
        session = self.sessions.get(token)
        if session is None:
            raise Refusal("ERROR_SESSION_TOKEN_INVALID")
        return session

    def _change_entities(self, session: Session, body: Any) -> Reply:
        wanted = body.get("entities_id", "all") if isinstance(body, dict) else "all"
        if wanted == "all":
            session.entities = session.account.entities
        elif isinstance(wanted, int) and wanted in session.account.entities:
            # Entities 1 and up lie below the root.
            below = session.account.entities if wanted == 0 and body.get("is_recursive") else (wanted,)
            session.entities = below
        else:
            raise Refusal("ERROR", "You don't have permission to perform this action.")
        return _TRUE

    def _seen(self, session: Session) -> list[KnownPrinter]:
        with self.world.lock:
            known = list(self.world.printers.values())
        return [one for one in known if one.entity in session.entities and not one.is_deleted]

    def _printer(self, session: Session, number: str) -> KnownPrinter:
        known = self.world.printers.get(_number(number))
        if known is None:
            raise Refusal("ERROR_ITEM_NOT_FOUND")
        if known.entity not in session.entities:
            raise Refusal("ERROR_RIGHT_MISSING")
        return known

    def _children(self, session: Session, kind: str, number: str, wanted: str, params: dict[str, str]) -> Reply:
        parent = _number(number)
        self._printer(session, str(parent if kind == "Printer" else parent // 100))
        rows = self.world.children(kind, parent, wanted)
        if rows is None:
            raise Refusal("ERROR_ITEM_NOT_FOUND")
        order, sort = params.get("order", "ASC").upper(), params.get("sort", "id")
        if order not in ("ASC", "DESC"):
            raise Refusal("ERROR", "order must be DESC or ASC")
        if rows and sort not in rows[0]:
            raise Refusal("ERROR", f"sort param is not a field of {wanted}")
        rows.sort(key=lambda row: row[sort], reverse=order == "DESC")
        chosen, first, last = cut(rows, params)
        return ranged(chosen, len(chosen), first, last, len(rows))

    def _update(self, session: Session, number: str, body: Any) -> Reply:
        given = body.get("input") if isinstance(body, dict) else None
        if not isinstance(given, dict):
            raise Refusal("ERROR_BAD_ARRAY")
        known = self._printer(session, number)
        if not session.account.may_update:
            raise Refusal("ERROR_GLPI_UPDATE")
        if "last_pages_counter" in given:
            pages = given["last_pages_counter"]
            if isinstance(pages, bool) or not isinstance(pages, int) or not 0 <= pages < 2**31:
                raise Refusal("ERROR_GLPI_UPDATE", "Incorrect integer value for column 'last_pages_counter'")
            with self.world.lock:
                known.counter = pages
        return json_reply([{str(known.id): True, "message": ""}])


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise Refusal("ERROR_ITEM_NOT_FOUND")
    return int(text)


def _basic(text: str) -> tuple[str, str] | None:
    try:
        name, _, password = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return name, password
