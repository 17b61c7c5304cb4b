"""What decides about the newest run of a manifest, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Facts, Live, Prefetched
from reconciler.providers.model_runs.responses import is_under_way
from reconciler.providers.model_runs.run_list import RunList


@dataclass(frozen=True, slots=True)
class RunFacts(Facts):
    """The newest run of a selection; times are ISO 8601, None where the platform names none.

    ``too_old`` compares with the manifest's ``maxAge``.  ``steps_failure`` says why the steps of a
    run that succeeded are no success; ``failed_tests`` are lines for people, and ``no_tests`` says
    that none has run although the manifest requires them to pass.
    """

    status: str
    created: str | None = None
    began: str | None = None
    finished: str | None = None
    error: str = ""
    too_old: bool = False
    steps_failure: str = ""
    failed_tests: tuple[str, ...] = ()
    no_tests: bool = False

    @property
    def under_way(self) -> bool:
        """Whether the run may still change."""
        return is_under_way(self.status, self.finished)


@dataclass(frozen=True, slots=True)
class RunsPrefetched(Prefetched):
    """The list of runs that all manifests share, and by address the manifests that clash with it.

    Two manifests clash when their runs cannot be distinguished.
    """

    runs: RunList
    clashes: Mapping[str, Sequence[str]] = field(default_factory=dict)


def run_facts(live: Live) -> RunFacts:
    """The facts of a live model run."""
    assert isinstance(live.facts, RunFacts)
    return live.facts


def clashes_of(context: PlanContext) -> Sequence[str]:
    """The manifests whose runs cannot be distinguished from those of this one."""
    if not isinstance(context.platform, RunsPrefetched):
        return ()
    return context.platform.clashes.get(str(context.resource.address), ())
