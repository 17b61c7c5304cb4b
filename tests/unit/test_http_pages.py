"""Lists over HTTP, page by page, and links that the platform hands out.

Cases: pages by an absolute next, links to other hosts in every disguise, circles, endless and empty
pages, answers that are no page.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.errors import ApiError
from reconciler.providers.custom_models.client.pages import pages
from tests.support.scripted_platform import TOKEN, URL, page, platform, status


def test_every_page_is_read_in_order() -> None:
    there = platform(
        page([1, 2], f"{URL}/models/?limit=2&offset=2"),
        page([3], f"{URL}/models/?limit=2&offset=4"),
        page([]),
    )
    assert list(pages(there.http(), "models/", limit=2)) == [1, 2, 3]
    assert [str(request.url) for request in there.requests] == [
        f"{URL}/models/?limit=2",
        f"{URL}/models/?limit=2&offset=2",
        f"{URL}/models/?limit=2&offset=4",
    ]
    assert all(TOKEN in request.headers["authorization"] for request in there.requests)


def test_a_page_is_tried_again_without_losing_the_ones_before() -> None:
    there = platform(page([1], f"{URL}/models/?offset=1"), status(502), page([2]))
    assert list(pages(there.http(), "models/")) == [1, 2]


@pytest.mark.parametrize("following", [None, ""])
def test_the_last_page_has_no_next(following: Any) -> None:
    there = platform(page([1], following))
    assert list(pages(there.http(), "models/")) == [1]


def test_a_page_need_not_say_next() -> None:
    assert list(pages(platform(status(200, {"data": [1]})).http(), "models/")) == [1]


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example.net/api/v2/models/?offset=1",
        "http://app.example.com/api/v2/models/?offset=1",
        "https://app.example.com:8443/api/v2/models/",
        "https://app.example.com.evil.example.net/api/v2/models/",
        "https://app.example.com@evil.example.net/api/v2/models/",
        "//evil.example.net/api/v2/models/",
        "ftp://app.example.com/api/v2/models/",
        "https://evil.example.net\\@app.example.com/",
        "javascript:alert(1)",
    ],
)
def test_a_link_to_another_host_is_not_followed(following: str) -> None:
    there = platform(page([1], following))
    with pytest.raises(ApiError) as caught:
        list(pages(there.http(), "models/"))
    assert len(there.requests) == 1
    assert caught.value.hint


def test_the_refusal_names_the_other_host() -> None:
    there = platform(page([1], "https://evil.example.net/models/"))
    with pytest.raises(ApiError, match=r"another host: https://evil\.example\.net/"):
        list(pages(there.http(), "models/"))


@pytest.mark.parametrize(
    "following",
    ["https://app.example.com/api/v2/models/?offset=1", "https://app.example.com:443/api/v2/models/?offset=1",
     "HTTPS://APP.example.com/api/v2/models/?offset=1", "/api/v2/models/?offset=1"],
)  # fmt: skip
def test_a_link_to_our_own_host_is_followed_however_it_is_spelled(following: str) -> None:
    there = platform(page([1], following), page([2]))
    assert list(pages(there.http(), "models/")) == [1, 2]
    assert there.requests[1].url == httpx.URL(f"{URL}/models/?offset=1")


def test_a_name_in_a_link_may_not_take_the_place_of_the_token() -> None:
    there = platform(page([1], "https://somebody:else@app.example.com/api/v2/models/"), page([2]))
    with pytest.raises(ApiError):
        list(pages(there.http(), "models/"))
    assert len(there.requests) == 1


def test_pages_in_a_circle_end_in_an_error() -> None:
    one, other = f"{URL}/models/?offset=1", f"{URL}/models/?offset=2"
    there = platform(page([1], one), page([2], other), page([3], one), page([2], other))
    with pytest.raises(ApiError, match="without an end"):
        list(pages(there.http(), "models/"))
    assert len(there.requests) <= 4


def test_empty_pages_that_go_on_for_ever_end_in_an_error() -> None:
    def empty(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params.get("offset", 0)) + 1
        return page([], f"{URL}/models/?offset={offset}")

    there = platform(empty)
    with pytest.raises(ApiError, match="without an end"):
        list(pages(there.http(), "models/"))
    assert len(there.requests) < 3


@pytest.mark.parametrize("body", [[], {}, {"data": None}, {"data": {}}, {"data": "x"}, "x", 1, 0])
def test_what_is_no_page_is_said_so(body: Any) -> None:
    there = platform(httpx.Response(200, json=body))
    with pytest.raises(ApiError, match="no page"):
        list(pages(there.http(), "models/"))


@pytest.mark.parametrize(
    "following", [5, ["a"], {"href": "x"}, True, "http://[", "\x00", "http://a\nb"]
)
def test_a_next_that_is_no_link_is_an_error_of_ours(following: Any) -> None:
    there = platform(page([1], following), page([2]))
    with pytest.raises(ApiError):
        list(pages(there.http(), "models/"))
