"""The built-in generator behind the providers' protocol: calls run on threads of this process.

A call that its process did not live to finish is sent again: that costs nothing and gives the same bytes.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from main.providers.builtin.render import Rendered, render
from main.providers.protocol import (
    CallState,
    CallStatus,
    ErrorCategory,
    JsonReference,
    Output,
    ProviderError,
    ProviderRequest,
    Traits,
)

AT_ONCE: Final = 2
KEPT: Final = 64


class _StoppedError(Exception):
    """Somebody has cancelled the call."""


@dataclass(slots=True)
class _Job:
    """A call under way; `progress` is written by its thread."""

    future: Future[Rendered] | None = None
    progress: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)

    def report(self, progress: float) -> None:
        """Note the progress; raises when the call has been cancelled."""
        if self.stop.is_set():
            raise _StoppedError
        self.progress = progress


class BuiltinClient:
    """Procedural pictures, loops and tunes. One instance per process, or its calls do not find each other."""

    name = "builtin"
    traits = Traits(paid=False, repeatable=True, local=True, poll_first=0.1, poll_most=0.5)
    _jobs: OrderedDict[str, _Job] = OrderedDict()
    _lock = threading.Lock()
    _pool: ThreadPoolExecutor | None = None

    def submit(self, request: ProviderRequest) -> JsonReference:
        """Start a call."""
        arguments = dict(request.arguments)
        # Without a seed the item gives one, so that a call sent again makes the same.
        arguments.setdefault(
            "seed", int(hashlib.sha256(request.idempotency_key.partition("-")[0].encode()).hexdigest()[:7], 16)
        )
        files = {name: file.path for name, file in request.files.items()}
        key, job = str(uuid.uuid4()), _Job()
        with self._lock:
            cls = type(self)
            cls._pool = cls._pool or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="builtin")
            job.future = cls._pool.submit(render, str(request.options["kind"]), arguments, files, job.report)
            self._jobs[key] = job
            for old in [one for one, kept in self._jobs.items() if kept.future and kept.future.done()][:-KEPT]:
                del self._jobs[old]
        return {"job": key}

    def poll(self, reference: JsonReference) -> CallStatus:
        """Say how far a call is."""
        job = self._jobs.get(str(reference.get("job")))
        if job is None or job.future is None:
            text = "The process that was making this has ended."
            raise ProviderError(ErrorCategory.TRANSIENT, text, charged=False)
        if not job.future.done():
            started = job.future.running()
            return CallStatus(CallState.RUNNING if started else CallState.QUEUED, job.progress)
        return _status_of(job.future)

    def cancel(self, reference: JsonReference) -> None:
        """Stop a call at its next step; one that waits never starts."""
        if job := self._jobs.get(str(reference.get("job"))):
            job.stop.set()
            if job.future is not None:
                job.future.cancel()

    def fetch(self, output: Output) -> bytes:
        """Return the bytes, which are here already."""
        return output.data

    def find(self, request: ProviderRequest) -> JsonReference | None:
        """A call of a dead process does not exist any more."""
        del request
        return None

    def test(self) -> str:
        """There is nothing to prove."""
        return "The built-in generator needs no key."


def _status_of(future: Future[Any]) -> CallStatus:
    if future.cancelled() or isinstance(future.exception(), _StoppedError):
        return CallStatus(CallState.CANCELLED, 1.0)
    error = future.exception()
    if isinstance(error, ValueError | OSError):
        raise ProviderError(ErrorCategory.VALIDATION, str(error), charged=False)
    if error is not None:
        raise ProviderError(ErrorCategory.UNKNOWN, f"The generator broke: {error!r}", charged=False)
    rendered: Rendered = future.result()
    return CallStatus(CallState.DONE, 1.0, outputs=rendered.outputs, returned=rendered.returned)
