"""Replicate. Source: the official Python client 1.0.7 and the HTTP API's reference."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from standins.imaging.book import Call
from standins.imaging.faults import Fault
from standins.imaging.message import Reply, Request, say
from standins.imaging.schema import faults_of, models_of
from standins.imaging.service import Service, plain

PAGE: Final = 100
FIELDS: Final = {"input", "version", "webhook", "webhook_events_filter", "stream"}


class ReplicateService(Service):
    """`POST /v1/models/{owner}/{name}/predictions` or `POST /v1/predictions` with a version, then `/v1/predictions/{id}`."""

    name = "replicate"

    def step(self, request: Request) -> str:
        """Tell the steps apart by method and path."""
        if request.method == "POST" and request.path.endswith("/predictions"):
            return "submit"
        if request.path.endswith("/cancel"):
            return "cancel"
        return "poll" if re.fullmatch(r"/v1/predictions/[a-z0-9]+", request.path) else "other"

    def route(self, request: Request) -> Reply:
        """Answer."""
        parts = request.path.strip("/").split("/")
        match [request.method, *parts]:
            case ["GET", "v1", "account"]:
                return say(200, {"type": "user", "username": "standin", "name": "Stand-in", "github_url": ""})
            case ["POST", "v1", "models", owner, name, "predictions"]:
                return self._create(f"{owner}/{name}", request)
            case ["POST", "v1", "predictions"]:
                return self._create("", request)
            case ["GET", "v1", "predictions"]:
                return self._list(request)
            case ["GET", "v1", "predictions", found]:
                return self._shown(found)
            case ["POST", "v1", "predictions", found, "cancel"]:
                return self._cancel(found)
            case ["GET", "v1", "models", owner, name]:
                return self._model(f"{owner}/{name}")
            case ["GET", "v1", "models", owner, name, "versions", version]:
                return self._version(f"{owner}/{name}:{version}")
            case ["POST", "v1", "files"]:
                return self._upload(request)
        return say(404, {"detail": "Not found", "status": 404})

    def refusal(self, fault: Fault) -> Reply:
        """Problem details as Replicate writes them."""
        words = {
            402: {"title": "Insufficient credit", "detail": "You have insufficient credit to run this model."},
            429: {"detail": "Request was throttled. Your rate limit resets in ~1s."},
        }
        data = {"status": fault.status, **words.get(fault.status, {"detail": "Internal server error"})}
        headers = {"Retry_After": fault.retry_after} if fault.retry_after else {}
        return say(fault.status, data, "application/problem+json", **headers)

    def unauthorized(self) -> Reply:
        """Say what a wrong token hears."""
        text = "You did not pass a valid authentication token"
        return say(401, {"title": "Unauthenticated", "detail": text, "status": 401})

    def size(self, call: Call) -> tuple[int, int]:
        """Read width and height, or ratio and megapixels."""
        given = call.arguments
        if "aspect_ratio" not in given:
            return int(given.get("width", 1024)), int(given.get("height", 1024))
        left, right = (float(part) for part in given["aspect_ratio"].split(":"))
        pixels = float(given.get("megapixels", "1")) * 1_048_576
        return int((pixels * left / right) ** 0.5) // 16 * 16, int((pixels * right / left) ** 0.5) // 16 * 16

    def _create(self, model: str, request: Request) -> Reply:
        body = request.json()
        if not isinstance(body, dict) or not isinstance(body.get("input"), dict) or set(body) - FIELDS:
            return self._invalid([{"field": "input", "msg": "input is required", "type": "missing"}])
        name = model or _named(str(body.get("version", "")))
        found = models_of("replicate").get(name)
        if found is None or (model and ":" in model):
            return say(
                404, {"title": "Not found", "detail": "The requested resource could not be found.", "status": 404}
            )
        if problems := faults_of(found, body["input"]):
            return self._invalid(problems)
        call_id = uuid.uuid4().hex[:26]
        call = self.book.add(call_id, self.name, name, body["input"], outcome=self.outcome())
        return say(201, self._prediction(call))

    def _invalid(self, problems: list[dict[str, Any]]) -> Reply:
        lines = "".join(f"- input.{one['field']}: {one['msg']}\n" for one in problems)
        fields = [
            {"type": one["type"], "field": f"input.{one['field']}", "description": one["msg"]} for one in problems
        ]
        data = {"type": "about:blank", "title": "Input validation failed", "status": 422, "detail": lines}
        return say(422, {**data, "instance": "/v1/predictions", "invalid_fields": fields}, "application/problem+json")

    def _list(self, request: Request) -> Reply:
        calls = self.book.of(self.name)[::-1]
        start = int(request.query.get("cursor") or 0)
        page = [self._prediction(call) for call in calls[start : start + PAGE]]
        more = f"{self.base}/v1/predictions?cursor={start + PAGE}" if len(calls) > start + PAGE else None
        return say(200, {"previous": None, "next": more, "results": page})

    def _shown(self, call_id: str) -> Reply:
        call = self.book.calls.get(call_id)
        return say(200, self._prediction(call)) if call else say(404, {"detail": "Not found", "status": 404})

    def _cancel(self, call_id: str) -> Reply:
        call = self.book.calls.get(call_id)
        if call is None:
            return say(404, {"detail": "Not found", "status": 404})
        if call.state() in ("queued", "running"):
            call.cancelled = call.age()
        return say(200, self._prediction(call))

    def _prediction(self, call: Call) -> dict[str, Any]:
        status, output, error = self._ended(call)
        model, _colon, version = call.model.partition(":")
        url = f"{self.base}/v1/predictions/{call.id}"
        percent = int(call.progress() * 100)
        return {
            "id": call.id,
            "model": model,
            "version": version or "hidden",
            "input": call.arguments,
            "logs": f"Using seed: {call.arguments.get('seed', 4)}\n {percent}%|###  | {percent}/100 [00:01]",
            "output": output,
            "data_removed": False,
            "error": error,
            "status": status,
            "created_at": call.created,
            "started_at": call.created if status != "starting" else None,
            "completed_at": call.created if output or error else None,
            "metrics": plain({"predict_time": call.seconds if output else None}),
            "source": "api",
            "urls": {"get": url, "cancel": f"{url}/cancel", "web": f"https://replicate.com/p/{call.id}"},
        }

    def _ended(self, call: Call) -> tuple[str, Any, str | None]:
        state = call.state()
        if state == "cancelled":
            return "canceled", None, None
        if state != "done":
            return ("starting" if state == "queued" else "processing"), None, None
        if call.outcome == "aborted":
            return "aborted", None, None
        if call.outcome in ("policy", "flagged"):
            return "failed", None, "NSFW content detected. Try running it again, or try a different prompt."
        if call.outcome == "fails":
            return "failed", None, "CUDA out of memory"
        single = models_of("replicate")[call.model]["output"] == "uri"
        urls = self.addresses(call, 1 if single else int(call.arguments.get("num_outputs", 1)), "png")
        return "succeeded", urls[0] if single else urls, None

    def _model(self, name: str) -> Reply:
        whole = next((one for one in models_of("replicate") if one.partition(":")[0] == name), "")
        if not whole:
            return say(404, {"detail": "Not found", "status": 404})
        owner, _slash, short = name.partition("/")
        latest = self._version_data(whole)
        data = {
            "url": f"https://replicate.com/{name}",
            "owner": owner,
            "name": short,
            "description": "",
            "run_count": 1,
        }
        more = {"visibility": "public", "cover_image_url": None, "default_example": None, "latest_version": latest}
        return say(200, {**data, **more, "github_url": None, "paper_url": None, "license_url": None})

    def _version(self, name: str) -> Reply:
        if name not in models_of("replicate"):
            return say(404, {"detail": "Not found", "status": 404})
        return say(200, self._version_data(name))

    def _version_data(self, name: str) -> dict[str, Any]:
        wanted = models_of("replicate")[name]["input"]
        schema = {
            "components": {
                "schemas": {
                    "Input": {
                        "type": "object",
                        "properties": wanted,
                        "required": [one for one, spec in wanted.items() if spec.get("required")],
                    },
                    "Output": {"type": "array", "items": {"type": "string"}},
                }
            }
        }
        return {
            "id": name.partition(":")[2] or "0" * 64,
            "created_at": "2026-01-01T00:00:00Z",
            "cog_version": "0.9.0",
            "openapi_schema": schema,
        }

    def _upload(self, request: Request) -> Reply:
        if (
            "multipart/form-data" not in request.headers.get("content-type", "")
            or b'name="content"' not in request.body
        ):
            return say(422, {"detail": "content is missing", "status": 422})
        file_id = uuid.uuid4().hex
        self.book.uploads[file_id] = request.body
        url = f"{self.base}/v1/files/{file_id}"
        data = {"id": file_id, "name": "file", "content_type": "image/png", "size": len(request.body), "etag": file_id}
        more = {"checksums": {"sha256": "0" * 64}, "metadata": {}, "urls": {"get": url}}
        return say(201, {**data, **more, "created_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-02T00:00:00Z"})


def _named(version: str) -> str:
    """Return the model that a version belongs to: its 64 digits, or `owner/name`."""
    return next((name for name in models_of("replicate") if name == version or name.endswith(f":{version}")), "")
