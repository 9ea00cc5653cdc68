"""Attacks by name: each is one somebody would try, and each comes to nothing."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from cli.sample import COLUMNS, stockx_rows
from shared.auth import passwords, tokens
from shared.config.settings import Settings
from shared.database.models import InventoryItem, User
from shared.database.words import UserRole
from tests.integration.test_imports import as_csv, send
from tests.makers import make_item, make_order, make_product
from tests.people import Person

pytestmark = pytest.mark.api
UPLOAD = "/api/v1/integration/webhooks/stockx/upload"


def forge(claims: dict[str, Any], header: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.parametrize(
    "attack",
    ["none", "None with a signature", "another key", "empty key", "RS256", "role in the token", "expired", "no jti",
     "a refresh token", "another issuer", "kid", "cut signature", "version before", "somebody unknown"],
)  # fmt: skip
async def test_jwt_forgery(client: httpx2.AsyncClient, viewer: Person, settings: Settings, attack: str) -> None:
    now = datetime.now(UTC)
    claims: dict[str, Any] = jwt.decode(viewer.token, options={"verify_signature": False})
    key, plain = settings.signing_key, {"alg": "none", "typ": "JWT"}
    made = {
        "none": lambda: forge(claims, plain),
        "None with a signature": lambda: forge(claims, {"alg": "None"}, b"x"),
        "another key": lambda: jwt.encode(claims, "another-key-" * 4, "HS256"),
        "empty key": lambda: forge(claims, {"alg": "HS256"}, b""),
        "RS256": lambda: forge(claims, {"alg": "RS256"}, b"x" * 256),
        "role in the token": lambda: jwt.encode({**claims, "role": "admin"}, key, "HS256"),
        "expired": lambda: jwt.encode({**claims, "exp": now - timedelta(seconds=1)}, key, "HS256"),
        "no jti": lambda: jwt.encode({k: v for k, v in claims.items() if k != "jti"}, key, "HS256"),
        "a refresh token": lambda: jwt.encode({**claims, "type": "refresh"}, key, "HS256"),
        "another issuer": lambda: jwt.encode({**claims, "iss": "evil"}, key, "HS256"),
        "kid": lambda: forge(claims, {"alg": "HS256", "kid": "../../dev/null"}, b""),
        "cut signature": lambda: viewer.token.rpartition(".")[0] + ".",
        "version before": lambda: jwt.encode({**claims, "ver": 0}, key, "HS256"),
        "somebody unknown": lambda: tokens.issue(key, uuid.uuid4(), "root", "admin", 1, now, 5),
    }[attack]()
    answer = await client.get("/auth/users", headers={"authorization": f"Bearer {made}"})
    # Only this one is signed by us: it is the viewer's own token, whose role the database knows better.
    assert answer.status_code == (403 if attack == "role in the token" else 401)


async def test_idor_matrix(admin: Person, worker: Person, viewer: Person) -> None:
    """What belongs to somebody is not there for anybody else, whatever their role."""
    key = (await worker.post("/auth/api-keys", {"name": "k", "scopes": ["read"], "days": 5})).json()["id"]
    hook = (await worker.post("/api/v1/webhooks", {"url": "https://93.184.216.34/"})).json()["id"]
    owned: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("DELETE", f"/auth/api-keys/{key}", None),
        ("PATCH", f"/api/v1/webhooks/{hook}", {"is_active": False}),
        ("DELETE", f"/api/v1/webhooks/{hook}", None),
        ("POST", f"/api/v1/webhooks/{hook}/ping", None),
        ("GET", f"/api/v1/webhooks/{hook}/deliveries", None),
    )
    for method, url, body in owned:
        more = {"json": body} if body else {}
        assert (await viewer.ask(method, url, **more)).status_code in (403, 404), (method, url)
        if "webhooks" in url:
            assert (await admin.ask(method, url, **more)).status_code == 404, (method, url)
    for person in (viewer, admin):
        assert (await person.get("/auth/api-keys")).json() == (await person.get("/api/v1/webhooks")).json() == []
    ours = worker.user.id
    asked: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
        ("GET", "/auth/users", None), ("PATCH", f"/auth/users/{ours}/role", {"role": "admin"}),
        ("PATCH", f"/auth/users/{admin.user.id}/deactivate", None), ("POST", "/api/v1/integration/stockx/authorize", None),
        ("PUT", "/api/v1/integration/stockx/credentials", {"api_key": "x"}),
    )  # fmt: skip
    for method, url, body in asked:
        assert (await worker.ask(method, url, **({"json": body} if body else {}))).status_code == 403, url
    assert [row["id"] for row in (await worker.get("/api/v1/webhooks")).json()] == [hook]


def closed(schema: dict[str, Any], document: dict[str, Any]) -> bool:
    """Say whether a body's schema names every field it takes, all the way down."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return all(closed(each, document) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return closed(schema.get("items", {}), document)
    return schema.get("type") != "object" or schema.get("additionalProperties") is not None


async def test_mass_assignment(app: FastAPI, worker: Person, session: AsyncSession) -> None:
    document = app.openapi()
    bodies = [
        (path, content["application/json"]["schema"])
        for path, methods in document["paths"].items()
        for method in methods.values()
        if "application/json" in (content := method.get("requestBody", {}).get("content", {}))
    ]
    assert len(bodies) > 15
    assert not [path for path, schema in bodies if not closed(schema, document)]
    item, order = await make_item(session), await make_order(session)
    before = (await worker.get(f"/api/v1/inventory/items/{item.id}")).json()
    extra: dict[str, Any]
    for extra in ({"reserved_quantity": 0}, {"sold_at": "2020-01-01T00:00:00Z"}, {"number": 1}, {"id": str(order.id)}):
        assert (await worker.patch(f"/api/v1/inventory/items/{item.id}", {"notes": "x", **extra})).status_code == 422
    for extra in ({"net_profit": "1000"}, {"payout_received": True}, {"inventory_item_id": str(item.id)}):
        assert (await worker.patch(f"/api/v1/orders/{order.id}", {"notes": "x", **extra})).status_code == 422
    told = {"email": "e@example.com", "username": "eve", "password": "long enough", "role": "admin"}
    assert (await worker.post("/auth/register", told)).status_code == 403
    assert (await worker.get(f"/api/v1/inventory/items/{item.id}")).json() == before


def bomb(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(member, content)
    return buffer.getvalue()


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("zip.xlsx", bomb("xl/worksheets/sheet1.xml", b"0" * 60_000_000)),
        ("entities.xlsx", bomb("xl/worksheets/sheet1.xml", ENTITIES)),
        ("liar.xlsx", b"PK\x03\x04" + b"\x00" * 400),
        ("wide.csv", (",".join(f"c{n}" for n in range(5000)) + "\n").encode()),
        ("cell.csv", b"Order Number,Sale Date,Item,Listing Price\n" + b"9" * 3_000_000 + b",x,y,1\n"),
        ("nul.csv", b"Order Number,Sale Date,Item,Listing Price\n\x00\x00,2025-01-01,Dunk,10\n"),
    ],
    ids=["zip bomb", "entities", "no zip", "columns", "cell", "nul"],
)
async def test_upload_bomb(worker: Person, session: AsyncSession, name: str, body: bytes) -> None:
    answer = await send(worker, body, name)
    assert answer.status_code in (200, 400, 413, 422), answer.text
    assert answer.status_code != 200 or answer.json()["counts"].get("applied", 0) == 0
    assert await session.scalar(text("SELECT count(*) FROM transactions.orders")) == 0


async def test_card_numbers_are_refused_before_anything_is_stored(worker: Person, session: AsyncSession) -> None:
    body = b"EMAIL,PASSWORD,CC_NUMBER,CVV\na@example.com,pw,4111111111111111,123\n"
    answer = await send(worker, body, "accounts.csv")
    assert (answer.status_code, "never stored" in answer.text) == (422, True)
    assert await session.scalar(text("SELECT count(*) FROM integration.import_records")) == 0


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r="])
async def test_formula_cells(worker: Person, session: AsyncSession, start: str) -> None:
    evil = f'{start}HYPERLINK("http://evil.example")'
    product = await make_product(session, name=evil)
    await make_item(session, product)
    await make_order(session, product_name=evil)
    for url in ("/api/v1/inventory/export", "/api/v1/orders/export"):
        shown = (await worker.get(url)).text
        assert "HYPERLINK" in shown
        for line in shown.splitlines():
            assert not [cell for cell in line.split(",") if cell.strip('"').startswith(start)], (url, line)


async def test_path_traversal(client: httpx2.AsyncClient, worker: Person, session: AsyncSession) -> None:
    for path in ("/static/../main.py", "/static/%2e%2e/main.py", "/static/..%2f..%2fmain.py", "/static//etc/passwd",
                 "/static/face/../../../../etc/passwd"):  # fmt: skip
        answer = await client.get(path)
        assert answer.status_code in (303, 400, 404), path
        assert "create_app" not in answer.text
    made = await send(worker, as_csv(COLUMNS, list(stockx_rows(1))), "../../../../tmp/evil.csv")
    assert made.status_code == 200
    assert made.json()["filename"].rpartition("/")[2] == "evil.csv"
    import tempfile
    from pathlib import Path

    assert not (Path(tempfile.gettempdir()) / "evil.csv").exists()
    for code in ("..", "../x", "/etc/passwd"):
        answer = await worker.get(f"/api/v1/inventory/items/{uuid.uuid4()}/label", params={"kind": code})
        assert answer.status_code in (404, 422)
    assert await session.scalar(select(InventoryItem.id).limit(1)) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5432/", "http://localhost/", "http://[::1]/", "http://10.0.0.1/", "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "http://0/", "http://2130706433/",
        "http://0x7f.1/", "http://93.184.216.34:22/", "http://user:pw@93.184.216.34/", "http://[fd00::1]/",
        "http://100.64.0.1/", "ftp://93.184.216.34/", "file:///etc/passwd", "gopher://93.184.216.34/",
    ],
)  # fmt: skip
async def test_ssrf_in_webhook_urls(worker: Person, url: str) -> None:
    made = await worker.post("/api/v1/webhooks", {"url": url})
    assert made.status_code in (400, 422), made.text
    good = (await worker.post("/api/v1/webhooks", {"url": "https://93.184.216.34/"})).json()
    assert (await worker.patch(f"/api/v1/webhooks/{good['id']}", {"url": url})).status_code in (400, 422)
    assert (await worker.get("/api/v1/webhooks")).json()[0]["host"] == "93.184.216.34"


async def test_secrets_in_logs(
    admin: Person, client: httpx2.AsyncClient, session: AsyncSession, capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Whatever secret is sent or given out, neither log nor audit nor events nor an error repeats it."""
    user = User(
        username="sam", email="sam@example.com", hashed_password=await passwords.make_hash("hush-password"),
        role=UserRole.ADMIN,
    )  # fmt: skip
    session.add(user)
    await session.commit()
    login = (await client.post("/auth/login", json={"username": "sam", "password": "hush-password"})).json()
    await client.post("/auth/login", json={"username": "sam", "password": "hush-wrong"})
    await client.post("/auth/refresh", json={"refresh_token": login["refresh_token"]})
    key = (await admin.post("/auth/api-keys", {"name": "k", "scopes": ["read"], "days": 5})).json()["key"]
    await client.get("/auth/me", headers={"x-api-key": key})
    await admin.ask(
        "PUT", "/api/v1/integration/stockx/credentials", json={"client_secret": "hush-secret", "api_key": "hush-key"}
    )
    bad = await admin.ask("PUT", "/api/v1/integration/stockx/credentials", json={"client_secret": ["hush-list"]})
    hook = (await admin.post("/api/v1/webhooks", {"url": "https://93.184.216.34/?token=hush-url"})).json()
    out, err = capfd.readouterr()
    stored = await session.execute(
        text("SELECT row_to_json(a)::text FROM logging.audit_log a UNION ALL SELECT row_to_json(e)::text FROM"
             " logging.event_store e UNION ALL SELECT row_to_json(s)::text FROM core.system_config s UNION ALL"
             " SELECT row_to_json(w)::text FROM integration.webhook_endpoints w")
    )  # fmt: skip
    everything = out + err + caplog.text + bad.text + "".join(row[0] for row in stored)
    secrets = ["hush-", login["access_token"], login["refresh_token"], key, hook["secret"]]
    assert [secret for secret in secrets if secret in everything] == []
