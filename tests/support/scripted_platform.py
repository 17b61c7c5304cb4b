"""A platform behind ``providers.http``: answers from a list, and a clock that only sleep moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from reconciler.providers.http import Endpoint, Http, Runtime

URL = "https://app.example.com/api/v2"
TOKEN = "s3cr3t-T0ken/with+signs=="
NOW = 1_700_000_000.0
ENOUGH = 100

Answering = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class Platform:
    """Answers requests one by one; the last answer is given for ever."""

    answers: list[Answering]
    requests: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """The next answer; the body of the request is read to its end, as a server does."""
        request.read()
        self.requests.append(request)
        # A client that never stops shall fail its test and not hang it.
        assert len(self.requests) < ENOUGH
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.pauses.append(seconds)

    def time(self) -> float:
        """Seconds slept so far, on top of a fixed start."""
        return NOW + sum(self.pauses)

    def http(self, token: str = TOKEN, **more: Any) -> Http:
        """A connection to it."""
        outside = Runtime(httpx.MockTransport(self.handle), self.sleep, self.time, self.time)
        return Http(Endpoint(URL, token, **more), outside)


def platform(*answers: Answering) -> Platform:
    """A platform that gives these answers."""
    return Platform(list(answers))


def status(code: int, body: Any = None, **headers: str) -> httpx.Response:
    """An answer; underlines in header names are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, json=body if body is not None else {}, headers=named)


def page(items: Iterable[Any], following: Any = None) -> httpx.Response:
    """One page of a list."""
    return status(200, {"data": list(items), "next": following})
