"""Whatever the OpenAPI document allows, and much that it does not, never breaks the server and is answered in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS

from shared.config.settings import Settings
from tests.serving import Served, serving

pytestmark = [pytest.mark.api, pytest.mark.slow, pytest.mark.timeout(500)]
EXAMPLES = 4
"""Per operation and kind (what the document allows, what it forbids); each is sent with known ids and as it came."""
SECONDS = 20
QUIET = list(HealthCheck)
NEEDS_MORE = {
    "/api/v1/orders/stockx-history": {"fromDate": "2025-01-01", "toDate": "2030-01-01"},
    "/api/v1/brands/recognise": {"name": "Nike Dunk Low"},
    "/api/v1/products/search-stockx": {"query": "dunk"},
    "/api/v1/products/catalog/search": {"query": "dunk"},
    "/api/v1/money/fees/quote": {"platform": "stockx", "price": "100"},
    "/api/v1/money/profit-and-loss": {"from": "2025-01-01", "until": "2026-12-31"},
    "/api/v1/money/tax/vat": {"from": "2025-01-01", "until": "2026-12-31"},
    "/api/v1/money/tax/export/{report}": {"from": "2025-01-01", "until": "2026-12-31"},
    "/api/v1/money/expenses": {"from": "2025-01-01", "until": "2026-12-31"},
    "/api/v1/consignment/pairs/{consigned_item_id}/quote": {"price": "180"},
    "/api/v1/quickflip/opportunities/plan": {"budget": "500"},
    "/api/v1/money/tax/dac7": {"year": "2026"},
}
"""What a GET needs beside its path to be answered with something."""
ANSWERS_LATER = {
    "/api/v1/integration/awin/enrichment/status/{job_id}",
    "/api/v1/analytics/forecast/runs/{run_id}",
    "/api/v1/pricing/runs/{run_id}/lines",
}
"""GETs for what only a worker makes."""
NOT_THERE = ANSWERS_LATER | {"/api/v1/integration/stockx/callback"}
"""GETs that answer with something else than 2xx when all is well."""


@pytest.fixture(scope="module")
def served(settings: Settings) -> Iterator[Served]:
    """The system with a little of everything in it."""
    with serving(settings, f"soleflip_fuzz_{settings.db_name}"[:60]) as found:
        yield found


@pytest.fixture
def fresh(settings: Settings) -> Iterator[Served]:
    """The same, which no strange request has changed."""
    with serving(settings, f"soleflip_walk_{settings.db_name}"[:60]) as found:
        yield found


def document(served: Served) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{served.url}/openapi.json", timeout=SECONDS).json()
    return found


def test_every_page_of_what_is_there_is_answered(fresh: Served) -> None:
    strange = []
    fresh.reconnect()
    for path, methods in document(fresh)["paths"].items():
        if "get" not in methods or path in NOT_THERE:
            continue
        missing = [
            each["name"]
            for each in methods["get"].get("parameters", [])
            if each.get("required") and each["in"] == "path" and each["name"] not in fresh.known
        ]
        if missing:
            strange.append((path, f"say in tests/serving.py how to find {missing}"))
            continue
        asked = path.format(**fresh.known)
        answer = httpx2.get(
            f"{fresh.url}{asked}", params=NEEDS_MORE.get(path), headers=fresh.headers(), timeout=SECONDS
        )
        if not 200 <= answer.status_code < 300:
            strange.append((path, f"{answer.status_code} {answer.text[:200]}"))
    assert not strange, "\n".join(f"{path}: {why}" for path, why in strange)


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_request_breaks_the_api(served: Served, mode: str) -> None:
    schema = schemathesis.openapi.from_dict(document(served))
    check = [CHECKS.get_one("not_a_server_error")]
    codes: Counter[int] = Counter()
    broken: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # an Err would fail here, and should
        if mode == "negative" and operation.method == "get" and not list(operation.iter_parameters()):
            continue  # there is nothing that could be wrong

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode)))
        @bounds(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=QUIET
        )
        def ask(case: Any) -> None:
            for known in (True, False) if case.path_parameters else (False,):
                if known:
                    there = {name: served.known[name] for name in case.path_parameters if name in served.known}
                    case.path_parameters = {**case.path_parameters, **there}
                answer = case.call(
                    base_url=served.url, headers=served.headers(), timeout=SECONDS,
                    allow_redirects=False,
                )  # fmt: skip
                codes[answer.status_code] += 1
                if answer.status_code >= 500:
                    broken.append(f"{answer.status_code} {case.as_curl_command()} {answer.text[:300]}")
                else:
                    case.validate_response(answer, checks=check)

        if "stockx" in operation.path or "/orders/active" in operation.path:
            served.reconnect()
        with suppress(Unsatisfiable):  # nothing of it can be wrong
            ask()
    assert not broken, "\n".join(broken[:20])
    assert sum(codes.values()) > EXAMPLES * 100
    assert codes[200] > 0
    assert codes[422] > 0
