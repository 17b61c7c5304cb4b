"""A new object is not found for some seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.quirks.age import is_younger
from reconciler.emulator.quirks.quirk import Quirk
from reconciler.emulator.refusal import not_found

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from reconciler.emulator.world import World


class Slow404(Quirk):
    """GET of a path with the id of a new object answers 404, writes and lists do not.

    No page promises that an object can be read as soon as its create was answered.
    """

    name = "slow-404"
    summary = "GET of a new object answers 404 for that long"
    default = 2.0

    def admit(self, world: World, request: Request) -> None:
        if request.method != "GET":
            return
        for doc in map(world.store.find, request.path.split("/")):
            if doc is not None and is_younger(world, doc, self.seconds):
                raise not_found("Object")
