"""Writes over HTTP: never twice, never lost.

Cases: answers that were lost or cannot be read, statuses after which nobody can know, statuses that
promise that nothing happened, connections that were never made, bodies sent whole each time.
"""

from __future__ import annotations

import io

import httpx
import pytest

from reconciler.errors import ApiError, UnknownOutcome
from reconciler.providers.retry import TRIES
from tests.support.scripted_platform import platform, status

LOST = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("closed"),
]
NEVER_MADE = [httpx.ConnectError("refused"), httpx.ConnectTimeout("slow")]
METHODS = ["POST", "PATCH", "PUT", "DELETE"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_write_is_not_repeated_after_a_lost_answer(method: str, error: Exception) -> None:
    there = platform(error, status(200))
    with pytest.raises(UnknownOutcome) as caught:
        there.http().send(method, "models/")
    assert len(there.requests) == 1
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("code", [408, 500, 502, 503, 504])
def test_after_a_5xx_nobody_knows_and_nobody_repeats(method: str, code: int) -> None:
    there = platform(status(code, {"message": "oops"}), status(200))
    with pytest.raises(UnknownOutcome, match="oops") as caught:
        there.http().send(method, "models/")
    assert len(there.requests) == 1
    assert caught.value.status == code


def test_a_503_with_a_pause_is_not_repeated_blindly_either() -> None:
    there = platform(status(503, retry_after="1"), status(200))
    with pytest.raises(UnknownOutcome):
        there.http().send("POST", "models/")
    assert len(there.requests) == 1


@pytest.mark.parametrize("error", NEVER_MADE, ids=lambda error: type(error).__name__)
def test_a_write_that_never_left_is_repeated(error: Exception) -> None:
    there = platform(error, error, status(201, {"id": "1"}))
    assert there.http().send("POST", "models/") == {"id": "1"}
    assert len(there.requests) == 3


def test_a_platform_that_is_never_reached_was_not_changed() -> None:
    there = platform(httpx.ConnectError("refused"))
    with pytest.raises(ApiError, match="no connection") as caught:
        there.http().send("POST", "models/")
    assert not isinstance(caught.value, UnknownOutcome)
    assert len(there.requests) == TRIES


def test_a_write_is_repeated_after_429_with_its_pause() -> None:
    there = platform(status(429, retry_after="3"), status(429), status(201, {"id": "1"}))
    assert there.http().send("POST", "models/") == {"id": "1"}
    assert len(there.requests) == 3
    assert there.pauses[0] == pytest.approx(3)


def test_429_without_an_end_is_a_refusal_and_not_an_unknown_outcome() -> None:
    there = platform(status(429))
    with pytest.raises(ApiError) as caught:
        there.http().send("POST", "models/")
    assert (caught.value.status, len(there.requests)) == (429, TRIES)
    assert not isinstance(caught.value, UnknownOutcome)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 422, 302, 303, 307])
def test_a_refused_or_redirected_write_is_not_repeated(code: int) -> None:
    there = platform(status(code, {"message": "no"}, location="https://elsewhere.example.com"))
    with pytest.raises(ApiError) as caught:
        there.http().send("POST", "models/")
    assert (caught.value.status, len(there.requests)) == (code, 1)
    assert not isinstance(caught.value, UnknownOutcome)


@pytest.mark.parametrize("body", [b"", b"  "])
def test_a_write_may_answer_nothing(body: bytes) -> None:
    assert platform(httpx.Response(204)).http().send("DELETE", "models/1/") == {}
    if not body:
        assert platform(httpx.Response(200, content=body)).http().send("PATCH", "models/1/") == {}


@pytest.mark.parametrize("body", [b"{", b"<html>", b"\xff\xfe", b'{"id": 1'])
def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(body: bytes) -> None:
    there = platform(httpx.Response(201, content=body))
    with pytest.raises(UnknownOutcome):
        there.http().send("POST", "models/")
    assert len(there.requests) == 1


def test_a_json_body_is_made_anew_and_sent_whole_each_time() -> None:
    there = platform(status(429), status(429), status(201))
    there.http().send("POST", "models/", lambda: {"json": {"name": "churn"}})
    assert [request.content for request in there.requests] == [b'{"name":"churn"}'] * 3


def test_a_multipart_body_is_rewound_and_sent_whole_each_time() -> None:
    opened: list[io.BytesIO] = []

    def body() -> dict[str, object]:
        stream = io.BytesIO(b"x" * 100_000)
        opened.append(stream)
        files = [("file", ("a/custom.py", stream)), ("file", ("b.txt", io.BytesIO(b"small")))]
        return {"data": {"isMajorUpdate": "False"}, "files": files}

    there = platform(httpx.ConnectError("refused"), status(429), status(429), status(201))
    there.http().send("PATCH", "models/1/versions/", body)
    sizes = {len(request.content) for request in there.requests}
    assert len(there.requests) == len(opened) == 4
    assert len(sizes) == 1
    for request in there.requests:
        assert request.content.count(b"x" * 100_000) == 1
        assert b"small" in request.content
        assert b'name="isMajorUpdate"' in request.content
        assert int(request.headers["content-length"]) == len(request.content)
