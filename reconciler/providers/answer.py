"""One answer of a platform: what it says, or why it says nothing that can be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import ApiError

BODY_SHOWN = 256
REFUSAL_READ = 2**16
"""Bytes of a refusal that are read; a reason is shorter."""

LARGEST_JSON = 64 * 2**20

# An escape, or its bytes as the decoder of JSON lets them pass.
_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|^\xff\xfe|^\xfe\xff|\x00")

FINISHED = 303
"""A job that has ended; its ``Location`` names the result and is never followed blindly."""

MOST_PAGES = 100_000
NO_API = "Check that the endpoint is the API itself."
SERVER_HINT = "The platform failed: try again, and quote the request id if it goes on."
LOST_HINT = "Run it again: what took effect is found and not made twice."

HINT = "Check that the endpoint is the API, and try again."


class ContractBroken(ApiError):
    """The platform answered, but not with what its contract promises."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case) and the whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    path: str

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 show as replacement characters."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; ContractBroken when it is none, or out of all proportion."""
        if len(self.content) > LARGEST_JSON:
            raise ContractBroken(f"{self.path} answered {len(self.content)} bytes of JSON", HINT)
        try:
            value = json.loads(self.content)
            return _whole(value) if _HALF.search(self.content) else value
        except (ValueError, RecursionError) as error:
            raise ContractBroken(f"{self.path} answered no JSON ({error})", HINT) from error

    def reason(self, clean: Callable[[str], str] = str) -> str:
        """What the platform says of a refusal: its ``message``, with ``errors`` if any.

        Cleaned before it is cut, or half of a secret could stay at the end.
        """
        return clean(self._told())[:BODY_SHOWN].strip()

    def _told(self) -> str:
        start = self.content[:REFUSAL_READ]
        try:
            body = json.loads(start)
        except (ValueError, RecursionError):
            return start.decode("utf-8", "replace")
        if not isinstance(body, dict):
            return str(body)
        error = body.get("error")
        text_of_error = error.get("message") if isinstance(error, dict) else error
        text = str(body.get("message") or text_of_error or _detail(body.get("detail")) or body)
        errors = body.get("errors")
        return f"{text} {json.dumps(errors)}" if errors else text


def _whole(value: Any) -> Any:
    """The same without halves of surrogate pairs: JSON can hold them, and no request can."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(each) for each in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(each) for key, each in value.items()}
    return value


def _detail(detail: Any) -> str:
    """FastAPI's list of what is wrong with which field, or whatever else it put there."""
    if not isinstance(detail, list):
        return str(detail or "")
    found = [(d.get("loc") or (), d.get("msg")) for d in detail if isinstance(d, dict)]
    return "; ".join(f"{'.'.join(map(str, loc))}: {msg}" for loc, msg in found) or str(detail)
