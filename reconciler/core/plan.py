"""The plan: a frozen list of steps, in an order that can be run, with all that was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.core.resource import Address
from reconciler.core.step import ACTIONS, Step
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do and why; dry run, every rendering and apply read this one value.

    ``endpoint`` is the URL of each used provider, ``commit`` the hash that steps record, or ''.
    """

    project: str
    target: str | None
    steps: tuple[Step, ...] = ()
    untouched: tuple[Untouched, ...] = ()
    problems: tuple[Problem, ...] = ()
    unchanged: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)
    endpoint: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""

    @property
    def summary(self) -> dict[str, int]:
        """Objects by what happens to them; ``run`` and ``check`` count steps."""
        counts = dict.fromkeys(ACTIONS, 0)
        main: dict[Address, str] = {}
        for step in self.steps:
            if step.action in ("run", "check"):
                counts[step.action] += 1
            else:
                main.setdefault(step.address, step.action)
        for action in main.values():
            counts[action] += 1
        return {**counts, "unchanged": self.unchanged}

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """The problems that forbid an apply: all but the warnings."""
        return tuple(problem for problem in self.problems if not problem.warning)

    @property
    def blocked(self) -> bool:
        """Whether nothing but policy or protection stands in the way."""
        return bool(self.obstacles) and all(problem.blocked for problem in self.obstacles)
