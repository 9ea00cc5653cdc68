"""CivitAI's orchestration, v2 workflows. Source: generated types of the npm client, version 0.2.0-beta.86.

`externalId` is the provider's own promise: the same one returns the workflow there is instead of making another. So a lost
answer is found by asking once more with the same one.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from safehttp import Response

from main.providers.http import Http, by_status, data_of, lost, no_answer
from main.providers.protocol import (
    CallState,
    CallStatus,
    Connection,
    ErrorCategory,
    JsonReference,
    Output,
    ProviderError,
    ProviderRequest,
    Traits,
)
from main.providers.wire import inline

HOSTS: Final = ("civitai.com", "*.civitai.com")
BUZZ_PER_DOLLAR: Final = 1000
CURRENCIES: Final = ("blue", "yellow")
_ID: Final = re.compile(r"[0-9a-zA-Z_-]{4,80}")


class CivitaiClient:
    """A workflow of one `imageGen` step; `arguments` holds the step's `input` and, beside it, fields of the workflow."""

    name = "civitai"
    traits = Traits(idempotent=True, poll_first=1.5, poll_most=6.0)

    def __init__(self, connection: Connection) -> None:
        """Take token and address."""
        headers = {"Authorization": f"Bearer {connection.key}"}
        self._http = Http("CivitAI", connection.urls["api"], headers, connection, HOSTS)

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Start a workflow."""
        answer = self._http.submit("/v2/consumer/workflows", _workflow(request))
        if answer.status not in (200, 202):
            raise _refused(answer)
        number = data_of(answer).get("id")
        if not isinstance(number, str) or not _ID.fullmatch(number):
            raise lost("CivitAI")
        return {"id": number}

    def poll(self, reference: JsonReference) -> CallStatus:
        """Ask for the workflow."""
        answer = self._http.ask("GET", f"/v2/consumer/workflows/{reference['id']}")
        data = data_of(answer)
        if answer.status != 200:
            raise _refused(answer)
        status, step = data.get("status"), _step(data)
        if status in ("unassigned", "preparing", "scheduled"):
            return CallStatus(CallState.QUEUED)
        if status == "processing":
            rate = step.get("estimatedProgressRate")
            return CallStatus(CallState.RUNNING, float(rate) if isinstance(rate, int | float) else 0.0)
        cost = _cost(data)
        if status == "canceled":
            return CallStatus(CallState.CANCELLED, 1.0, cost=cost or None)
        if status == "expired":
            raise ProviderError(ErrorCategory.TRANSIENT, "CivitAI let it expire.", charged=bool(cost), ended=True)
        if status == "failed":
            errors = (step.get("output") or {}).get("errors") or []
            text = f"CivitAI: {'; '.join(map(str, errors))[:400] or 'the workflow failed without a word'}"
            raise ProviderError(ErrorCategory.UNKNOWN, text, charged=bool(cost), ended=True)
        if status != "succeeded":
            raise no_answer("CivitAI")
        return _done(step, cost)

    def cancel(self, reference: JsonReference) -> None:
        """Ask to cancel."""
        path = f"/v2/consumer/workflows/{reference['id']}"
        answer = self._http.ask("PUT", path, json={"status": "canceled"})
        if answer.status not in (200, 202, 204, 404):
            raise _refused(answer)

    def fetch(self, output: Output) -> bytes:
        """Fetch one file."""
        return self._http.fetch(output)

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """Ask with the same externalId: whatever there was comes back, and nothing is made twice."""
        return self.submit(request)

    def test(self) -> str:
        """Ask for the last workflow."""
        answer = self._http.ask("GET", "/v2/consumer/workflows", params={"take": "1"})
        if answer.status != 200:
            raise _refused(answer)
        return "CivitAI knows the token."


def _workflow(request: ProviderRequest) -> dict[str, Any]:
    beside = {name: value for name, value in request.arguments.items() if name != "input"}
    given = dict(request.arguments["input"]) | {
        name.removeprefix("input."): inline(file) for name, file in request.files.items()
    }
    currencies = list(request.options.get("currencies", CURRENCIES))
    step = {"$type": "imageGen", "name": "gen", "input": given}
    return {
        **beside,
        "steps": [step],
        "currencies": currencies,
        "externalId": request.idempotency_key,
        "tags": ["art-factory"],
    }


def _step(data: dict[str, Any]) -> dict[str, Any]:
    steps = data.get("steps")
    return steps[0] if isinstance(steps, list) and steps and isinstance(steps[0], dict) else {}


def _cost(data: dict[str, Any]) -> Decimal:
    """Return what it cost in dollars: a thousand Buzz are sold for one."""
    total = (data.get("cost") or {}).get("total")
    return Decimal(str(total)) / BUZZ_PER_DOLLAR if isinstance(total, int | float) else Decimal(0)


def _done(step: dict[str, Any], cost: Decimal) -> CallStatus:
    images = [one for one in (step.get("output") or {}).get("images") or [] if isinstance(one, dict)]
    there = [one for one in images if one.get("available") and isinstance(one.get("url"), str)]
    blocked = [str(one.get("blockedReason")) for one in images if one.get("blockedReason")]
    if blocked and not there:
        text = f"CivitAI holds the pictures back: {blocked[0][:100]}"
        raise ProviderError(ErrorCategory.CONTENT_POLICY, text, charged=bool(cost), ended=True)
    given = step.get("input") if isinstance(step.get("input"), dict) else {}
    seed = (given or {}).get("seed")
    outputs = tuple(
        Output(url=str(one["url"]), seed=seed + index if isinstance(seed, int) else None)
        for index, one in enumerate(there)
    )
    returned = {**(given or {}), "buzz": float(cost * BUZZ_PER_DOLLAR)}
    return CallStatus(CallState.DONE, 1.0, outputs=outputs, returned=returned, cost=cost)


def _refused(answer: Response) -> ProviderError:
    data = data_of(answer)
    errors = data.get("errors")
    lines = (
        [f"{name}: {'; '.join(map(str, texts))}" for name, texts in errors.items()] if isinstance(errors, dict) else []
    )
    message = "; ".join(lines) or str(data.get("detail") or data.get("title") or "")
    error = by_status("CivitAI", answer, message or answer.text[:200])
    error.fields = tuple(str(name).rpartition(".")[2] for name in errors) if isinstance(errors, dict) else ()
    if answer.status == 403 and "buzz" in answer.text.lower():
        error.category = ErrorCategory.QUOTA
    return error
