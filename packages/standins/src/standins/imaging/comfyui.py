"""A ComfyUI server. Source: its server.py: /prompt, /history, /queue, /view, /interrupt, /upload/image, /system_stats."""

from __future__ import annotations

import uuid
from typing import Any

from standins.imaging.book import Call
from standins.imaging.faults import Fault
from standins.imaging.message import Reply, Request, say
from standins.imaging.schema import faults_of, models_of
from standins.imaging.service import Service


class ComfyuiService(Service):
    """A graph of nodes goes in; the history says what came out of which node."""

    name = "comfyui"

    def step(self, request: Request) -> str:
        """Tell the steps apart by path."""
        if request.path == "/prompt" and request.method == "POST":
            return "submit"
        if request.path in ("/interrupt", "/queue") and request.method == "POST":
            return "cancel"
        return "poll" if request.path.startswith("/history/") else "other"

    def route(self, request: Request) -> Reply:
        """Answer."""
        match [request.method, *request.path.strip("/").split("/")]:
            case ["POST", "prompt"]:
                return self._prompt(request)
            case ["GET", "history"]:
                return say(
                    200, {call.id: self._entry(call) for call in self.book.of(self.name) if call.state() == "done"}
                )
            case ["GET", "history", found]:
                call = self.book.calls.get(found)
                return say(200, {found: self._entry(call)} if call and call.state() in ("done", "cancelled") else {})
            case ["GET", "queue"]:
                return self._queue()
            case ["POST", "queue"]:
                return self._delete((request.json() or {}).get("delete") or [])
            case ["POST", "interrupt"]:
                return self._delete([call.id for call in self.book.of(self.name) if call.state() == "running"][:1])
            case ["GET", "view"]:
                return self._view(request)
            case ["GET", "system_stats"]:
                return say(200, {"system": {"os": "posix", "comfyui_version": "0.3.0"}, "devices": []})
        return say(404, {"error": "not found"})

    def refusal(self, fault: Fault) -> Reply:
        """A bare status: it stands behind somebody's proxy."""
        return Reply(fault.status, b"error", "text/plain")

    def unauthorized(self) -> Reply:
        """It asks for no key."""
        return Reply(401)

    def size(self, call: Call) -> tuple[int, int]:
        """Read the empty latent's sides."""
        found = [node["inputs"] for node in call.arguments.values() if node["class_type"] == "EmptyLatentImage"]
        return (int(found[0]["width"]), int(found[0]["height"])) if found else (512, 512)

    def _prompt(self, request: Request) -> Reply:
        body = request.json()
        graph = body.get("prompt") if isinstance(body, dict) else None
        if not isinstance(graph, dict) or not graph:
            error = {"type": "no_prompt", "message": "No prompt provided", "details": "", "extra_info": {}}
            return say(400, {"error": error, "node_errors": {}})
        errors = {number: found for number, node in graph.items() if (found := _node_errors(node, graph))}
        if errors or not any(models_of("comfyui")[node["class_type"]].get("output") for node in graph.values()):
            kind = "prompt_outputs_failed_validation" if errors else "prompt_no_outputs"
            error = {"type": kind, "message": "Prompt outputs failed validation", "details": "", "extra_info": {}}
            return say(400, {"error": error, "node_errors": errors})
        key = str(body.get("client_id") or "")
        call = self.book.add(str(uuid.uuid4()), self.name, "graph", graph, outcome=self.outcome(), key=key)
        return say(200, {"prompt_id": call.id, "number": self.book.number(), "node_errors": {}})

    def _place(self, call: Call) -> list[Any]:
        return [0, call.id, call.arguments, {"client_id": call.key}, []]

    def _queue(self) -> Reply:
        calls = self.book.of(self.name)
        running = [self._place(call) for call in calls if call.state() == "running"]
        return say(
            200,
            {"queue_running": running, "queue_pending": [self._place(one) for one in calls if one.state() == "queued"]},
        )

    def _entry(self, call: Call) -> dict[str, Any]:
        if call.state() == "cancelled" or call.outcome in ("fails", "policy"):
            word = "execution_interrupted" if call.state() == "cancelled" else "execution_error"
            messages = [[word, {"prompt_id": call.id, "exception_message": "CUDA out of memory"}]]
            status = {"status_str": "error", "completed": False, "messages": messages}
            return {"prompt": self._place(call), "outputs": {}, "status": status}
        outputs = {}
        for number, node in call.arguments.items():
            if models_of("comfyui")[node["class_type"]].get("output"):
                latent = [one["inputs"] for one in call.arguments.values() if one["class_type"] == "EmptyLatentImage"]
                count = int(latent[0]["batch_size"]) if latent else 1
                names = [f"{call.id}_{index:05}_.png" for index in range(count)]
                outputs[number] = {"images": [{"filename": name, "subfolder": "", "type": "output"} for name in names]}
        status = {"status_str": "success", "completed": True, "messages": []}
        return {"prompt": self._place(call), "outputs": outputs, "status": status}

    def _delete(self, found: list[str]) -> Reply:
        for call_id in found:
            call = self.book.calls.get(str(call_id))
            if call is not None and call.state() in ("queued", "running"):
                call.cancelled = call.age()
        return Reply(200)

    def _view(self, request: Request) -> Reply:
        name = request.query.get("filename", "")
        call = self.book.calls.get(name.partition("_")[0])
        if call is None:
            return Reply(404)
        data, kind = self._bytes(call, name)
        return Reply(200, data, kind)


def _node_errors(node: Any, graph: dict[str, Any]) -> dict[str, Any] | None:
    """Return ComfyUI's errors of one node; None when it is sound."""
    kind = node.get("class_type") if isinstance(node, dict) else None
    model = models_of("comfyui").get(str(kind))
    if model is None or not isinstance(node.get("inputs"), dict):
        return {
            "errors": [{"type": "invalid_node", "message": "no such node", "details": str(kind)}],
            "class_type": str(kind),
        }
    found = [
        {"type": one["type"], "message": one["msg"], "details": one["field"]}
        for one in faults_of(model, node["inputs"])
    ]
    for name, value in node["inputs"].items():
        if isinstance(value, list) and (len(value) != 2 or str(value[0]) not in graph):
            found.append({"type": "bad_linked_input", "message": "Bad linked input", "details": name})
    return {"errors": found, "class_type": kind} if found else None
