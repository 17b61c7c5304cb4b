"""Failures that a test asks for: which request, what happens, and when the effect comes."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

BEFORE, AFTER, LATE = "before", "after", "late"
ACTIONS = ("status", "drop", "delay", "truncate", "timeout")
# The actions that keep the real answer from the caller: only these can come with a late effect.
ANSWER_LOST = ("status", "drop", "timeout")


class ConnectionDropped(ConnectionError):
    """The server closed the connection without a (whole) answer; seen by in-process callers.

    A served emulator shuts the socket instead.
    """


class AnswerTimeout(TimeoutError):
    """The server took the request and never answered; seen by in-process callers.

    A served emulator holds the connection for ``seconds`` and then shuts it.
    """


@dataclass
class Fault:
    """One planned failure: of the matching requests, the ``nth`` and ``times - 1`` after it.

    ``when`` says whether the request has no effect, has had its effect, or has it ``late`` seconds
    afterwards by the emulator's clock.
    """

    action: str
    when: str = BEFORE
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 60.0
    late: float = 90.0
    seen: int = 0

    def matches(self, method: str, target: str) -> bool:
        """Whether the request is one of those counted.

        ``path`` is a substring or a regular expression, of the path or of the path with its query.
        """
        if self.method and self.method.upper() != method:
            return False
        wanted = self.path or ""
        spellings = (target, target.partition("?")[0])
        return wanted in target or any(re.search(wanted, spelling) for spelling in spellings)

    def due(self, method: str, target: str) -> bool:
        """Count the request; whether it is one of those to fail."""
        if not self.matches(method, target):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times


class Faults:
    """The planned failures of one emulator, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, target: str) -> Fault | None:
        """The first failure planned for this request; every matching one counts it."""
        with self._lock:
            due = [fault for fault in self._faults if fault.due(method, target)]
        return due[0] if due else None

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
