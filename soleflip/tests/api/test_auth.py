"""Signing in and out, over HTTP."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import httpx2
import jwt
import pytest

from shared.auth import tokens
from shared.config.settings import Settings
from tests.people import Person

FIRST = {"email": "boss@example.com", "username": "boss", "password": "correct horse"}


async def test_the_first_user_is_administrator_and_makes_the_others(client: httpx2.AsyncClient) -> None:
    first = await client.post("/auth/register", json=FIRST)
    assert (first.status_code, first.json()["role"]) == (201, "admin")
    stranger = await client.post("/auth/register", json={**FIRST, "username": "eve", "email": "eve@example.com"})
    assert stranger.status_code == 401
    signed = (
        await client.post("/auth/login", json={"username": "BOSS@example.com", "password": "correct horse"})
    ).json()
    head = {"authorization": f"Bearer {signed['access_token']}"}
    client.cookies.clear()
    second = await client.post(
        "/auth/register", json={**FIRST, "username": "willem", "email": "w@example.com"}, headers=head
    )
    assert (second.status_code, second.json()["role"]) == (201, "user")
    again = await client.post(
        "/auth/register", json={**FIRST, "username": "Willem", "email": "x@example.com"}, headers=head
    )
    assert again.json()["error"]["message"] == "Username already taken"


async def test_logging_out_ends_the_token(client: httpx2.AsyncClient) -> None:
    await client.post("/auth/register", json=FIRST)
    signed = (await client.post("/auth/login", json={"username": "boss", "password": "correct horse"})).json()
    client.cookies.clear()
    head = {"authorization": f"Bearer {signed['access_token']}"}
    assert (await client.get("/auth/me", headers=head)).json()["username"] == "boss"
    out = await client.post("/auth/logout", json={"refresh_token": signed["refresh_token"]}, headers=head)
    assert out.json()["success"] is True
    assert (await client.get("/auth/me", headers=head)).status_code == 401
    assert (await client.post("/auth/refresh", json={"refresh_token": signed["refresh_token"]})).status_code == 401


async def test_a_refresh_token_used_twice_ends_every_session_of_its_family(client: httpx2.AsyncClient) -> None:
    await client.post("/auth/register", json=FIRST)
    first = (await client.post("/auth/login", json={"username": "boss", "password": "correct horse"})).json()
    second = (await client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    thief = await client.post("/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert thief.status_code == 401
    assert (await client.post("/auth/refresh", json={"refresh_token": second["refresh_token"]})).status_code == 401


async def test_wrong_name_and_wrong_password_sound_alike(client: httpx2.AsyncClient) -> None:
    await client.post("/auth/register", json=FIRST)
    answers = [
        (await client.post("/auth/login", json={"username": name, "password": "wrong horse"})).json()["error"]
        for name in ("boss", "nobody")
    ]
    assert answers[0]["message"] == answers[1]["message"] == "Invalid username or password"


async def test_changing_the_password_ends_old_sessions(client: httpx2.AsyncClient) -> None:
    await client.post("/auth/register", json=FIRST)
    signed = (await client.post("/auth/login", json={"username": "boss", "password": "correct horse"})).json()
    client.cookies.clear()
    head = {"authorization": f"Bearer {signed['access_token']}"}
    body = {"old_password": "correct horse", "new_password": "battery staple"}
    assert (await client.post("/auth/change-password", json=body, headers=head)).status_code == 200
    assert (await client.get("/auth/me", headers=head)).status_code == 401


async def test_the_last_administrator_stays(admin: Person, worker: Person) -> None:
    refused = await admin.patch(f"/auth/users/{admin.user.id}/deactivate")
    assert refused.status_code == 409
    assert (await admin.patch(f"/auth/users/{worker.user.id}/deactivate")).status_code == 200
    assert (await worker.get("/auth/me")).status_code == 401
    assert (await admin.patch(f"/auth/users/{uuid.uuid4()}/activate")).json()["error"]["message"] == "User not found"


def forged(settings: Settings, person: Person, kind: str) -> str:
    now = datetime.now(UTC)
    claims = jwt.decode(person.token, options={"verify_signature": False})
    if kind == "other key":
        return jwt.encode(claims, "x" * 40, "HS256")
    if kind == "no algorithm":
        return jwt.encode(claims, "", "none")
    if kind == "expired":
        past = now - timedelta(hours=3)
        return tokens.issue(settings.signing_key, person.user.id, "ada", "admin", 1, past, 60)
    if kind == "no expiry":
        return jwt.encode({k: v for k, v in claims.items() if k != "exp"}, settings.signing_key, "HS256")
    if kind == "role changed":
        head, _, tail = person.token.split(".")
        return f"{head}.{jwt.utils.base64url_encode(b'{}').decode()}.{tail}"
    if kind == "refresh type":
        return jwt.encode({**claims, "type": "refresh"}, settings.signing_key, "HS256")
    if kind == "old version":
        return tokens.issue(settings.signing_key, person.user.id, "ada", "admin", 0, now, 60)
    if kind == "stranger":
        return tokens.issue(settings.signing_key, uuid.uuid4(), "ada", "admin", 1, now, 60)
    return "not.a.token"


@pytest.mark.parametrize(
    "kind",
    [
        "other key",
        "no algorithm",
        "expired",
        "no expiry",
        "role changed",
        "refresh type",
        "old version",
        "stranger",
        "noise",
    ],
)
async def test_a_forged_token_is_refused(
    kind: str, settings: Settings, admin: Person, client: httpx2.AsyncClient
) -> None:
    head = {"authorization": f"Bearer {forged(settings, admin, kind)}"}
    answer = await client.get("/auth/users", headers=head)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "UNAUTHORIZED"


async def test_a_key_can_do_no_more_than_its_scopes_and_its_owner(worker: Person, viewer: Person) -> None:
    made = (await worker.post("/auth/api-keys", {"name": "n8n", "scopes": ["read"]})).json()
    head = {"x-api-key": made["key"]}
    assert (await worker.client.get("/auth/api-keys", headers=head)).json()[0]["name"] == "n8n"
    assert "key" not in (await worker.get("/auth/api-keys")).json()[0]
    assert (await worker.client.get("/auth/users", headers=head)).status_code == 403
    assert (await viewer.post("/auth/api-keys", {"name": "x", "scopes": ["write"]})).status_code == 403
    assert (await viewer.delete(f"/auth/api-keys/{made['id']}")).status_code == 404
    assert (await worker.delete(f"/auth/api-keys/{made['id']}")).status_code == 204
    assert (await worker.client.get("/auth/api-keys", headers=head)).status_code == 401


async def test_a_cookie_changes_nothing_for_another_site(client: httpx2.AsyncClient) -> None:
    await client.post("/auth/register", json=FIRST)
    await client.post("/auth/login", json={"username": "boss", "password": "correct horse"})
    assert (await client.get("/auth/me")).status_code == 200
    body = {"name": "x", "scopes": ["read"]}
    foreign = await client.post("/auth/api-keys", json=body, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert (
        await client.post("/auth/api-keys", json=body, headers={"origin": "https://evil.example"})
    ).status_code == 403
    assert (
        await client.post("/auth/api-keys", json=body, headers={"sec-fetch-site": "same-origin"})
    ).status_code == 201


async def test_unknown_fields_are_refused(admin: Person) -> None:
    answer = await admin.post("/auth/register", {**FIRST, "is_active": True, "token_version": 9})
    assert answer.status_code == 422
    assert set(answer.json()["error"]["details"]["field_errors"]) == {"body.is_active", "body.token_version"}
