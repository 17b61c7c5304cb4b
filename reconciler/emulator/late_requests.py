"""Requests whose answer was lost and whose effect comes later."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True)
class LateRequest:
    """One stored request: what was sent, when it takes effect, and its entry in the log.

    ``due`` is a time of the emulator's clock in seconds.  ``entry`` gets the status under
    ``effect`` once the request was carried out.
    """

    due: float
    variables: dict[str, Any]
    body: bytes
    entry: dict[str, Any]

    def environ(self) -> WSGIEnvironment:
        """The request as a server would pass it to the application."""
        return {**self.variables, "wsgi.input": BytesIO(self.body)}


class LateRequests:
    """The stored requests of one emulator, thread-safe.

    They live in memory, like the faults: a token is part of a request and has no place in a state
    file.  A request that is not due when the emulator stops never takes effect.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LateRequest] = []

    def add(self, due: float, environ: WSGIEnvironment, body: bytes, entry: dict[str, Any]) -> None:
        """Store a request; only what describes it is kept, not its connection."""
        kept = {name: value for name, value in environ.items() if isinstance(value, str | tuple)}
        kept["wsgi.errors"] = environ["wsgi.errors"]
        with self._lock:
            self._requests.append(LateRequest(due, kept, body, entry))

    def take(self, now: float) -> list[LateRequest]:
        """Remove the requests that are due, and return them in the order of their effects."""
        with self._lock:
            due = sorted((r for r in self._requests if r.due <= now), key=lambda r: r.due)
            self._requests = [r for r in self._requests if r.due > now]
        return due

    def clear(self) -> None:
        """Drop the requests that have had no effect yet."""
        with self._lock:
            self._requests.clear()
