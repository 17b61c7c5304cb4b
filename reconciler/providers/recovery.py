"""After a write whose answer was lost: look for its effect before it is sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs
from reconciler.errors import LiveStateError

if TYPE_CHECKING:
    from reconciler.providers.http import Runtime

LOOKS = (0.0, 1.0, 3.0)
"""Pauses before each look, in seconds: a write may take effect after its connection broke."""


def look_for(find: Callable[[], Outputs | None], runtime: Runtime) -> Outputs | None:
    """The outputs of the lost write, from the first look that finds its effect; else None."""
    for pause in LOOKS:
        if pause:
            runtime.sleep(pause)
        outputs = find()
        if outputs is not None:
            return outputs
    return None


def only_one(matches: Sequence[str], key: str, what: str) -> Outputs | None:
    """The one id that a lost call created; LiveStateError when several could be it."""
    if len(matches) > 1:
        raise LiveStateError(
            f"after an answer that was lost there are {len(matches)} {what}: "
            + ", ".join(sorted(matches)),
            "Look at them, delete what is too much, and run again.",
        )
    return {key: matches[0]} if matches else None
