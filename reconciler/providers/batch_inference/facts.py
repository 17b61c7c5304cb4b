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
    """The files and batches of a manifest's input, and how the batches stand that count.

    ``files``, ``batches`` and ``running`` are ids for the present input; ``before`` are the digits
    of an earlier one.  ``state`` is one of ``verdict``, of ``attempts``: the batch of the whole
    input that counts, and its retries.  ``fetch`` says that its output is to be fetched, ``gone``
    that it is wanted and kept nowhere, ``retryable`` that unanswered requests may be sent again.
    ``created`` is when it was created, ``newest`` when the newest one was, in seconds since the
    epoch; ``newest_why`` is why that one is not good; ``too_old`` compares it with ``maxAge``.
    """

    files: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    before: str = ""
    state: str = ABSENT
    attempts: tuple[str, ...] = ()
    why: str = ""
    fetch: bool = False
    gone: bool = False
    retryable: bool = False
    created: float | None = None
    newest: float | None = None
    newest_why: str = ""
    too_old: bool = False

    @property
    def batch(self) -> str:
        """The batch of the whole input that counts; '' where there is none."""
        return self.attempts[0] if self.attempts else ""


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
