"""What decides about the newest run of a manifest, typed."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.resource import Facts, Live


@dataclass(frozen=True, slots=True)
class RunFacts(Facts):
    """The newest run of a selection; times are ISO 8601, None where the platform names none.

    ``too_old`` compares with the manifest's ``maxAge``; ``failed_tests`` are lines for people.
    """

    status: str
    created: str | None = None
    began: str | None = None
    finished: str | None = None
    error: str = ""
    too_old: bool = False
    failed_tests: tuple[str, ...] = ()


def run_facts(live: Live) -> RunFacts:
    """The facts of a live model run."""
    assert isinstance(live.facts, RunFacts)
    return live.facts
