"""A realm at work: its data, its keys, what it remembers, and the tokens it makes."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import uuid4

from standins.oidc.faults import Faults
from standins.oidc.model import Lifetimes, RealmData, User, subject
from standins.oidc.store import Code, Login, Refresh, Session, Shelf
from standins.oidc.tokens import BadToken, Claims, KeyRing, half_hash, tampered, unsigned

SCOPES: Final = ("openid", "profile", "email", "roles", "groups")


class Realm:
    """Everything one realm knows. `guard` is held while a request is answered, so that no code is used twice."""

    def __init__(
        self,
        data: RealmData,
        issuer: str,
        lifetimes: Lifetimes | None = None,
        clock: Callable[[], float] = time.time,
        keys: KeyRing | None = None,
    ) -> None:
        """Put the parts together; `issuer` is the realm's full address, `clock` gives seconds since the epoch."""
        self.name = data.realm
        self.issuer = issuer
        self.lifetimes = lifetimes or Lifetimes()
        self.clock = clock
        self.guard = threading.RLock()
        self.keys = keys or KeyRing()
        self.faults = Faults()
        self.clients = {client.client_id: client for client in data.clients}
        self._users = {user.username.lower(): user for user in data.users}
        self.logins: Shelf[Login] = Shelf(clock)
        self.sessions: Shelf[Session] = Shelf(clock)
        self.codes: Shelf[Code] = Shelf(clock)
        self.refreshes: Shelf[Refresh] = Shelf(clock)

    def user(self, username: str) -> User | None:
        """Return a user by name, whatever the case."""
        return self._users.get(username.strip().lower())

    def put_user(self, user: User) -> None:
        """Add a user, or exchange the one of that name."""
        with self.guard:
            self._users[user.username.lower()] = user

    def remove_user(self, username: str) -> None:
        """Forget a user and end their sessions."""
        with self.guard:
            self.end_sessions(username)
            self._users.pop(username.lower(), None)

    def enable_user(self, username: str, *, enabled: bool) -> None:
        """Let a user in or, by disabling them, end their sessions too; raises KeyError for nobody."""
        with self.guard:
            self._users[username.lower()] = replace(self._users[username.lower()], enabled=enabled)
            if not enabled:
                self.end_sessions(username)

    def end_sessions(self, username: str) -> None:
        """Sign a user out everywhere."""
        with self.guard:
            for session in self.sessions.all():
                if session.username == username.lower():
                    session.alive = False

    def check_password(self, username: str, password: str) -> User | None:
        """Return the user whose password this is. A wrong name takes as long as a wrong password."""
        user = self.user(username)
        right = hmac.compare_digest((user.password if user else "").encode(), password.encode())
        return user if user is not None and right and user.password else None

    def active_session(self, identity: str) -> Session | None:
        """Return a session that still holds: not over, not ended, its user there and enabled."""
        session = self.sessions.get(identity)
        if session is None or not session.alive:
            return None
        user = self.user(session.username)
        return session if user is not None and user.enabled else None

    def access_token(self, client_id: str, session: Session, scope: tuple[str, ...]) -> str:
        """Make an access token in Keycloak's form: a signed token that only this realm needs to understand."""
        claims = self._common("Bearer", session, self.lifetimes.access_token)
        claims |= {"aud": "account", "azp": client_id, "scope": " ".join(scope)}
        return self.keys.sign(claims | self.person(session.username, scope))

    def id_token(
        self, client_id: str, session: Session, scope: tuple[str, ...], access_token: str, nonce: str | None
    ) -> str:
        """Make an ID token (OpenID Connect Core, 2), with the faults that are due."""
        claims = self._common("ID", session, self.lifetimes.id_token)
        claims |= {"aud": client_id, "azp": client_id, "at_hash": half_hash(access_token)}
        claims["auth_time"] = int(session.auth_time)
        if nonce is not None:
            claims["nonce"] = nonce
        return self._sign_with_faults(claims | self.person(session.username, scope))

    def person(self, username: str, scope: tuple[str, ...]) -> Claims:
        """Return what the scopes tell of a user (OpenID Connect Core, 5.4; roles and groups as Keycloak's mappers)."""
        user = self.user(username)
        if user is None:
            return {}
        told: Claims = {}
        if "profile" in scope:
            told |= {"preferred_username": user.username, "name": user.name}
            told |= {"given_name": user.given_name, "family_name": user.family_name}
        if "email" in scope:
            told |= {"email": user.email, "email_verified": True}
        if "roles" in scope:
            told["realm_access"] = {"roles": list(user.roles)}
        if "roles" in scope or "groups" in scope:
            told["groups"] = list(user.groups)
        return told

    def bearer(self, token: str) -> tuple[Session, Claims]:
        """Return session and claims of an access token that still holds; raises BadToken."""
        claims = self.keys.verify(token)
        session = self.active_session(str(claims.get("sid", "")))
        if claims.get("typ") != "Bearer" or claims.get("exp", 0) <= self.clock() or session is None:
            raise BadToken("no longer valid")
        return session, claims

    def _common(self, kind: str, session: Session, lifetime: float) -> Claims:
        now = self.clock()
        return {
            "iss": self.issuer,
            "sub": subject(self.name, session.username),
            "typ": kind,
            "iat": int(now),
            "exp": int(now + lifetime),
            "jti": str(uuid4()),
            "sid": session.identity,
        }

    def _sign_with_faults(self, claims: Claims) -> str:
        take = self.faults.take
        if take("wrong_nonce"):
            claims["nonce"] = "a-nonce-of-somebody-else"
        if take("no_nonce"):
            claims.pop("nonce", None)
        if take("wrong_audience"):
            claims["aud"] = claims["azp"] = "another-client"
        if take("wrong_issuer"):
            claims["iss"] = f"{self.issuer}-of-somebody-else"
        if take("wrong_at_hash"):
            claims["at_hash"] = half_hash("another token")
        if take("expired"):
            claims |= {"iat": claims["iat"] - 7200, "exp": claims["iat"] - 3600}
        if take("issued_in_future"):
            claims |= {"iat": claims["iat"] + 7200, "exp": claims["exp"] + 7200}
        if take("alg_none"):
            return unsigned(claims)
        if take("alg_hs256"):
            return self.keys.confused(claims)
        if take("unknown_key"):
            return self.keys.sign(claims, kid="no-such-key")
        token = self.keys.sign(claims)
        if take("tampered_token"):
            somebody = {"sub": subject(self.name, "admin"), "preferred_username": "admin"}
            return tampered(token, claims | somebody)
        return token
