"""fal.ai's queue. Source: the official Python client 1.0.3 and docs.fal.ai (queue, errors, platform API)."""

from __future__ import annotations

import uuid
from typing import Any, Final

from standins.imaging.book import Call
from standins.imaging.faults import Fault
from standins.imaging.message import Reply, Request, say
from standins.imaging.schema import FAL_SIZES, faults_of, models_of
from standins.imaging.service import Service, plain

PRICE: Final = 0.025
EXTENSIONS: Final = {"images": "png", "image": "png", "video": "mp4", "audio_file": "wav"}


class FalService(Service):
    """`POST /{owner}/{app}[/{path}]`, then `/{owner}/{app}/requests/{id}[/status|/cancel]`; the path below the app is dropped."""

    name = "fal"
    scheme = "Key"

    def step(self, request: Request) -> str:
        """Tell the steps apart by method and path."""
        if "/requests/" not in request.path:
            return "submit" if request.method == "POST" else "other"
        if request.path.endswith("/cancel"):
            return "cancel"
        return "poll" if request.path.endswith("/status") else "result"

    def route(self, request: Request) -> Reply:
        """Answer."""
        parts = request.path.strip("/").split("/")
        if request.method == "GET" and parts == ["v1", "models", "pricing"]:
            return self._pricing(request.query.get("endpoint_id", ""))
        if request.method == "GET" and parts == ["v1", "models"]:
            return self._catalogue(request.query.get("endpoint_id", ""), request.query.get("expand", ""))
        if request.method == "POST" and len(parts) >= 2 and "requests" not in parts:
            return self._submit("/".join(parts), request)
        if len(parts) >= 4 and parts[2] == "requests":
            return self._request(parts, request)
        return say(404, {"detail": "Not found"})

    def refusal(self, fault: Fault) -> Reply:
        """Errors of the request level."""
        words = {
            403: ("User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.", ""),
            429: ("Too many requests", "rate_limit"),
            503: ("Runner could not be scheduled", "runner_scheduling_failure"),
            504: ("Request timed out", "startup_timeout"),
        }
        detail, kind = words.get(fault.status, ("Internal server error", "internal_error"))
        headers = {"X_Fal_Error_Type": kind} if kind else {}
        headers |= {"Retry_After": fault.retry_after} if fault.retry_after else {}
        return say(fault.status, plain({"detail": detail, "error_type": kind or None}), **headers)

    def unauthorized(self) -> Reply:
        """Say what a wrong key hears."""
        return say(401, {"detail": "Authentication is required to access this application."})

    def size(self, call: Call) -> tuple[int, int]:
        """Read `image_size`; an upscaler doubles."""
        size = call.arguments.get("image_size", "square")
        if isinstance(size, dict):
            return int(size.get("width", 512)), int(size.get("height", 512))
        return FAL_SIZES[size]

    def _submit(self, endpoint: str, request: Request) -> Reply:
        model = models_of("fal").get(endpoint)
        if model is None:
            return say(404, {"detail": f"Application '{endpoint}' not found"})
        arguments = request.json()
        if not isinstance(arguments, dict):
            return say(422, {"detail": [{"loc": ["body"], "msg": "Input should be an object", "type": "dict_type"}]})
        if problems := faults_of(model, arguments):
            detail = [{"loc": ["body", one["field"]], "msg": one["msg"], "type": one["type"]} for one in problems]
            return say(422, {"detail": detail}, X_Fal_Retryable="false")
        call = self.book.add(str(uuid.uuid4()), self.name, endpoint, arguments, outcome=self.outcome())
        return say(200, {**self._place(call), "status": "IN_QUEUE", "queue_position": 0, "logs": None, "metrics": {}})

    def _place(self, call: Call) -> dict[str, Any]:
        app = "/".join(call.model.split("/")[:2])
        url = f"{self.base}/{app}/requests/{call.id}"
        return {
            "request_id": call.id,
            "response_url": url,
            "status_url": f"{url}/status",
            "cancel_url": f"{url}/cancel",
        }

    def _request(self, parts: list[str], request: Request) -> Reply:
        call = self.book.calls.get(parts[3])
        if call is None or call.model.split("/")[:2] != parts[:2]:
            return say(404, {"detail": "Request not found", "status": "NOT_FOUND"})
        last = parts[4] if len(parts) > 4 else ""
        if request.method == "PUT" and last == "cancel":
            if call.state() in ("done", "cancelled"):
                return say(400, {"status": "ALREADY_COMPLETED"})
            call.cancelled = call.age()
            return say(202, {"status": "CANCELLATION_REQUESTED"})
        if request.method == "GET" and last == "status":
            return self._status(call)
        if request.method == "GET" and not last:
            return self._result(call)
        return say(405, {"detail": "Method Not Allowed"})

    def _status(self, call: Call) -> Reply:
        state = call.state()
        if state == "queued":
            return say(202, {**self._place(call), "status": "IN_QUEUE", "queue_position": 1})
        if state == "running":
            percent = int(call.progress() * 100)
            logs = [
                {
                    "message": f" {percent}%|###  | {percent}/100",
                    "level": "INFO",
                    "source": "USER",
                    "timestamp": call.created,
                }
            ]
            return say(202, {**self._place(call), "status": "IN_PROGRESS", "logs": logs})
        data = {**self._place(call), "status": "COMPLETED", "logs": [], "metrics": {"inference_time": call.seconds}}
        if call.cancelled is not None:
            data |= {"error": "Request was cancelled by the client", "error_type": "client_cancelled"}
        return say(200, data)

    def _result(self, call: Call) -> Reply:
        if call.state() in ("queued", "running"):
            return say(400, {"detail": "Request is still in progress"})
        if call.cancelled is not None:
            data = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
            return say(499, data, X_Fal_Error_Type="client_cancelled")
        if call.outcome == "policy":
            detail = [
                {
                    "loc": ["body", "prompt"],
                    "msg": "The content could not be processed",
                    "type": "content_policy_violation",
                }
            ]
            return say(422, {"detail": detail}, X_Fal_Retryable="false")
        if call.outcome == "fails":
            detail = [{"loc": ["body"], "msg": "Internal server error", "type": "internal_server_error"}]
            return say(500, {"detail": detail}, X_Fal_Retryable="true")
        return say(200, self._output(call))

    def _output(self, call: Call) -> dict[str, Any]:
        kind = str(models_of("fal")[call.model]["output"])
        number = int(call.arguments.get("num_images", 1)) if kind == "images" else 1
        seed = call.arguments.get("seed", uuid.UUID(call.id).int % 2**31)
        files: list[dict[str, Any]] = []
        for url in self.addresses(call, number, EXTENSIONS[kind]):
            file: dict[str, Any] = {"url": url, "content_type": "image/png", "file_name": url.rpartition("/")[2]}
            if kind in ("images", "image"):
                width, height = self.size(call)
                file |= {"width": width, "height": height}
            else:
                file |= {"content_type": "video/mp4" if kind == "video" else "audio/wav"}
            files.append(file)
        if kind != "images":
            return {kind: files[0], **({} if kind == "audio_file" else {"seed": seed})}
        flags = [call.outcome == "flagged"] * number
        timings = {"inference": call.seconds}
        prompt = call.arguments["prompt"]
        return {"images": files, "seed": seed, "timings": timings, "has_nsfw_concepts": flags, "prompt": prompt}

    def _catalogue(self, endpoint: str, expand: str) -> Reply:
        """One model of the platform's catalogue; its OpenAPI document comes along when asked for."""
        found = [name for name in models_of("fal") if name == endpoint]
        rows: list[dict[str, Any]] = [{"endpoint_id": name, "metadata": {"display_name": name}} for name in found]
        if expand == "openapi-3.0":
            rows = [row | {"openapi": _openapi(row["endpoint_id"])} for row in rows]
        return say(200, {"models": rows, "next_cursor": None, "has_more": False})

    def _pricing(self, endpoint: str) -> Reply:
        price = {"endpoint_id": endpoint, "unit_price": PRICE, "unit": "megapixels", "currency": "USD"}
        known = endpoint in models_of("fal")
        return say(200, {"prices": [price] if known else [], "next_cursor": None, "has_more": False})


def _openapi(name: str) -> dict[str, Any]:
    """Return a model's OpenAPI document, as far as its input goes."""
    wanted = models_of("fal")[name]["input"]
    properties = {}
    for parameter, spec in wanted.items():
        kind = {"fal_size": "object", "uri": "string"}.get(spec["type"], spec["type"])
        properties[parameter] = {"type": kind} | {
            key: spec[key] for key in ("minimum", "maximum", "enum") if key in spec
        }
    schema = {
        "type": "object",
        "properties": properties,
        "required": [parameter for parameter, spec in wanted.items() if spec.get("required")],
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Input"}}}, "required": True}
    return {
        "openapi": "3.0.4",
        "info": {"title": f"Queue OpenAPI for {name}", "version": "1.0.0"},
        "components": {"schemas": {"Input": schema}},
        "paths": {f"/{name}": {"post": {"requestBody": body, "responses": {"200": {"description": "queued"}}}}},
    }
