"""Pages of a long list, under way in parallel before the page in front has named them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from reconciler.core.json_value import JsonObject

_OFFSET = re.compile(r"(?<=[?&]offset=)\d+")


class PagePrefetch:
    """Reads the pages of one list, with up to ``most`` requests under way.

    The links of later pages are guessed from the first one and ``totalCount``.  A guess is used
    only when a page names it as its next; the first link that differs ends the guessing.
    """

    def __init__(self, read: Callable[[str], Any], most: int) -> None:
        self._read = read
        self._most = most
        self._guesses: Iterator[str] | None = None
        self._under_way: dict[str, Future[Any]] = {}
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="page")

    def __enter__(self) -> PagePrefetch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def follow(self, page: JsonObject, link: str) -> Any:
        """The page behind the link that this page calls its next."""
        if self._guesses is None:
            self._guesses = guesses(page, link) if self._most > 1 else iter(())
        while len(self._under_way) < self._most and (guess := next(self._guesses, None)):
            self._under_way[guess] = self._pool.submit(self._read, guess)
        if link in self._under_way:
            return self._under_way.pop(link).result()
        self._guesses = iter(())
        return self._read(link)


def guesses(first: JsonObject, link: str) -> Iterator[str]:
    """The links from this one to the list's end.

    Nothing where the first page does not tell enough, and nothing for a single page more: it cannot
    be read sooner than now.
    """
    size, total = len(first["data"]), first.get("totalCount")
    if type(total) is not int or not 0 < 2 * size < total:
        return iter(())
    if _OFFSET.findall(link) != [str(size)]:
        return iter(())
    return (_OFFSET.sub(str(offset), link) for offset in range(size, total, size))
