"""The body of a response, read whole within bounds of size and time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

import httpx

from reconciler.providers.answer import Answer

LARGEST_BODY = 256 * 2**20
"""Bytes of an answer that is held in memory."""
LARGEST_FILE = 16 * 2**30
"""Bytes of a download, which goes to disk."""
LONGEST_BODY = 900.0
"""Seconds that one body may take: a server that drips bytes must not hold a run for ever."""


def read_answer(
    response: httpx.Response,
    path: str,
    clock: Callable[[], float],
    into: BinaryIO | None = None,
) -> Answer:
    """Read a streamed response to its end; a success goes ``into`` a file where one is given.

    Raises httpx.ReadTimeout when it takes too long and httpx.DecodingError when it is too large.
    """
    memory = io.BytesIO()
    place: BinaryIO = memory
    if into is not None and response.is_success:
        # What an earlier try left there is of no use.
        into.seek(0)
        into.truncate()
        place = into
    end, most = clock() + LONGEST_BODY, LARGEST_BODY if place is memory else LARGEST_FILE
    for chunk in response.iter_bytes():
        place.write(chunk)
        if place.tell() > most:
            raise httpx.DecodingError(f"more than {most} bytes", request=response.request)
        if clock() > end:
            raise httpx.ReadTimeout(f"more than {LONGEST_BODY:g} s", request=response.request)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, memory.getvalue(), path)
