"""Which documents a list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

import flask

from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

OLDEST_FIRST, NEWEST_FIRST = "oldest first", "newest first"


def listed(docs: Sequence[Doc], order: str | None = None) -> list[Doc]:
    """The documents of a list, given oldest first.

    Without an order of the request, a list is newest first.  No page promises that (not
    documented): the vendor's own action takes the first version for the latest, and the official
    client the first test for the one it has just started.  What was created is listed at once (not
    documented).
    """
    world = current()
    shown = [doc for doc in docs if world.quirks.lists(world, flask.request, doc)]
    oldest_first = world.quirks.oldest_first if order is None else order == OLDEST_FIRST
    return shown if oldest_first else shown[::-1]
