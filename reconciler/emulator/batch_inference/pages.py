"""Lists of batch inference, paged by a cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import flask

from reconciler.emulator.answers import answer
from reconciler.emulator.refusal import Refusal
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current


def page(items: Sequence[Doc], show: Callable[[Doc], Doc], limit: int) -> flask.Response:
    """The part of a list that comes after the cursor of the query."""
    after = flask.request.args.get("after")
    ids = [item["id"] for item in items]
    if after is not None and after not in ids:
        raise Refusal(404, f"No such object: {after}", param="after")
    start = ids.index(after) + 1 if after is not None else 0
    size = min(limit, current().options.page_size)
    data = [show(item) for item in items[start : start + size]]
    return answer(
        {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": start + size < len(items),
        }
    )
