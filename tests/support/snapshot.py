"""The whole memory of an emulator, kept and put back: a case begins where the last one did."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.emulator.world import attached
from tests.support.sandbox import Stage


def keep(stage: Stage) -> Callable[[], None]:
    """A function that brings the platform back to this moment, as often as it is called."""
    store = attached(stage.wire.app).store  # type: ignore[arg-type]
    # Documents are never changed in place, so copies of the tables that hold them will do;
    # contents are named by their digests and may stay.
    rows = {kind: dict(held) for kind, held in store._rows.items()}
    clock = stage.clock.now

    def restore() -> None:
        store._rows.clear()
        for kind, held in rows.items():
            store._rows[kind] = dict(held)
        store._children.clear()
        for kind in rows:
            store._index(kind)
        stage.clock.now = clock

    return restore
