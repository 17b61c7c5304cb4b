"""Long lists are read with several requests under way, and what is read stays the same.

Cases: order and number of requests, how many at once, short lists, counts that are missing, wrong
or absurd, lists that move meanwhile, links that are not what was expected, failing pages.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import ApiError
from reconciler.providers.custom_models.client.pages import pages
from tests.support.scripted_platform import URL, Platform, platform, status

UNSAID = object()


@dataclass
class Shelf:
    """A list on a platform: ``total`` is what the pages claim, ``link`` how they name the next."""

    length: int
    size: int = 2
    total: Any = UNSAID
    link: Callable[[int], str] = lambda offset: f"{URL}/models/?a=b&offset={offset}&limit=2"
    spoilt: dict[int, list[httpx.Response]] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.total is UNSAID:
            self.total = self.length

    def __call__(self, request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        self.asked.append(offset)
        if self.spoilt.get(offset):
            return self.spoilt[offset].pop(0)
        end = offset + self.size
        body: dict[str, Any] = {"data": list(range(self.length))[offset:end], "next": None}
        if end < self.length:
            body["next"] = self.link(end)
        return status(200, body if self.total is None else {**body, "totalCount": self.total})

    def read(self, parallel: int = 4) -> list[Any]:
        """The whole list, as a client reads it."""
        http = platform(self).http(parallel=parallel)
        return list(pages(http, "models/", a="b", offset=0, limit=100))


def test_every_item_comes_once_in_order_and_every_page_is_asked_for_once() -> None:
    shelf = Shelf(23)
    assert shelf.read() == list(range(23))
    assert sorted(shelf.asked) == list(range(0, 23, 2))
    assert shelf.asked[0] == 0


def test_pages_are_under_way_together() -> None:
    # Every page after the first waits for two others: read one by one, they would wait for ever.
    meeting = threading.Barrier(3)
    shelf = Shelf(14)

    def together(request: httpx.Request) -> httpx.Response:
        if request.url.params["offset"] != "0":
            meeting.wait(timeout=20)
        return shelf(request)

    http = platform(together).http(parallel=3)
    assert list(pages(http, "models/", offset=0)) == list(range(14))


@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_no_more_pages_are_under_way_than_calls_are_allowed(parallel: int) -> None:
    shelf, lock, now, most = Shelf(40), threading.Lock(), [0], [0]

    def counted(request: httpx.Request) -> httpx.Response:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return shelf(request)
        finally:
            with lock:
                now[0] -= 1

    http = platform(counted).http(parallel=parallel)
    assert list(pages(http, "models/", offset=0)) == list(range(40))
    assert most[0] <= parallel


def test_one_call_at_a_time_reads_in_order() -> None:
    shelf = Shelf(9)
    assert shelf.read(parallel=1) == list(range(9))
    assert shelf.asked == [0, 2, 4, 6, 8]


@pytest.mark.parametrize(("length", "asked"), [(0, [0]), (2, [0]), (3, [0, 2]), (4, [0, 2])])
def test_short_lists_are_read_as_ever(length: int, asked: list[int]) -> None:
    shelf = Shelf(length)
    assert shelf.read() == list(range(length))
    assert shelf.asked == asked


@pytest.mark.parametrize("total", [None, "9", 9.0, True, -9, 0, [], {}])
def test_a_count_that_is_none_leaves_it_to_the_links(total: Any) -> None:
    shelf = Shelf(9, total=total)
    assert shelf.read() == list(range(9))
    assert shelf.asked == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("total", [10**4, 10**40])
def test_a_count_far_too_high_costs_a_few_requests_only(total: int) -> None:
    shelf = Shelf(9, total=total)
    assert shelf.read(parallel=4) == list(range(9))
    assert len(shelf.asked) <= 5 + 4


def test_a_list_that_grows_meanwhile_is_read_to_its_end() -> None:
    shelf = Shelf(15, total=9)
    assert shelf.read() == list(range(15))
    assert sorted(shelf.asked) == list(range(0, 15, 2))


def test_where_the_links_go_another_way_they_are_followed() -> None:
    # From the second page on, every link leaves one item out.
    shelf = Shelf(30, link=lambda offset: f"{URL}/models/?offset={offset + (offset > 2)}")
    assert shelf.read() == [0, 1, 2, 3, *(each for each in range(5, 30) if each % 3 != 1)]


@pytest.mark.parametrize(
    "link",
    [
        lambda offset: f"{URL}/models/?offset={offset}&cursor={offset * 7919}",
        lambda offset: f"{URL}/models/?cursor={offset}&offset={offset}&offset={offset}",
        lambda offset: f"{URL}/models/?a=%26&offset=0{offset}",
    ],
)
def test_links_that_carry_more_than_an_offset_are_followed(link: Callable[[int], str]) -> None:
    assert Shelf(13, link=link).read() == list(range(13))


@pytest.mark.parametrize("host", ["https://evil.example.net", "//evil.example.net"])
def test_no_guess_leaves_the_host(host: str) -> None:
    shelf = Shelf(50, link=lambda offset: f"{host}/api/v2/models/?offset={offset}")
    with pytest.raises(ApiError, match="another host"):
        shelf.read()
    assert shelf.asked == [0]


def test_a_page_is_tried_again_without_losing_the_others() -> None:
    shelf = Shelf(11, spoilt={4: [status(502), status(429)]})
    assert shelf.read() == list(range(11))
    assert shelf.asked.count(4) == 3


def test_a_page_that_fails_for_good_fails_the_list() -> None:
    shelf = Shelf(11, spoilt={6: [status(403)]})
    with pytest.raises(ApiError, match="answered 403"):
        shelf.read()


def test_a_guessed_page_that_nobody_names_may_fail() -> None:
    shelf = Shelf(5, total=9, spoilt={6: [status(404)], 8: [status(404)]})
    assert shelf.read() == list(range(5))


def test_an_empty_page_in_the_middle_that_goes_on_is_an_error() -> None:
    empty = status(200, {"data": [], "next": f"{URL}/models/?a=b&offset=6&limit=2"})
    with pytest.raises(ApiError, match="without an end"):
        Shelf(20, spoilt={4: [empty]}).read()


def test_pages_that_lead_back_end_in_an_error() -> None:
    back = status(200, {"data": [1, 2], "next": f"{URL}/models/?a=b&offset=2&limit=2"})
    with pytest.raises(ApiError, match="without an end"):
        Shelf(20, spoilt={8: [back]}).read()


def test_who_stops_reading_early_is_not_held_up() -> None:
    shelf = Shelf(60)
    there: Platform = platform(shelf)
    found = pages(there.http(parallel=3), "models/", offset=0)
    assert [next(found) for _ in range(3)] == [0, 1, 2]
    found.close()
    assert len(shelf.asked) <= 5


@given(
    length=st.integers(0, 40),
    size=st.integers(1, 7),
    total=st.integers(-3, 60),
    parallel=st.integers(2, 9),
)
def test_what_is_read_never_depends_on_how_many_calls_are_allowed(
    length: int, size: int, total: int, parallel: int
) -> None:
    one = Shelf(length, size, total)
    many = Shelf(length, size, total)
    assert many.read(parallel) == one.read(parallel=1) == list(range(length))
    assert set(one.asked) <= set(many.asked)
    assert len(many.asked) < len(one.asked) + parallel
