"""Lists show a new object some seconds late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.quirks.age import is_younger
from reconciler.emulator.quirks.quirk import Quirk

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from reconciler.emulator.store import Doc
    from reconciler.emulator.world import World


class Lag(Quirk):
    """Every list of the four APIs is that many seconds behind; a GET by id is not.

    No page promises that a list holds what was created before it was asked for.
    """

    name = "lag"
    summary = "lists show a new object that much later"
    default = 5.0

    def lists(self, world: World, request: Request, doc: Doc) -> bool:
        return not is_younger(world, doc, self.seconds)
