"""The list of models leaves out models without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.quirks.quirk import Quirk

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

    from reconciler.emulator.store import Doc
    from reconciler.emulator.world import World


class HideVersionless(Quirk):
    """GET customModels/ without versionless models, unless it searches for a text.

    A comment of the vendor's own GitHub action says that the list leaves them out.  Whether
    ``searchFor`` finds them is not documented; here it does.
    """

    name = "hide-versionless"
    summary = "the list of custom models leaves out models without a version"

    def lists(self, world: World, request: Request, doc: Doc) -> bool:
        if "customModelType" not in doc or request.args.get("searchFor"):
            return True
        return world.store.last_child("modelVersions", doc["id"]) is not None
