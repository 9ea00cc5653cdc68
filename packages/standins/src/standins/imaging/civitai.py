"""CivitAI's orchestration, v2 workflows. Source: generated types of the npm client, version 0.2.0-beta.86."""

from __future__ import annotations

import uuid
from typing import Any, Final

from standins.imaging.book import Call
from standins.imaging.faults import Fault
from standins.imaging.message import Reply, Request, say
from standins.imaging.schema import faults_of, models_of
from standins.imaging.service import Service

BODY: Final = {
    "steps", "tags", "metadata", "callbacks", "currencies", "allowMatureContent", "externalId", "ephemeral", "arguments",
    "tips", "nsfwLevel", "experimental", "upgradeMode",
}  # fmt: skip
STEP: Final = {"$type", "name", "timeout", "retries", "metadata", "priority", "input"}
BUZZ: Final = 8.0
PROBLEM: Final = "application/problem+json"


class CivitaiService(Service):
    """`POST /v2/consumer/workflows`, then GET and PUT of `/v2/consumer/workflows/{id}`. One externalId: one workflow."""

    name = "civitai"

    def step(self, request: Request) -> str:
        """Tell the steps apart by method."""
        if not request.path.startswith("/v2/consumer/workflows"):
            return "other"
        return {"POST": "submit", "PUT": "cancel"}.get(
            request.method, "poll" if request.path.count("/") > 3 else "other"
        )

    def route(self, request: Request) -> Reply:
        """Answer."""
        match [request.method, *request.path.strip("/").split("/")]:
            case ["POST", "v2", "consumer", "workflows"]:
                return self._submit(request)
            case ["GET", "v2", "consumer", "workflows"]:
                calls = self.book.of(self.name)[::-1][: int(request.query.get("take") or 50)]
                return say(200, {"items": [self._workflow(call) for call in calls], "next": None})
            case [method, "v2", "consumer", "workflows", found] if method in ("GET", "PUT"):
                return self._one(found, request)
        return say(404, {"title": "Not Found", "status": 404}, PROBLEM)

    def refusal(self, fault: Fault) -> Reply:
        """Problem details; 403 is a bare text."""
        if fault.status == 403:
            return say(403, "Insufficient Buzz")
        headers = {"Retry_After": fault.retry_after} if fault.retry_after else {}
        title = "Too Many Requests" if fault.status == 429 else "Internal Server Error"
        return say(fault.status, {"type": "about:blank", "title": title, "status": fault.status}, PROBLEM, **headers)

    def unauthorized(self) -> Reply:
        """Say what a wrong token hears."""
        return say(401, {"title": "Unauthorized", "status": 401}, PROBLEM)

    def size(self, call: Call) -> tuple[int, int]:
        """Read the step's width and height."""
        return int(call.arguments.get("width", 1024)), int(call.arguments.get("height", 1024))

    def _submit(self, request: Request) -> Reply:
        body = request.json()
        problems = _shape(body)
        if problems:
            return self._invalid(problems)
        key = str(body.get("externalId") or "")
        if before := self.book.by_key(self.name, key):
            return say(200, self._workflow(before))
        given = body["steps"][0]["input"]
        name = "/".join(str(given.get(part, "")) for part in ("engine", "ecosystem", "operation"))
        model = models_of("civitai").get(name)
        if model is None:
            return self._invalid({"steps[0].input": [f"no such engine, ecosystem and operation: {name}"]})
        if wrong := faults_of(model, given):
            return self._invalid({f"steps[0].input.{one['field']}": [one["msg"]] for one in wrong})
        call_id = f"wf_{uuid.uuid4().hex[:26].upper()}"
        call = self.book.add(
            call_id, self.name, name, given, outcome=self.outcome(), key=key, tags=tuple(body.get("tags") or ())
        )
        return say(202, self._workflow(call))

    def _invalid(self, errors: dict[str, list[str]]) -> Reply:
        data = {
            "type": "about:blank",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "errors": errors,
        }
        return say(400, data, PROBLEM)

    def _one(self, call_id: str, request: Request) -> Reply:
        call = self.book.calls.get(call_id)
        if call is None or call.provider != self.name:
            return say(404, {"title": "Not Found", "status": 404}, PROBLEM)
        if request.method == "PUT":
            if (request.json() or {}).get("status") != "canceled":
                return self._invalid({"status": ["only canceled can be set"]})
            if call.state() in ("queued", "running"):
                call.cancelled = call.age()
        return say(200, self._workflow(call))

    def _workflow(self, call: Call) -> dict[str, Any]:
        state = call.state()
        status = {"queued": "scheduled", "running": "processing", "cancelled": "canceled"}.get(state, "succeeded")
        if state == "done" and call.outcome in ("fails", "aborted"):
            status = {"fails": "failed", "aborted": "expired"}[call.outcome]
        step: dict[str, Any] = {
            "$type": "imageGen",
            "name": "gen",
            "status": status,
            "input": call.arguments,
            "jobs": [],
        }
        step["estimatedProgressRate"] = call.progress()
        if status == "succeeded":
            step["output"] = {"images": self._images(call), "errors": []}
        if status == "failed":
            step["output"] = {"images": [], "errors": ["The model could not be loaded"]}
        cost = BUZZ * int(call.arguments.get("quantity", 1)) if call.charged() else 0.0
        return {
            "id": call.id,
            "status": status,
            "createdAt": call.created,
            "startedAt": call.created,
            "completedAt": call.created if state == "done" else None,
            "steps": [step],
            "cost": {"base": cost, "tips": {"creators": 0, "civitai": 0}, "total": cost},
            "tags": list(call.tags),
            "callbacks": [],
            "metadata": {},
            "arguments": {},
            "externalId": call.key or None,
        }

    def _images(self, call: Call) -> list[dict[str, Any]]:
        width, height = self.size(call)
        images = []
        for index, url in enumerate(self.addresses(call, int(call.arguments.get("quantity", 1)), "png")):
            blocked = call.outcome in ("policy", "flagged")
            image = {
                "type": "image",
                "id": f"{call.id}-{index}",
                "available": not blocked,
                "url": None if blocked else url,
            }
            image |= {"width": width, "height": height, "urlExpiresAt": call.created, "jobId": call.id}
            image |= {"blockedReason": "nsfw"} if blocked else {}
            images.append(image)
        return images


def _shape(body: Any) -> dict[str, list[str]]:
    """Return what is wrong with the frame of a workflow."""
    if not isinstance(body, dict) or not isinstance(body.get("steps"), list) or len(body["steps"]) != 1:
        return {"steps": ["exactly one step is known here"]}
    step = body["steps"][0]
    if not isinstance(step, dict) or step.get("$type") != "imageGen" or not isinstance(step.get("input"), dict):
        return {"steps[0].$type": ["only imageGen is known here"]}
    unknown = [*(set(body) - BODY), *(f"steps[0].{name}" for name in set(step) - STEP)]
    if "currencies" not in body:
        return {"currencies": ["The currencies field is required."]}
    return {name: ["The field is not known."] for name in unknown}
