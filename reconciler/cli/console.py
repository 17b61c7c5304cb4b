"""Standard error: progress bars on a terminal, plain lines without one, nothing when quiet."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.cli.redact import OUTPUT
from reconciler.core.step import Step
from reconciler.render.plain import inert, plain

if TYPE_CHECKING:
    from rich.console import Console as Rich
    from rich.progress import Progress

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
ENDS = ("done", "failed", "skipped", "notReached")


class Console:
    """Where progress goes; results never do."""

    def __init__(self, *, quiet: bool = False, verbose: int = 0) -> None:
        self.quiet = quiet
        self.verbose = verbose
        log = logging.getLogger("reconciler")
        log.handlers = [_Lines(self)]
        log.propagate = False
        self.set_level()

    def set_level(self, *, quiet: bool = False, verbose: int | None = None) -> None:
        """Say less, or log more, from now on."""
        self.quiet = self.quiet or quiet
        self.verbose = self.verbose if verbose is None else verbose
        logging.getLogger("reconciler").setLevel(LEVELS[min(self.verbose, 2)])

    @cached_property
    def rich(self) -> Rich:
        """Standard error, as rich writes to it; loaded with the first line."""
        from rich.console import Console as Rich

        # soft_wrap, no markup, no emoji: a log line is shown as it is, one line each.
        return Rich(stderr=True, quiet=self.quiet, highlight=False, soft_wrap=True, emoji=False)

    def say(self, text: str) -> None:
        """One line of progress."""
        self.rich.print(OUTPUT.clean(inert(plain(text))), markup=False)

    @contextmanager
    def steps(self, count: int) -> Iterator[Listener]:
        """A listener for one apply; a bar on a terminal."""
        if not self.rich.is_terminal or self.quiet:
            yield Listener(self)
            return
        # Imported on a terminal only: a pipeline does not need it.
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
        )
        with Progress(*columns, TimeElapsedColumn(), console=self.rich, transient=True) as bar:
            yield Listener(self, bar, count)


class _Lines(logging.Handler):
    """Log records as plain lines of the console."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        """One line a line of the record, a traceback's too."""
        for line in self.format(record).splitlines():
            self.console.say(line)


class Listener:
    """Told of every step's start, progress and end, from any thread."""

    def __init__(self, console: Console, bar: Progress | None = None, count: int = 0) -> None:
        self.console = console
        self.bar = bar
        self.task = bar.add_task("applying", total=count) if bar else None

    def __call__(self, step: Step, event: str) -> None:
        """``start``, a line of progress, or the state in which the step ended."""
        if self.bar is not None and self.task is not None and event in ENDS:
            self.bar.advance(self.task)
        word = f"{step.action} ..." if event == "start" else event
        self.console.say(f"{step.id}: {word}")
