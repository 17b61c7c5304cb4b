"""What an apply did, step by step, whatever happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.resource import Address
from reconciler.core.step import Values

STATES = ("done", "failed", "skipped", "notReached")


@dataclass(frozen=True, slots=True)
class StepResult:
    """The end of one step.

    ``cause`` is the id of the failed step that a skipped one depends on; ``log`` the end of a
    failed job's log; ``done_calls`` how many of its writes took effect before it failed.
    ``outputs`` are what later steps asked for; rows under ``table`` are for the reader.
    """

    id: str
    address: Address
    action: str
    state: str
    error: str = ""
    hint: str = ""
    log: str = ""
    cause: str = ""
    done_calls: int = 0
    outputs: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Every step of the plan in plan order, and the requests that the run took."""

    results: tuple[StepResult, ...]
    requests: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False
    cut: bool = False
    """Cut off by a second signal: calls may still be under way."""

    @property
    def summary(self) -> dict[str, int]:
        """Steps by how they ended."""
        counts = dict.fromkeys(STATES, 0)
        for result in self.results:
            counts[result.state] += 1
        return counts

    @property
    def exit_code(self) -> int:
        """0 when everything was done, 130 when interrupted, else 5."""
        if self.interrupted:
            return 130
        return 0 if all(result.state == "done" for result in self.results) else 5
