"""A new version takes over the description of the one it starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.quirks.quirk import Quirk

if TYPE_CHECKING:
    from reconciler.emulator.store import Doc


class InheritDescription(Quirk):
    """PATCH .../versions/ and .../versions/fromRepository/ copy the description.

    No page says whether a description is inherited.
    """

    name = "inherit-description"
    summary = "a new model version has the description of the version it starts from"

    def new_version(self, version: Doc, basis: Doc | None) -> Doc:
        return {**version, "description": basis["description"]} if basis else version
