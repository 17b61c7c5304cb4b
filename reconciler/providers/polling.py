"""Polling backoff with a deadline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.core.provider import Watch
from reconciler.core.step import Wait
from reconciler.errors import Interrupted, JobFailed

if TYPE_CHECKING:
    from reconciler.providers.http import Runtime

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.5, 15.0, 1.5


class Polling:
    """Growing pauses between the reads of one job, until its time is over; all in seconds."""

    def __init__(self, runtime: Runtime, timeout: float, longest: float = LONGEST_PAUSE) -> None:
        self._runtime = runtime
        self._pause, self._longest = FIRST_PAUSE, longest
        self._end = runtime.clock() + timeout

    @property
    def is_over(self) -> bool:
        """Whether no time is left for one more read."""
        return self._runtime.clock() + self._pause > self._end

    def rest(self) -> None:
        """Sleep until the next read."""
        self._runtime.sleep(self._pause)
        self._pause = min(self._longest, self._pause * GROWTH)


def poll_until(
    status: Callable[[], str], running: frozenset[str], wait: Wait, watch: Watch, runtime: Runtime
) -> str:
    """The first status that is none of the running ones; each is reported once to the watch.

    Raises JobFailed when the wait's timeout is over and Interrupted when the watch was stopped.
    """
    polling, last = Polling(runtime, wait.timeout), ""
    noun = wait.operation.replace("_", " ")
    while True:
        state = status()
        if state not in running:
            return state
        if state != last:
            watch.tell(state)
            last = state
        if polling.is_over:
            raise JobFailed(
                f"{noun} is still {state} after {wait.timeout:g} s",
                "It goes on there; the next run waits for it again. Raise the timeout.",
            )
        if watch.stopped():
            raise Interrupted(
                f"stopped waiting for the {noun}, which goes on",
                "The next run waits for it again.",
            )
        polling.rest()
