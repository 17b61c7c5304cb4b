"""A network on which one request, and only that one, goes wrong."""

from __future__ import annotations

from collections.abc import Callable

import httpx


class Killed(BaseException):
    """The process is gone: nothing catches this, and no request leaves afterwards."""


def _refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def _dropped(request: httpx.Request) -> httpx.Response:
    raise httpx.RemoteProtocolError("server disconnected", request=request)


def _late(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


def _killed(request: httpx.Request) -> httpx.Response:
    raise Killed


def _status(code: int, **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(code, headers=headers, json={"message": f"fault {code}"})

    return answer


def _truncated(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "application/json"}, content=b'{"id": "5f')


Answer = Callable[[httpx.Request], httpx.Response]
FAULTS: dict[str, tuple[bool, Answer]] = {
    "refused before": (False, _refused),
    "dropped before": (False, _dropped),
    "dropped after": (True, _dropped),
    "timeout after": (True, _late),
    "429 with Retry-After": (False, _status(429, **{"retry-after": "2"})),
    "500 before": (False, _status(500)),
    "500 after": (True, _status(500)),
    "502 before": (False, _status(502)),
    "502 after": (True, _status(502)),
    "503 before": (False, _status(503)),
    "503 with Retry-After": (False, _status(503, **{"retry-after": "2"})),
    "truncated JSON": (True, _truncated),
    "killed before": (False, _killed),
    "killed after": (True, _killed),
}
"""Name -> whether the request takes effect first, and what its sender sees."""


class FaultyWire(httpx.BaseTransport):
    """Passes requests on, counts them, and lets the ``at``-th one fail in one way."""

    def __init__(self, inner: httpx.BaseTransport, at: int = 0, fault: str = "") -> None:
        self.inner = inner
        self.at = at
        self.fault = fault
        self.count = 0
        self.dead = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        self.count += 1
        if self.count != self.at:
            return self.inner.handle_request(request)
        effect, answer = FAULTS[self.fault]
        self.dead = self.fault.startswith("killed")
        if effect:
            self.inner.handle_request(request).read()
        return answer(request)
