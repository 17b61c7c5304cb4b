"""What decides about the files and batches of a manifest, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Facts, Live, Prefetched
from reconciler.providers.batch_inference.input import Input
from reconciler.providers.batch_inference.listing import Listing
from reconciler.providers.batch_inference.responses import ModelConfig
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


@dataclass(frozen=True, slots=True)
class BatchPrefetched(Prefetched):
    """What all manifests of a plan share; the mappings are by address.

    ``active`` are names of models that can be asked; ``sources`` and ``outputs`` are paths on disk.
    """

    listing: Listing
    active: Sequence[str]
    configs: Sequence[ModelConfig]
    inputs: Mapping[str, Input]
    sources: Mapping[str, str]
    outputs: Mapping[str, str]


def prefetched(context: PlanContext) -> BatchPrefetched:
    """What was read once for all manifests; every plan of a batch has it."""
    assert isinstance(context.platform, BatchPrefetched)
    return context.platform


def batch_facts(live: Live | None) -> BatchFacts:
    """The facts of a live batch; empty facts without one."""
    if live is None:
        return BatchFacts()
    assert isinstance(live.facts, BatchFacts)
    return live.facts
