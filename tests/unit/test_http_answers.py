"""Bodies of answers, good and hostile.

Cases: JSON and what is none, cut and nested JSON, sizes and times out of proportion, bodies packed
badly, texts of refusals in every form, cut to a length.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ApiError
from reconciler.providers.answer import (
    BODY_SHOWN,
    LARGEST_JSON,
    Answer,
    ContractBroken,
)
from reconciler.providers.body import LONGEST_BODY, read_answer
from tests.support.scripted_platform import platform


def answer(content: bytes, code: int = 200) -> Answer:
    """An answer with this body."""
    return Answer(code, {}, content, "models/")


@pytest.mark.parametrize("value", [{}, [], {"a": [1, None, "é"]}, "x", 0, False])
def test_json_is_given_as_it_is(value: Any) -> None:
    there = platform(httpx.Response(200, json=value))
    assert there.http().get("models/") == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b'{"a": [1, 2',
        b"\xff\xfe{}",
        b'{"a": 1} trailing',
        b"[" * 200_000,
        b"9" * 5_000,
    ],
    ids=["empty", "html", "cut", "bytes", "trailing", "nested", "digits"],
)
def test_what_is_no_json_is_an_error_of_ours(body: bytes) -> None:
    there = platform(httpx.Response(200, content=body))
    with pytest.raises(ContractBroken, match="models/ answered no JSON") as caught:
        there.http().get("models/")
    assert len(caught.value.message) < 500
    assert caught.value.hint


def test_json_out_of_all_proportion_is_not_parsed() -> None:
    with pytest.raises(ContractBroken, match=f"{LARGEST_JSON + 1} bytes"):
        answer(b" " * (LARGEST_JSON + 1)).json()


@given(st.binary(max_size=50) | st.text(max_size=50).map(str.encode))
def test_any_bytes_give_json_or_an_error_of_ours(body: bytes) -> None:
    with suppress(ContractBroken):
        answer(body).json()
    assert len(answer(body).reason()) <= BODY_SHOWN


def test_a_body_that_drips_for_ever_is_given_up() -> None:
    now = [0.0]

    def drip() -> Iterator[bytes]:
        while True:
            now[0] += 60
            yield b"x"

    with pytest.raises(httpx.ReadTimeout):
        read_answer(request_of(httpx.Response(200, content=drip())), "models/", lambda: now[0])
    assert now[0] <= LONGEST_BODY + 120


def request_of(response: httpx.Response) -> httpx.Response:
    """The response as a client has it."""
    response.request = httpx.Request("GET", "https://app.example.com/")
    return response


def test_a_body_that_is_packed_badly_counts_as_no_answer() -> None:
    def packed(request: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"no gzip")
        return httpx.Response(200, stream=stream, headers={"content-encoding": "gzip"})

    there = platform(packed)
    with pytest.raises(ApiError, match="no answer"):
        there.http().get("models/")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"message": "no such model"}', "no such model"),
        (b'{"message": "no", "errors": {"name": "taken"}}', 'no {"name": "taken"}'),
        (b'{"error": {"message": "bad key", "type": "auth"}}', "bad key"),
        (b'{"error": "plain"}', "plain"),
        (b'{"detail": "not found"}', "not found"),
        (b'{"other": 1}', "{'other': 1}"),
        (b'{"message": null, "errors": []}', "{'message': None, 'errors': []}"),
        (b'{"message": {"deep": 1}}', "{'deep': 1}"),
        (b'["a"]', "['a']"),
        (b"  Bad Gateway  ", "Bad Gateway"),
        (b"", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"null", "None"),
    ],
)
def test_the_reason_of_a_refusal_is_found_in_every_form(body: bytes, reason: str) -> None:
    assert answer(body, 422).reason() == reason


@pytest.mark.parametrize(
    "body",
    [
        b"x" * 10_000,
        b'{"message": "' + b"x" * 10_000 + b'"}',
        b'{"message": "a", "errors": ["' + b"x" * 10_000 + b'"]}',
        b'["' + b"x" * 10_000 + b'"]',
        b"[" * 200_000,
        b'{"message": ' + b"[" * 200_000,
    ],
    ids=["text", "message", "errors", "list", "nested", "nested message"],
)
def test_the_reason_is_cut(body: bytes) -> None:
    reason = answer(body, 500).reason()
    assert 0 < len(reason) <= BODY_SHOWN
    there = platform(httpx.Response(422, content=body, headers={"x-request-id": "r" * 9_000}))
    with pytest.raises(ApiError) as caught:
        there.http().get("models/")
    assert len(caught.value.message) < 2 * BODY_SHOWN


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_kept() -> None:
    body = rb'{"na\ud800me": ["x\udfffy", "\ud83d\ude00", 1, null], "next": "/\uDC00"}'
    found = answer(body).json()
    assert found == {"na\ufffdme": ["x\ufffdy", "\U0001f600", 1, None], "next": "/\ufffd"}
    for coding in ("utf-8", "utf-16", "utf-16-le", "utf-32-be"):
        assert answer('"a\ud800"'.encode(coding, "surrogatepass")).json() == "a\ufffd"
