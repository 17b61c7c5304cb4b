"""What decides about the files and batches of a manifest, typed."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.resource import Facts, Live
from reconciler.providers.batch_inference.verdict import ABSENT


@dataclass(frozen=True, slots=True)
class BatchFacts(Facts):
    """The files and batches of a manifest's input, and how the batch stands that counts.

    ``files``, ``batches`` and ``running`` are ids for the present input; ``before`` are the digits
    of an earlier one.  ``state`` is one of ``verdict``; ``fetch`` says that the output of the batch
    is to be fetched, ``created`` when the batch was created, in seconds since the epoch.
    """

    files: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    before: str = ""
    state: str = ABSENT
    batch: str = ""
    why: str = ""
    fetch: bool = False
    created: float | None = None


def batch_facts(live: Live | None) -> BatchFacts:
    """The facts of a live batch; empty facts without one."""
    if live is None:
        return BatchFacts()
    assert isinstance(live.facts, BatchFacts)
    return live.facts
