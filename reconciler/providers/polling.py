"""How often a job of a platform is looked at, and for how long."""

from __future__ import annotations

from reconciler.providers.http import Runtime

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.5, 15.0, 1.5


class Polling:
    """Growing pauses between the looks at one job, until its time is over; all in seconds."""

    def __init__(self, outside: Runtime, timeout: float, longest: float = LONGEST_PAUSE) -> None:
        self._outside = outside
        self._pause, self._longest = FIRST_PAUSE, longest
        self._end = outside.clock() + timeout

    @property
    def is_over(self) -> bool:
        """Whether no time is left for one more look."""
        return self._outside.clock() + self._pause > self._end

    def rest(self) -> None:
        """Sleep until the next look."""
        self._outside.sleep(self._pause)
        self._pause = min(self._longest, self._pause * GROWTH)
