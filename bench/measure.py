"""One command as a process of its own: seconds, CPU seconds, peak memory.

Standard library only, and small: a child's peak counts from that of the process that started it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build" / "bench"
# The peak is told in bytes on macOS, in KiB elsewhere.
UNIT = 1 if sys.platform == "darwin" else 1024


class NotMeasured(Exception):
    """A command did not do what was to be measured."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a command; CPU is user and system, of the command and what it started."""

    seconds: float
    cpu: float
    megabytes: float
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of several runs, and how far they lie apart."""

    median: float
    least: float
    most: float


@dataclass(slots=True)
class Case:
    """A command to measure; ``before`` runs ahead of every run, ``requests`` counts after it."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    models: int = 0
    compared: bool = True
    """Whether a ratio to the group's base says anything."""
    before: Callable[[], object] = lambda: None
    requests: Callable[[], int] = lambda: 0
    samples: list[Sample] = field(default_factory=list)

    def spread(self, what: str) -> Spread:
        """Of ``seconds``, ``cpu``, ``megabytes`` or ``requests``."""
        values = [getattr(sample, what) for sample in self.samples]
        return Spread(statistics.median(values), min(values), max(values))

    def run(self) -> Sample:
        """One run; NotMeasured when the command fails."""
        self.before()
        sample = run(self.command, self.env)
        return Sample(sample.seconds, sample.cpu, sample.megabytes, self.requests())


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Sample:
    """Run the command to its end; NotMeasured unless it exits with 0."""
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, env=clean(env or {}), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        # What the kernel booked for this child alone, unlike the sum over all children.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            text = said.read().decode("utf-8", "replace")[-2000:]
            raise NotMeasured(f"{' '.join(command)} exited with {process.returncode}\n{text}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * UNIT / 1e6)


def clean(more: Mapping[str, str]) -> dict[str, str]:
    """The environment of every child: compiled modules are kept, as they are for users."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPYCACHEPREFIX": str(BUILD / "bytecode"), **more}


def rounds(cases: Sequence[Case], runs: int, seconds: float) -> None:
    """Measure all cases in turn, after a warm-up, so that noise of the machine meets them alike.

    Stops early when the time is over, but not before two rounds.
    """
    for case in cases:
        case.run()
    started = time.monotonic()
    for done in range(runs):
        used = time.monotonic() - started
        if done >= 2 and used + used / done > seconds:
            return
        for case in cases:
            case.samples.append(case.run())
