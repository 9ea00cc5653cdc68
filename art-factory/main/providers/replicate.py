"""Replicate. Source: its HTTP API's reference and the official Python client 1.0.7."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import quote, urlsplit

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
from main.providers.wire import percent_of

HOSTS: Final = ("replicate.delivery", "*.replicate.delivery")
PAGES: Final = 3
_RESETS: Final = re.compile(r"resets in ~?(\d{1,5})s")
_ID: Final = re.compile(r"[0-9a-zA-Z]{8,60}")


class ReplicateClient:
    """A prediction is made and asked after by its id; a lost one is looked for by its input, which holds a seed of its own."""

    name = "replicate"
    traits = Traits(idempotent=True, poll_first=1.0, poll_most=5.0)

    def __init__(self, connection: Connection) -> None:
        """Take token and address."""
        headers = {"Authorization": f"Bearer {connection.key}"}
        self._http = Http("Replicate", connection.urls["api"], headers, connection, HOSTS)

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Make a prediction; input files are uploaded first, which costs nothing."""
        given = dict(request.arguments) | {name: self._uploaded(file) for name, file in request.files.items()}
        model, _colon, version = request.endpoint.partition(":")
        if version:
            answer = self._http.submit("/v1/predictions", {"version": version, "input": given})
        else:
            answer = self._http.submit(f"/v1/models/{model}/predictions", {"input": given})
        if answer.status not in (200, 201, 202):
            raise _refused(answer)
        number = data_of(answer).get("id")
        if not isinstance(number, str) or not _ID.fullmatch(number):
            raise lost("Replicate")
        return {"id": number}

    def poll(self, reference: JsonReference) -> CallStatus:
        """Ask for the prediction."""
        answer = self._http.ask("GET", f"/v1/predictions/{reference['id']}")
        data = data_of(answer)
        if answer.status != 200:
            raise _refused(answer)
        status = data.get("status")
        if status in ("starting", "processing"):
            state = CallState.RUNNING if status == "processing" else CallState.QUEUED
            return CallStatus(state, percent_of(str(data.get("logs") or "")))
        if status == "canceled":
            return CallStatus(CallState.CANCELLED, 1.0, charged=data.get("started_at") is not None)
        if status == "aborted":
            text = "Replicate ended it before it began; nothing was charged."
            raise ProviderError(ErrorCategory.TRANSIENT, text, charged=False, ended=True)
        if status == "failed":
            raise _failed(str(data.get("error") or ""))
        if status != "succeeded":
            raise no_answer("Replicate")
        return CallStatus(CallState.DONE, 1.0, outputs=_outputs(data), returned=_returned(data))

    def cancel(self, reference: JsonReference) -> None:
        """Ask to cancel."""
        answer = self._http.ask("POST", f"/v1/predictions/{reference['id']}/cancel")
        if answer.status not in (200, 202, 404):
            raise _refused(answer)

    def fetch(self, output: Output) -> bytes:
        """Fetch one file."""
        return self._http.fetch(output)

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """Look through the latest predictions for this input. Only a seed makes it one of a kind; none found proves nothing."""
        doubt = ProviderError(
            ErrorCategory.UNKNOWN_SUBMIT, "Replicate lists no such prediction; it may have been charged."
        )
        if "seed" not in request.arguments:
            raise doubt
        found: list[str] = []
        path = "/v1/predictions"
        for _page in range(PAGES):
            answer = self._http.ask("GET", path)
            if answer.status != 200:
                raise _refused(answer)
            data = data_of(answer)
            found += [str(one["id"]) for one in data.get("results") or [] if _is_of(one, request)]
            following = urlsplit(str(data.get("next") or ""))
            if not following.query:
                break
            path = f"/v1/predictions?{following.query}"
        if len(found) != 1 or not _ID.fullmatch(found[0]):
            raise doubt
        return {"id": found[0]}

    def test(self) -> str:
        """Ask who the token belongs to."""
        answer = self._http.ask("GET", "/v1/account")
        if answer.status != 200:
            raise _refused(answer)
        return f"Replicate knows the token: {data_of(answer).get('username', '?')}."

    def schema(self, endpoint: str) -> InputSchema | None:
        """Ask what a model, or one version of it, takes: its `openapi_schema`."""
        model, _colon, version = endpoint.partition(":")
        path = f"/v1/models/{quote(model)}{f'/versions/{quote(version)}' if version else ''}"
        answer = self._http.ask("GET", path)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _refused(answer)
        data = data_of(answer)
        latest = data if version else data.get("latest_version")
        return input_of(latest.get("openapi_schema") if isinstance(latest, dict) else None, "Replicate")

    def _uploaded(self, file: Any) -> str:
        files = {"content": (file.path.name, file.path.read_bytes(), file.media_type)}
        answer = self._http.ask("POST", "/v1/files", files=files)
        address = (data_of(answer).get("urls") or {}).get("get")
        if answer.status not in (200, 201) or not isinstance(address, str):
            raise _refused(answer) if answer.status >= 400 else no_answer("Replicate")
        return address


def _is_of(prediction: Any, request: ProviderRequest) -> bool:
    """Say whether a prediction is a request's: same input, files left out, since their addresses differ."""
    given = prediction.get("input") if isinstance(prediction, dict) else None
    if not isinstance(given, dict) or "id" not in prediction:
        return False
    return {name: value for name, value in given.items() if name not in request.files} == dict(request.arguments)


def _outputs(data: dict[str, Any]) -> tuple[Output, ...]:
    output = data.get("output")
    addresses = output if isinstance(output, list) else [output]
    seed = (data.get("input") or {}).get("seed")
    return tuple(
        Output(url=one, seed=seed + index if isinstance(seed, int) else None)
        for index, one in enumerate(addresses)
        if isinstance(one, str) and one.startswith(("https://", "http://"))
    )


def _returned(data: dict[str, Any]) -> dict[str, Any]:
    given, metrics = data.get("input"), data.get("metrics")
    found = dict(given) if isinstance(given, dict) else {}
    return {**found, "metrics": metrics} if isinstance(metrics, dict) else found


def _failed(text: str) -> ProviderError:
    """Return what a failed prediction's free text means; time that a model ran is charged, so nothing is assumed free."""
    low = text.lower()
    category = ErrorCategory.UNKNOWN
    if "nsfw" in low or "(e005)" in low or "flagged" in low:
        category = ErrorCategory.CONTENT_POLICY
    elif "out of memory" in low:
        category = ErrorCategory.TRANSIENT
    elif "(e003)" in low or "high demand" in low:
        category = ErrorCategory.PROVIDER_OUTAGE
    return ProviderError(
        category, f"Replicate: {text[:400] or 'the model failed without a word'}", charged=None, ended=True
    )


def _refused(answer: Response) -> ProviderError:
    data = data_of(answer)
    fields = [one for one in data.get("invalid_fields") or [] if isinstance(one, dict)]
    message = "; ".join(f"{one.get('field')}: {one.get('description')}" for one in fields) or str(
        data.get("detail") or ""
    )
    error = by_status("Replicate", answer, message)
    error.fields = tuple(str(one.get("field", "")).removeprefix("input.") for one in fields)
    if answer.status == 429 and error.retry_after is None and (found := _RESETS.search(message)):
        error.retry_after = float(found[1])
    return error
