"""Lists start with the oldest object."""

from __future__ import annotations

from reconciler.emulator.quirks.quirk import Quirk


class Ascending(Quirk):
    """Every list of the four APIs, unless the request asks for an order.

    No page says how a list is ordered without ``orderBy`` or ``order``.
    """

    name = "ascending"
    summary = "lists show the oldest object first"
    oldest_first = True
