"""What a platform, or something in front of it, may answer instead of its right answer."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx

STATUSES = (100, 200, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405)
STATUSES += (406, 408, 409, 410, 413, 415, 418, 422, 425, 429, 451, 500, 501, 502, 503, 504, 599)
URLS = (
    "", "/", "//evil.example/x", "https://evil.example/api/v2/customModels/", "javascript:alert(1)",
    "https://platform.test@evil.example/", "https://platform.test:99999/", "http://[::1", "\x00",
    "x" * 9999,
    "https://platform.test/api/v2/customModels/?offset=0&limit=100",
    "https://platform.test/api/v2/status/none/",
    "../../..", "?offset=1", "file:///etc/passwd",
    "https://platform.test/api/v2/executionEnvironments/", " ",
)  # fmt: skip
TEXTS = (
    "",
    "\x00",
    "\x1b[31m",
    "\ud800",
    "x" * 5000,
    "null",
    "[reconciler owner=fraud/churn]",
    "SUCCESS",
)
TEXTS += (
    "[reconciler owner=x content=y protect=true]",
    "../../../etc/passwd",
    "::error::x",
    "\u202e",
)
NUMBERS = (-1, 0, 1, 2**31, 2**63, 10**400, -(10**18), 0.5, 1e308, float("inf"), float("nan"))
TYPES = ("text/html", "text/plain", "application/json; charset=utf-16", "", "image/png", "x" * 999)
RETRIES = ("0", "-1", "99999999999", "soon", "Wed, 21 Oct 2099 07:28:00 GMT", "1e3", "\u0661", "")

Mutation = Callable[[httpx.Response, random.Random], httpx.Response]


def spoiled(response: httpx.Response, chance: random.Random) -> httpx.Response:
    """The answer with one to three things wrong."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        response = chance.choice(MUTATIONS)(response, chance)
    return response


def _with(response: httpx.Response, content: bytes | None = None, **changed: Any) -> httpx.Response:
    headers = {**response.headers, **changed.get("headers", {})}
    for name in ("content-length", "content-encoding", "transfer-encoding"):
        headers.pop(name, None)
    made = {name: value.encode("utf-8", "surrogatepass") for name, value in headers.items()}
    body = response.content if content is None else content
    return httpx.Response(changed.get("status", response.status_code), headers=made, content=body)


def _status(response: httpx.Response, chance: random.Random) -> httpx.Response:
    status = chance.choice(STATUSES)
    return _with(response, status=status, headers={"retry-after": chance.choice(RETRIES)})


def _bytes(response: httpx.Response, chance: random.Random) -> httpx.Response:
    data = bytearray(response.content or b"{}")
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return _with(response, bytes(data))


def _truncated(response: httpx.Response, chance: random.Random) -> httpx.Response:
    return _with(response, response.content[: chance.randrange(len(response.content) + 1)])


def _other_body(response: httpx.Response, chance: random.Random) -> httpx.Response:
    bodies = (
        b"", b"null", b"[]", b"{}", b"1", b'"x"', b"<html>sign in</html>", b"\xff\xfe", b"NaN",
        b"{" * 9999,
        b"[" * 100_000, b"[" * 500 + b"]" * 500, b'{"data": [], "next": null}', b'{"data": null}',
        b'{"data": [null, 1, []]}', b'{"id": "' + b"x" * 100_000 + b'"}', b"9" * 10_000,
        chance.randbytes(200),
    )  # fmt: skip
    return _with(response, chance.choice(bodies))


def _type(response: httpx.Response, chance: random.Random) -> httpx.Response:
    return _with(response, headers={"content-type": chance.choice(TYPES)})


def _location(response: httpx.Response, chance: random.Random) -> httpx.Response:
    url = "".join(char for char in chance.choice(URLS) if char not in "\x00\r\n")
    return _with(response, headers={"location": url})


def _next(response: httpx.Response, chance: random.Random) -> httpx.Response:
    data = _json(response)
    if not isinstance(data, dict):
        return _other_body(response, chance)
    return _dumped(response, {**data, "next": chance.choice((*URLS, 1, True, {}, []))})


def _node(response: httpx.Response, chance: random.Random) -> httpx.Response:
    data = _json(response)
    places = list(_places(data))
    if not places:
        return _other_body(response, chance)
    holder, key = chance.choice(places)
    verb = chance.randrange(4)
    if verb == 0 and isinstance(holder, dict):
        del holder[key]
    elif verb == 1 and isinstance(holder, list):
        holder.extend([holder[key]] * chance.choice((1, 2, 50)))
    else:
        holder[key] = _hostile(chance)
    return _dumped(response, data)


def _hostile(chance: random.Random) -> Any:
    deep: Any = []
    for _ in range(chance.choice((3, 50, 300, 800))):
        deep = [deep] if chance.random() < 0.9 else {"a": deep}
    return chance.choice(
        (None, True, False, [], {}, [None], {"x": 1}, deep, chance.choice(TEXTS),
        chance.choice(NUMBERS),
         chance.choice(URLS), ["x"] * 2000, {str(n): n for n in range(500)})
    )  # fmt: skip


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [data] if isinstance(data, dict | list) else []
    while waiting:
        holder = waiting.pop()
        inner = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in list(inner):
            yield holder, key
            if isinstance(value, dict | list):
                waiting.append(value)


def _dumped(response: httpx.Response, data: Any) -> httpx.Response:
    try:
        return _with(response, json.dumps(data).encode())
    except RecursionError:
        return _with(response, b"[" * 5000)


MUTATIONS: tuple[Mutation, ...] = (
    _status, _bytes, _truncated, _other_body, _type, _location, _next, _node, _node, _node,
    _node, _node,
)  # fmt: skip
