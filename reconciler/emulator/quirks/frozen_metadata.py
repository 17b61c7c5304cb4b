"""A frozen model version takes no change at all."""

from __future__ import annotations

from reconciler.emulator.quirks.quirk import Quirk
from reconciler.emulator.refusal import Refusal


class FrozenMetadata(Quirk):
    """PATCH .../versions/{id}/ of a frozen version is refused with 422.

    The page calls a frozen version "frozen and immutable" and does not say whether its description
    is part of that.
    """

    name = "frozen-metadata"
    summary = "changes to the description and metadata of a frozen model version are refused"

    def change_version(self, frozen: bool) -> None:
        if frozen:
            raise Refusal(422, "The custom model version is frozen and cannot be changed.")
