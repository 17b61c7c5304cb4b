"""What is measured: groups of commands that are run in turn, most with one to compare to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.ground import COMMAND, SEED, Ground
from bench.measure import Case, rounds
from bench.platform import platform

LATENCY = "20ms"


@dataclass(frozen=True, slots=True)
class Group:
    """Measured cases; ratios refer to ``base``."""

    title: str
    cases: Sequence[Case]
    base: Case | None = None


class Bench:
    """All groups; ``quick`` takes the small ones, and fewer runs."""

    def __init__(self, folder: Path, quick: bool, with_peer: bool) -> None:
        self.quick = quick
        self.runs = 2 if quick else 7
        sizes = (SEED,) if quick else (SEED, 1000)
        self.ground = Ground(folder, sizes, SEED if quick else 5000, with_peer)

    def groups(self) -> Iterator[Group]:
        """One group after the other, measured."""
        self.ground.prepare()
        yield self._start()
        yield self._validate()
        yield self._plan()
        yield self._apply()
        if not self.quick:
            yield self._latency()
            yield self._lists()

    def _start(self) -> Group:
        ours = [Case(f"reconciler {flag}", (*COMMAND, flag)) for flag in ("--version", "--help")]
        return self._measured("Start", 20, ours, self.ground.peer("octodns-sync", "--help"))

    def _validate(self) -> Group:
        ground = self.ground
        ours = [
            Case(
                f"validate, {size} manifests",
                ground.command("validate", size),
                compared=size == ground.sizes[-1],
            )
            for size in ground.sizes
        ]
        return self._measured("Validate", 25, ours, ground.peer("octodns-validate"))

    def _plan(self) -> Group:
        ground = self.ground
        with ExitStack() as stack:
            there = [stack.enter_context(platform(ground.state(size))) for size in ground.sizes]
            ours = [ground.plan(*each) for each in zip(there, ground.sizes, strict=True)]
            return self._measured("Plan without changes", 35, ours, ground.peer("octodns-sync"))

    def _apply(self) -> Group:
        title = f"First apply, every answer {LATENCY} late"
        with platform(latency=LATENCY) as there:
            one, *more = (self.ground.apply(there, at) for at in ((8,) if self.quick else (1, 8)))
            return self._measured(title, 35, more, [one])

    def _latency(self) -> Group:
        title = f"Plan without changes, every answer {LATENCY} late"
        size = self.ground.sizes[-1]
        with platform(self.ground.state(size), LATENCY) as there:
            one, *more = (self.ground.plan(there, size, at) for at in (1, 8, 32))
            return self._measured(title, 35, more, [one])

    def _lists(self) -> Group:
        """One manifest on a platform of thousands: next to nothing but the lists is read."""
        most = self.ground.most
        title = f"Long lists: {most} models live, every answer {LATENCY} late"
        with platform(self.ground.state(most), LATENCY) as there:
            one, *more = (self.ground.plan(there, 1, at) for at in (1, 8))
            return self._measured(title, 45, [*more, self.ground.plan(there, most, 8)], [one])

    def _measured(self, title: str, limit: float, cases: list[Case], base: list[Case]) -> Group:
        everything = [*base, *cases]
        rounds(everything, self.runs, limit)
        return Group(title, everything, base[0] if base else None)
