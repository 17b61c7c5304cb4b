"""How old stored documents are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.emulator.store import Doc
    from reconciler.emulator.world import World


def is_younger(world: World, doc: Doc, seconds: float) -> bool:
    """Whether a document was created less than this long ago; one without a time was not."""
    created = doc.get("created")
    if isinstance(created, str):
        created = datetime.fromisoformat(created).timestamp()
    # Times are kept to the microsecond in text, so the clock is compared no finer.
    return created is not None and round(world.clock() - created, 3) < seconds
