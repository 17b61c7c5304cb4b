"""Responses of the aliases API, as far as the provider reads them."""

from __future__ import annotations

from reconciler.providers.response import Answered


class Alias(Answered):
    """One alias; ``owner`` is the identity that its creator gave it."""

    WHOSE = "alias service"

    id: str
    name: str
    target: str
    weight: int
    note: str | None = None
    owner: str | None = None
