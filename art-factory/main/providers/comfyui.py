"""A ComfyUI server of one's own. Source: its server.py (/prompt, /history, /queue, /view, /upload/image).

`arguments` is the graph itself: a machine's table places each parameter at `<node>.inputs.<name>`. `client_id` is our key, which
queue and history keep, so a lost answer can be looked for.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

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

_ID: Final = re.compile(r"[0-9a-zA-Z_-]{4,80}")


class ComfyuiClient:
    """A graph goes into the queue; the history tells what came of it."""

    name = "comfyui"
    traits = Traits(paid=False, idempotent=True, poll_first=0.5, poll_most=3.0)

    def __init__(self, connection: Connection) -> None:
        """Take the address; there is no key."""
        self._http = Http("ComfyUI", connection.urls["api"], {}, connection, ())

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Put a graph into the queue; input files are uploaded first."""
        graph = {node: dict(value) for node, value in request.arguments.items()}
        for place, file in request.files.items():
            node, _dot, name = place.partition(".inputs.")
            graph[node] = {**graph[node], "inputs": {**graph[node].get("inputs", {}), name: self._uploaded(file)}}
        answer = self._http.submit("/prompt", {"prompt": graph, "client_id": request.idempotency_key})
        if answer.status != 200:
            raise _refused(answer)
        number = data_of(answer).get("prompt_id")
        if not isinstance(number, str) or not _ID.fullmatch(number):
            raise lost("ComfyUI")
        return {"prompt_id": number, "seed": _seed(graph)}

    def poll(self, reference: JsonReference) -> CallStatus:
        """Look into the history, then into the queue; in neither, the server has forgotten it (a restart)."""
        number = str(reference["prompt_id"])
        for _look in range(2):  # it may end between the two questions
            entry = self._read(f"/history/{number}").get(number)
            if isinstance(entry, dict):
                return self._ended(entry, reference)
            queue = self._read("/queue")
            if any(_number(one) == number for one in queue.get("queue_running") or []):
                return CallStatus(CallState.RUNNING)
            if any(_number(one) == number for one in queue.get("queue_pending") or []):
                return CallStatus(CallState.QUEUED)
        text = "ComfyUI has forgotten the request; it was restarted."
        raise ProviderError(ErrorCategory.TRANSIENT, text, charged=False, ended=True)

    def cancel(self, reference: JsonReference) -> None:
        """Take it out of the queue, or stop it when it is the one that runs."""
        number = str(reference["prompt_id"])
        self._http.ask("POST", "/queue", json={"delete": [number]})
        if any(_number(one) == number for one in self._read("/queue").get("queue_running") or []):
            self._http.ask("POST", "/interrupt", json={})

    def fetch(self, output: Output) -> bytes:
        """Fetch one file."""
        return self._http.fetch(output)

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """Look for our key in queue and history; it is nowhere when the server never got it."""
        queue = self._read("/queue")
        places = [*(queue.get("queue_running") or []), *(queue.get("queue_pending") or [])]
        places += [one.get("prompt") for one in self._read("/history").values() if isinstance(one, dict)]
        for place in places:
            if isinstance(place, list) and len(place) > 3 and place[3].get("client_id") == request.idempotency_key:
                return {"prompt_id": _number(place), "seed": _seed(place[2])}
        return None

    def test(self) -> str:
        """Ask for the version."""
        system = self._read("/system_stats").get("system") or {}
        return f"ComfyUI {system.get('comfyui_version', '')} answers."

    def _read(self, path: str) -> dict[str, Any]:
        answer = self._http.ask("GET", path)
        if answer.status != 200:
            raise _refused(answer)
        return data_of(answer)

    def _uploaded(self, file: Any) -> str:
        answer = self._http.ask(
            "POST", "/upload/image", files={"image": (file.path.name, file.path.read_bytes(), file.media_type)}
        )
        name = data_of(answer).get("name")
        if answer.status != 200 or not isinstance(name, str):
            raise _refused(answer) if answer.status >= 400 else no_answer("ComfyUI")
        return name

    def _ended(self, entry: dict[str, Any], reference: JsonReference) -> CallStatus:
        status = entry.get("status") or {}
        words = [str(one[0]) for one in status.get("messages") or [] if isinstance(one, list) and one]
        if "execution_interrupted" in words:
            return CallStatus(CallState.CANCELLED, 1.0)
        if status.get("status_str") == "error":
            told = [one[1] for one in status["messages"] if isinstance(one, list) and one[0] == "execution_error"]
            text = str(told[0].get("exception_message", "")) if told and isinstance(told[0], dict) else ""
            memory = "out of memory" in text.lower()
            category = ErrorCategory.TRANSIENT if memory else ErrorCategory.UNKNOWN
            raise ProviderError(category, f"ComfyUI: {text[:400] or 'the graph failed'}", charged=False, ended=True)
        seed = reference.get("seed")
        files = [
            file
            for node in (entry.get("outputs") or {}).values()
            for kind in ("images", "gifs", "audio")
            for file in node.get(kind) or []
            if file.get("type") == "output"
        ]
        outputs = tuple(
            Output(url=f"{self._http.base}/view?{_query(file)}", seed=seed + index if isinstance(seed, int) else None)
            for index, file in enumerate(files)
        )
        return CallStatus(CallState.DONE, 1.0, outputs=outputs, returned={"seed": seed} if seed is not None else {})


def _query(file: dict[str, Any]) -> str:
    return urlencode({name: str(file.get(name, "")) for name in ("filename", "subfolder", "type")})


def _number(place: Any) -> str:
    return str(place[1]) if isinstance(place, list) and len(place) > 1 else ""


def _seed(graph: Any) -> int | None:
    """Return the first seed of a graph."""
    for node in graph.values() if isinstance(graph, dict) else ():
        seed = (node.get("inputs") or {}).get("seed")
        if isinstance(seed, int):
            return seed
    return None


def _refused(answer: Response) -> ProviderError:
    data = data_of(answer)
    lines = [
        f"{one.get('details')}: {one.get('message')}"
        for node in (data.get("node_errors") or {}).values()
        for one in node.get("errors") or []
    ]
    whole = data.get("error")
    message = "; ".join(lines) or (str(whole.get("message", "")) if isinstance(whole, dict) else "")
    return by_status("ComfyUI", answer, message)
