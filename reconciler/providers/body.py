"""The body of a response, read whole within bounds of size and time."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from reconciler.providers.answer import Answer

LARGEST_BODY = 4 * 2**30
LONGEST_BODY = 900.0
"""Seconds that one body may take: a server that drips bytes must not hold a run for ever."""


def read_answer(response: httpx.Response, path: str, clock: Callable[[], float]) -> Answer:
    """Read a streamed response to its end.

    Raises httpx.ReadTimeout when it takes too long and httpx.DecodingError when it is too large.
    """
    end, size, chunks = clock() + LONGEST_BODY, 0, []
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_BODY:
            raise httpx.DecodingError(f"more than {LARGEST_BODY} bytes", request=response.request)
        if clock() > end:
            raise httpx.ReadTimeout(f"more than {LONGEST_BODY:g} s", request=response.request)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, b"".join(chunks), path)
