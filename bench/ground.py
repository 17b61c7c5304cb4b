"""What is measured on: projects, states of the emulator, and the commands that meet on them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bench import peer
from bench.measure import Case, run
from bench.platform import Platform, multiply, platform
from bench.project import write_project

COMMAND = (str(Path(sys.executable).with_name("reconciler")),)
SEED = 100
"""Models that a real apply makes; states of more are copies of these."""


class Ground:
    """Projects and states of several sizes, in a folder that is thrown away afterwards."""

    def __init__(self, folder: Path, sizes: tuple[int, ...], most: int, with_peer: bool) -> None:
        self.folder = folder
        self.sizes = sizes
        self.most = most
        self.with_peer = with_peer

    def prepare(self) -> None:
        """Write everything; the first models are made by the command itself."""
        for size in {*self.sizes, self.most}:
            write_project(self.project(size), size)
        write_project(self.project(1), 1)
        self.zone = peer.write_zone(self.folder / "dns", self.sizes[-1])
        seed = self.folder / "seed.db"
        with platform(seed) as fresh:
            run(self.command("apply", SEED, "--auto-approve"), fresh.env)
        for size in {*self.sizes, self.most}:
            multiply(Path(shutil.copy(seed, self.state(size))), SEED, size)

    def project(self, size: int) -> Path:
        """The folder of so many models."""
        return self.folder / f"project-{size}"

    def state(self, size: int) -> Path:
        """An emulator's state with so many models."""
        return self.folder / f"state-{size}.db"

    def command(self, name: str, size: int, *more: str) -> tuple[str, ...]:
        """A command on the project of that size."""
        return (*COMMAND, "-q", "--project-dir", str(self.project(size)), name, *more)

    def plan(self, there: Platform, size: int, at: int = 0) -> Case:
        """A plan that finds nothing to do, ``at`` so many calls at once."""
        asked = ("--parallelism", str(at)) if at else ()
        what = f"{size} models" if size > 1 else "one manifest"
        return Case(
            f"plan, {what}" + (f", parallelism {at}" if at else ""),
            # Anything to do would be exit code 2, and then this measured something else.
            self.command("plan", size, "--detailed-exitcode", *asked),
            there.env,
            models=size,
            compared=size in (1, self.sizes[-1]),
            before=there.forget,
            requests=there.requests,
        )

    def apply(self, there: Platform, at: int) -> Case:
        """An apply onto a fresh platform."""

        def fresh() -> None:
            there.reset()
            there.forget()

        return Case(
            f"apply, {SEED} new models, parallelism {at}",
            self.command("apply", SEED, "--auto-approve", "--parallelism", str(at)),
            there.env,
            models=SEED,
            before=fresh,
            requests=there.requests,
        )

    def peer(self, name: str, *arguments: str) -> list[Case]:
        """A program of the peer; none where it is not installed."""
        label, given = " ".join((name, *arguments)), arguments
        if not arguments:
            label, given = (
                f"{name}, {self.sizes[-1]} records",
                ("--config-file", str(self.zone)),
            )
        return [Case(label, (peer.program(name), *given))] if self.with_peer else []
