"""DataRobot's paging: ``data``, ``totalCount``, and ``next`` as an absolute URL."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from reconciler.core.json_value import JsonObject
from reconciler.providers.answer import MOST_PAGES, NO_API, SERVER_HINT, ContractBroken
from reconciler.providers.custom_models.client.page_prefetch import PagePrefetch
from reconciler.providers.http import Http

PAGE = 100
"""Items asked for in one page."""


def pages(http: Http, path: str, **params: Any) -> Generator[JsonObject, None, None]:
    """Every item of a paged list; follows the absolute ``next`` on our own host only."""
    page = http.get(path, **params)
    seen: set[str] = set()
    with PagePrefetch(lambda link: http.get(http.local(link)), http.endpoint.parallel) as ahead:
        while True:
            items = page.get("data") if isinstance(page, dict) else None
            if not isinstance(items, list):
                raise ContractBroken(f"GET {path} answered no page", NO_API)
            yield from items
            following = page.get("next")
            if not following:
                return
            if not isinstance(following, str):
                raise ContractBroken(f"GET {path} names no next page", SERVER_HINT)
            if following in seen or not items or len(seen) >= MOST_PAGES:
                raise ContractBroken(f"GET {path} pages without an end", SERVER_HINT)
            seen.add(following)
            page = ahead.follow(page, following)
