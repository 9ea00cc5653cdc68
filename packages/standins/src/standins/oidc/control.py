"""What a test or a demo may change while the provider runs, over HTTP with a token of its own."""

from __future__ import annotations

import hmac
from typing import cast
from urllib.parse import unquote

from standins.oidc.faults import Fault, FaultKind
from standins.oidc.message import BadRequest, Reply, Request, json_reply, oauth_error
from standins.oidc.model import ConfigError, parse_user
from standins.oidc.realm import Realm

PREFIX = "/control/"


def control(realm: Realm, request: Request, token: str) -> Reply:
    """Answer `/control/...`; without a token the whole door does not exist.

    POST faults {kind, times, endpoint, seconds} | DELETE faults | POST keys/rotate {keep_old} | PUT users/NAME {...} |
    POST users/NAME/enable | POST users/NAME/disable | POST users/NAME/logout | DELETE users/NAME. Answers 204.
    """
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not token or not hmac.compare_digest(token.encode(), given.encode("utf-8", "replace")):
        return oauth_error("not_found", "there is nothing here", 404)
    try:
        return _act(realm, request)
    except (BadRequest, ConfigError, ValueError) as error:
        return oauth_error("invalid_request", str(error))
    except KeyError:
        return oauth_error("not_found", "no such user", 404)


def _act(realm: Realm, request: Request) -> Reply:
    parts = [unquote(part) for part in request.path.removeprefix(PREFIX).split("/")]
    match [request.method, *parts]:
        case ["POST", "faults"]:
            realm.faults.add(_fault(request.json()))
        case ["DELETE", "faults"]:
            realm.faults.clear()
        case ["POST", "keys", "rotate"]:
            kid = realm.keys.rotate(keep_old=request.json().get("keep_old", True) is True)
            return json_reply({"kid": kid})
        case ["PUT", "users", name]:
            realm.put_user(parse_user({**request.json(), "username": name}))
        case ["POST", "users", name, "enable" | "disable" as what]:
            realm.enable_user(name, enabled=what == "enable")
        case ["POST", "users", name, "logout"]:
            realm.end_sessions(name)
        case ["DELETE", "users", name]:
            realm.remove_user(name)
        case _:
            return oauth_error("not_found", "there is no such command", 404)
    return Reply(204)


def _fault(data: dict[str, object]) -> Fault:
    if unknown := data.keys() - {"kind", "times", "endpoint", "seconds"}:
        raise BadRequest(f"not known: {', '.join(sorted(unknown))}")
    times, endpoint, seconds = data.get("times", 1), data.get("endpoint"), data.get("seconds", 1.0)
    if (times is not None and type(times) is not int) or type(seconds) not in (int, float):
        raise BadRequest("times is a whole number or null, seconds is a number")
    if endpoint is not None and not isinstance(endpoint, str):
        raise BadRequest("endpoint is a text or null")
    kind = cast("FaultKind", str(data.get("kind")))  # Fault itself refuses what is none
    return Fault(kind, times, endpoint, float(cast("float", seconds)))
