"""What a handler gives back: JSON, pages of a list, files, nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import flask

from reconciler.emulator.inputs import WINDOW, window
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import absolute, current


def answer(body: object, status: int = 200, location: str | None = None) -> flask.Response:
    """A JSON answer.

    The content type is exactly ``application/json``: the official client does not read an error
    whose content type has a parameter.
    """
    response = flask.jsonify(body)
    response.status_code = status
    if location is not None:
        response.headers["Location"] = absolute(location)
    return response


def refused(refusal: Refusal) -> flask.Response:
    """``message`` always, ``errors`` per field, and what an operation documents beside them."""
    body = {"message": refusal.message, **refusal.extra}
    if refusal.errors is not None:
        body["errors"] = refusal.errors
    return answer(body, refusal.status)


def nothing(location: str | None = None, status: int = 204) -> flask.Response:
    """An answer without a body."""
    response = flask.Response(status=status)
    # An empty answer has no type; the framework would call it HTML.
    response.headers.pop("Content-Type", None)
    if location is not None:
        response.headers["Location"] = absolute(location)
    return response


def attachment(content: bytes, name: str, mimetype: str = "application/zip") -> flask.Response:
    """A file to download."""
    response = flask.Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment;filename={name}"
    return response


def page(
    items: Sequence[Doc], show: Callable[[Doc], Doc], bad: int = 422, total: bool = True
) -> flask.Response:
    """One page of a list, with absolute links to its neighbours.

    A limit above the server's own is cut to it, so that a caller who trusts ``limit`` instead of
    ``next`` is found out.
    """
    wanted, largest = window(bad), current().options.page_size
    offset, limit = wanted.get("offset", 0), min(wanted.get("limit", largest), largest)
    shown = [show(item) for item in items[offset : offset + limit]]
    more = offset + limit < len(items)
    body = {
        "count": len(shown),
        "data": shown,
        "next": _link(offset + limit, limit) if more else None,
        "previous": _link(max(offset - limit, 0), limit) if offset else None,
    }
    if total:
        body["totalCount"] = len(items)
    return answer(body)


def _link(offset: int, limit: int) -> str:
    kept = [(n, v) for n, v in flask.request.args.items(multi=True) if n not in WINDOW]
    return (
        absolute(flask.request.path)
        + "?"
        + urlencode([*kept, ("offset", offset), ("limit", limit)])
    )
