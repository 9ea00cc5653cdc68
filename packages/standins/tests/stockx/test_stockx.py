"""The StockX stand-in refuses what the true one refuses, and its orders add up."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from standins.stockx import Fault, StockX


@pytest.fixture
def stockx() -> Iterator[StockX]:
    """A running stand-in with one access token, `t`."""
    with StockX(operation_seconds=0) as running:
        running.accounts.access_tokens["t"] = time.time() + 60
        yield running


def ask(stockx: StockX, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """Send one request with key and token."""
    link = http.client.HTTPConnection("127.0.0.1", stockx.port, timeout=10)
    sent = {"x-api-key": stockx.accounts.api_key, "authorization": "Bearer t", **headers}
    if body is not None and not isinstance(body, bytes):
        body, sent = json.dumps(body).encode(), {"content-type": "application/json", **sent}
    link.request(method, path, body, sent)
    answer = link.getresponse()
    content = answer.read()
    link.close()
    return answer.status, json.loads(content) if answer.headers["Content-Type"] == "application/json" else content


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v2/catalog/search", None, 400),
        ("GET", "/v2/catalog/search?query=dunk&pageSize=51", None, 400),
        ("GET", "/v2/catalog/products/none", None, 404),
        ("GET", "/v2/catalog/products/variants/gtins/4006381333932", None, 400),
        ("GET", "/v2/catalog/products/variants/gtins/4006381333931", None, 404),
        ("GET", "/v2/selling/listings?pageSize=101", None, 400),
        ("GET", "/v2/selling/listings?listingStatuses=GONE", None, 400),
        ("GET", "/v2/selling/orders/history?fromDate=1.1.2025", None, 400),
        ("GET", "/v2/selling/orders/1-1", None, 404),
        ("POST", "/v2/selling/listings", {"variantId": "v", "amount": "99.50"}, 400),
        ("POST", "/v2/selling/listings", {"variantId": "v", "amount": 99}, 400),
        ("POST", "/v2/selling/listings", {"variantId": "v", "amount": "99"}, 404),
        ("POST", "/v2/selling/listings", b"variantId=v", 415),
        ("DELETE", "/v2/selling/listings/none", None, 404),
        ("GET", "/v2/nowhere", None, 404),
    ],
)
def test_refused(stockx: StockX, method: str, path: str, body: Any, status: int) -> None:
    found, answer = ask(stockx, method, path, body)
    assert (found, answer["statusCode"]) == (status, status)


def test_key_token_and_limits_are_asked_for(stockx: StockX) -> None:
    assert ask(stockx, "GET", "/v2/catalog/search?query=x", **{"x-api-key": "wrong"})[0] == 403
    assert ask(stockx, "GET", "/v2/catalog/search?query=x", authorization="Bearer wrong")[0] == 401
    stockx.per_day = 1
    assert [ask(stockx, "GET", "/v2/catalog/search?query=x")[0] for _ in range(2)] == [200, 429]


def test_a_sign_in_needs_its_audience_and_a_code_works_once(stockx: StockX) -> None:
    accounts = stockx.accounts
    asked = {"response_type": "code", "client_id": accounts.client_id, "redirect_uri": "http://localhost/back",
             "scope": "offline_access openid", "audience": "gateway.stockx.com", "state": "s"}  # fmt: skip
    assert accounts.authorize({**asked, "audience": ""}).status == 400
    assert accounts.authorize({**asked, "redirect_uri": "https://evil.example/"}).status == 400
    code = accounts.approve(asked).headers["Location"].partition("code=")[2].partition("&")[0]
    form = {"client_id": accounts.client_id, "client_secret": accounts.client_secret, "code": code,
            "grant_type": "authorization_code", "redirect_uri": asked["redirect_uri"]}  # fmt: skip
    status, first = ask(stockx, "POST", "/oauth/token", urlencode(form).encode())
    assert (status, first["expires_in"]) == (200, 43_200)
    assert ask(stockx, "POST", "/oauth/token", urlencode(form).encode())[0] == 403
    refresh = {**form, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert ask(stockx, "POST", "/oauth/token", urlencode(refresh).encode())[0] == 400
    refresh["audience"] = "gateway.stockx.com"
    assert "refresh_token" not in ask(stockx, "POST", "/oauth/token", urlencode(refresh).encode())[1]


def test_a_sale_adds_up_and_ends_its_listing(stockx: StockX) -> None:
    variant_id = next(iter(stockx.world.variants))
    _, made = ask(
        stockx, "POST", "/v2/selling/listings", {"variantId": variant_id, "amount": "49", "currencyCode": "EUR"}
    )
    assert made["operationStatus"] == "PENDING"
    order = stockx.world.sell(made["listingId"])
    _, found = ask(stockx, "GET", f"/v2/selling/orders/{order.number}")
    payout = found["payout"]
    assert payout["totalPayout"] == "38.03"  # the worked example of StockX's own help pages: 49.00 pays out 38.03
    assert sum(Decimal(line["amount"]) for line in payout["adjustments"]) == Decimal(payout["totalAdjustments"])
    assert ask(stockx, "DELETE", f"/v2/selling/listings/{made['listingId']}")[0] == 400


def test_it_misbehaves_when_asked_to(stockx: StockX) -> None:
    headers = {"authorization": f"Bearer {stockx.control_token}"}
    assert ask(stockx, "POST", "/control/faults", {"kind": "garbage", "path": "/v2/"}, **headers)[0] == 204
    assert b"maintenance" in ask(stockx, "GET", "/v2/catalog/search?query=x")[1]
    stockx.faults.add(Fault("drop", "/v2/"))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        ask(stockx, "GET", "/v2/catalog/search?query=x")
    assert ask(stockx, "POST", "/control/faults", {"kind": "none"}, **headers)[0] == 400
    assert ask(stockx, "POST", "/control/faults", {"kind": "slow"})[0] == 404
