"""fal.ai, by its queue. Source: docs.fal.ai (queue, errors) and the official Python client 1.0.3."""

from __future__ import annotations

import re
from typing import Any, Final

from safehttp import Response

from main.providers.catalogue import InputSchema, input_of
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
from main.providers.wire import inline, percent_of

HOSTS: Final = ("fal.media", "*.fal.media")
POLICY: Final = frozenset({"content_policy_violation"})
OURS: Final = frozenset({"image_too_large", "image_too_small", "image_load_error", "file_download_error", "one_of"})


class FalClient:
    """A request goes into the queue and is asked after by its id; only addresses that we build ourselves are asked."""

    name = "fal"
    traits = Traits(poll_first=1.0, poll_most=5.0)

    def __init__(self, connection: Connection) -> None:
        """Take key and addresses."""
        headers = {"Authorization": f"Key {connection.key}"}
        self._queue = Http("fal.ai", connection.urls["queue"], headers, connection, HOSTS)
        self._api = Http("fal.ai", connection.urls["api"], headers, connection, ())

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Put a request into the queue."""
        body = dict(request.arguments) | {name: inline(file) for name, file in request.files.items()}
        answer = self._queue.submit(f"/{request.endpoint}", body)
        if answer.status != 200:
            raise _refused(answer, ended=None)
        number = data_of(answer).get("request_id")
        if not isinstance(number, str) or not re.fullmatch(r"[0-9a-zA-Z_-]{8,80}", number):
            raise lost("fal.ai")
        return {"endpoint": request.endpoint, "request_id": number}

    def poll(self, reference: JsonReference) -> CallStatus:
        """Ask for the status, and for the result when there is one."""
        answer = self._queue.ask("GET", f"{_path(reference)}/status", params={"logs": "1"})
        data = data_of(answer)
        status = data.get("status")
        if answer.status not in (200, 202) or status not in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED"):
            raise _refused(answer, ended=None) if answer.status >= 400 else no_answer("fal.ai")
        if status == "IN_QUEUE":
            place = data.get("queue_position")
            return CallStatus(CallState.QUEUED, text=f"place {place} in the queue" if isinstance(place, int) else "")
        if status == "IN_PROGRESS":
            return CallStatus(CallState.RUNNING, percent_of(str(data.get("logs") or "")))
        if data.get("error_type") == "client_cancelled":
            return CallStatus(CallState.CANCELLED, 1.0)
        return self._result(reference, data)

    def cancel(self, reference: JsonReference) -> None:
        """Ask to cancel; what is finished already stays so."""
        answer = self._queue.ask("PUT", f"{_path(reference)}/cancel")
        if answer.status not in (200, 202, 400, 404):
            raise _refused(answer, ended=False)

    def fetch(self, output: Output) -> bytes:
        """Fetch one file."""
        return self._queue.fetch(output)

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """The queue knows no key of ours and has no list."""
        del request
        raise ProviderError(ErrorCategory.UNKNOWN_SUBMIT, "fal.ai cannot be asked whether it has the request.")

    def test(self) -> str:
        """Ask for a price, which needs a key and costs nothing."""
        answer = self._api.ask("GET", "/v1/models/pricing", params={"endpoint_id": "fal-ai/flux/dev"})
        if answer.status != 200:
            raise _refused(answer, ended=None)
        prices = data_of(answer).get("prices") or [{}]
        price = prices[0] if isinstance(prices, list) and prices and isinstance(prices[0], dict) else {}
        today = f"{price.get('unit_price', '?')} {price.get('currency', '')} per {price.get('unit', 'unit')}"
        return f"fal.ai knows the key; FLUX.1 [dev] costs {today} today."

    def schema(self, endpoint: str) -> InputSchema | None:
        """Ask the platform's catalogue what a model takes. Source: docs.fal.ai, platform API (models, expand=openapi-3.0)."""
        asked = {"endpoint_id": endpoint, "expand": "openapi-3.0"}
        answer = self._api.ask("GET", "/v1/models", params=asked)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _refused(answer, ended=None)
        models = data_of(answer).get("models")
        if not isinstance(models, list):
            raise no_answer("fal.ai")
        mine = next((one for one in models if isinstance(one, dict) and one.get("endpoint_id") == endpoint), None)
        return None if mine is None else input_of(mine.get("openapi"), "fal.ai", f"/{endpoint}")

    def _result(self, reference: JsonReference, status: dict[str, Any]) -> CallStatus:
        answer = self._queue.ask("GET", _path(reference))
        data = data_of(answer)
        if answer.status != 200:
            # A list of details comes from the model and is final; anything else is the queue's trouble with telling.
            model = isinstance(data.get("detail"), list)
            raise _refused(answer, ended=model or bool(status.get("error")) or None)
        outputs = _outputs(data)
        returned: dict[str, Any] = {name: data[name] for name in ("seed", "prompt", "timings") if name in data}
        return CallStatus(CallState.DONE, 1.0, outputs=outputs, returned=returned)


def _path(reference: JsonReference) -> str:
    # Below the app there is no path: what went to fal-ai/flux/dev is asked after at fal-ai/flux.
    app = "/".join(str(reference["endpoint"]).split("/")[:2])
    return f"/{app}/requests/{reference['request_id']}"


def _outputs(data: dict[str, Any]) -> tuple[Output, ...]:
    files = data.get("images")
    if not isinstance(files, list):
        files = [data[name] for name in ("image", "video", "audio", "audio_file") if isinstance(data.get(name), dict)]
    flags = data.get("has_nsfw_concepts")
    flagged = flags if isinstance(flags, list) else []
    seed = data.get("seed")
    return tuple(
        Output(
            url=str(file.get("url", "")),
            media_type=str(file.get("content_type", "")),
            seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
            flagged=index < len(flagged) and flagged[index] is True,
        )
        for index, file in enumerate(files)
        if isinstance(file, dict)
    )


def _refused(answer: Response, *, ended: bool | None) -> ProviderError:
    data = data_of(answer)
    detail = data.get("detail")
    problems = [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []
    message = "; ".join(f"{_field(one)}: {one.get('msg', '')}" for one in problems) or (
        detail if isinstance(detail, str) else ""
    )
    error = by_status("fal.ai", answer, message, ended=ended)
    kinds = {str(one.get("type")) for one in problems}
    error.code = next(iter(sorted(kinds)), str(data.get("error_type") or answer.headers.get("x-fal-error-type", "")))
    error.fields = tuple(_field(one) for one in problems)
    if answer.status == 403 and "balance" in message.lower():
        error.category = ErrorCategory.QUOTA
    if kinds & POLICY:
        error.category, error.charged = ErrorCategory.CONTENT_POLICY, None
    if problems and answer.status >= 500 and ended:
        error.category = ErrorCategory.TRANSIENT  # the model broke; fal does not bill 5xx
    if str(answer.headers.get("x-fal-retryable", "")).lower() == "false":
        error.retryable = False
    return error


def _field(problem: dict[str, Any]) -> str:
    where = problem.get("loc")
    return str(where[-1]) if isinstance(where, list) and where else ""
