"""Reads over HTTP: what is sent, what is tried again, how long is waited.

Cases: address and authentication, statuses and broken connections that pass, bounded tries,
Retry-After in seconds and as a date, statuses that stay, redirects, finished jobs, counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ApiError, UnknownOutcome
from reconciler.providers.http import HINTS
from reconciler.providers.retry import LONGEST_ASKED, LONGEST_PAUSE, TRIES
from tests.support.scripted_platform import NOW, TOKEN, URL, platform, status

PASSING = [408, 425, 429, 500, 502, 503, 504]
BROKEN = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("closed"),
]


def test_a_read_goes_below_the_endpoint_with_the_token() -> None:
    there = platform(status(200, {"a": 1}))
    assert there.http().get("customModels/", limit=5, searchFor="a b&c") == {"a": 1}
    (request,) = there.requests
    assert (request.method, request.content) == ("GET", b"")
    assert str(request.url) == f"{URL}/customModels/?limit=5&searchFor=a+b%26c"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"].startswith("reconciler/")


def test_the_header_of_the_token_is_the_platforms_choice() -> None:
    there = platform(status(200))
    there.http(scheme="", header="X-API-Key").get("runs/")
    (request,) = there.requests
    assert request.headers["x-api-key"] == TOKEN
    assert "authorization" not in request.headers


@pytest.mark.parametrize("code", PASSING)
def test_a_read_is_tried_again_while_the_platform_is_unwell(code: int) -> None:
    there = platform(status(code), status(code), status(200, {"a": 1}))
    assert there.http().get("models/") == {"a": 1}
    assert len(there.requests) == 3
    assert len(there.pauses) >= 2


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_a_read_is_tried_again_after_a_broken_connection(error: httpx.HTTPError) -> None:
    there = platform(error, error, status(200, {"a": 1}))
    assert there.http().get("models/") == {"a": 1}
    assert len(there.requests) == 3


@pytest.mark.parametrize("answer", [status(503), *BROKEN], ids=lambda a: type(a).__name__)
def test_tries_are_bounded_and_pauses_grow_no_longer_than_the_longest(answer: object) -> None:
    there = platform(answer)
    with pytest.raises(ApiError) as caught:
        there.http().get("models/")
    assert len(there.requests) == TRIES
    assert len(there.pauses) == TRIES - 1
    assert all(0 <= pause <= LONGEST_PAUSE for pause in there.pauses)
    # A read has no effect that could be unknown: nobody needs to look for what it did.
    assert not isinstance(caught.value, UnknownOutcome)
    assert caught.value.exit_code == 1


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 409, 410, 413, 422, 501])
def test_a_refusal_stays_one_and_carries_its_hint(code: int) -> None:
    there = platform(status(code, {"message": "not like this"}, x_request_id="r-1"))
    with pytest.raises(ApiError, match="not like this") as caught:
        there.http().get("models/1/")
    assert len(there.requests) == 1
    assert caught.value.status == code
    assert caught.value.message == f"GET models/1/ answered {code} (request r-1): not like this"
    assert caught.value.hint == HINTS.get(code, caught.value.hint)
    assert caught.value.hint


@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_in_seconds_is_obeyed(code: int) -> None:
    there = platform(status(code, retry_after="7"), status(200))
    there.http().get("models/")
    assert sum(there.pauses) >= 7
    assert max(there.pauses) == pytest.approx(7)


def test_retry_after_as_a_date_is_obeyed() -> None:
    there = platform(status(503, retry_after=formatdate(NOW + 12, usegmt=True)), status(200))
    there.http().get("models/")
    assert there.pauses == [pytest.approx(12, abs=1)]


def test_a_date_that_is_over_asks_for_no_pause() -> None:
    there = platform(status(503, retry_after=formatdate(NOW - 60, usegmt=True)), status(200))
    there.http().get("models/")
    assert sum(there.pauses) == 0


def test_a_date_in_another_time_zone_means_the_same_moment() -> None:
    moment = datetime.fromtimestamp(NOW + 30, timezone(timedelta(hours=5)))
    there = platform(status(503, retry_after=format_datetime(moment)), status(200))
    there.http().get("models/")
    assert there.pauses == [pytest.approx(30, abs=1)]


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=255))
    | st.from_regex(r"[0-9]{1,400}", fullmatch=True)
    | st.builds("{} {}".format, st.sampled_from(["31 Dec 9999 23:59:59", "1 Jan 1"]), st.text())
)
def test_whatever_retry_after_says_a_read_goes_on_or_is_told_when(text: str) -> None:
    there = platform(
        httpx.Response(503, headers=[(b"retry-after", text.encode("latin-1", "replace"))]),
        status(200, {"a": 1}),
    )
    try:
        assert there.http().get("models/") == {"a": 1}
        told = ""
    except ApiError as error:
        told = error.hint
    assert not told or ("left alone for" in told and not there.pauses)
    assert all(0 <= pause <= LONGEST_ASKED for pause in there.pauses)


def test_a_platform_that_wants_minutes_gets_them_and_one_that_wants_hours_is_untouched() -> None:
    there = platform(status(503, retry_after="300"), status(200, {"a": 1}))
    assert there.http().get("models/") == {"a": 1}
    assert there.pauses == [300]
    there = platform(status(429, retry_after="7200"), status(200))
    with pytest.raises(ApiError) as caught:
        there.http().write("POST", "models/")
    assert "for 120 minutes" in caught.value.hint
    assert len(there.requests) == 1


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(code: int) -> None:
    there = platform(status(code, location="https://elsewhere.example.com/"))
    with pytest.raises(ApiError, match=f"answered {code}"):
        there.http().get("models/")
    assert len(there.requests) == 1


def test_a_finished_job_names_its_result_and_nobody_goes_there() -> None:
    there = platform(status(303, location=f"{URL}/models/1/"))
    answer = there.http().read("status/1/")
    assert (answer.status, answer.headers["location"]) == (303, f"{URL}/models/1/")
    assert len(there.requests) == 1


def test_every_try_is_counted_by_its_method() -> None:
    there = platform(status(503), status(200), status(429), status(201))
    http = there.http()
    http.get("models/")
    http.send("POST", "models/", lambda: {"json": {}})
    assert dict(http.counts) == {"GET": 2, "POST": 2}


def test_closing_ends_it() -> None:
    http = platform(status(200)).http()
    http.close()
    with pytest.raises(RuntimeError, match="closed"):
        http.get("models/")
