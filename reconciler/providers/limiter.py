"""How fast one platform may be asked: parallel calls and calls a second, learnt from its 429s."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from threading import Condition

WINDOW = 1.0
"""Seconds over which the rate is measured."""

SLOWER, FASTER, CEILING = 0.6, 1.05, 0.85
TELLING, RECOVERY = 10, 1.3
"""Requests in a window below which a refusal says more of other clients than of us: it sets no
ceiling, and the rate recovers by this factor a second."""


class Limiter:
    """Shared by all threads of a provider.

    A 429 halves the number of parallel calls and sets the rate well below the one that was too
    much; both grow back slowly, the rate never to what was refused.  ``rate`` is a limit set by
    the user, in requests a second; None lets only the platform decide.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        rate: float | None = None,
        parallel: int = 64,
    ) -> None:
        self.clock = clock
        self.sleep = sleep
        self.rate = rate
        self._most_rate = rate or inf
        self._faster = RECOVERY
        self._most_parallel = parallel
        self._parallel = float(parallel)
        self._running = 0
        self._next = 0.0
        self._slowed = 0.0
        self._sent: deque[float] = deque()
        self._free = Condition()

    @contextmanager
    def turn(self) -> Iterator[int]:
        """Wait for a turn; holds one of the parallel places inside the block.

        Gives the number of requests of the last second, this one included.
        """
        with self._free:
            while self._running >= max(1, int(self._parallel)):
                self._free.wait()
            self._running += 1
            pause, sent = self._book()
        try:
            if pause > 0:
                self.sleep(pause)
            yield sent
        finally:
            with self._free:
                self._running -= 1
                self._free.notify()

    def _book(self) -> tuple[float, int]:
        now = self.clock()
        start = max(now, self._next)
        self._next = start + (1.0 / self.rate if self.rate else 0.0)
        self._sent.append(start)
        while self._sent and self._sent[0] <= start - WINDOW:
            self._sent.popleft()
        return start - now, len(self._sent)

    def refused(self, pause: float, sent: int) -> None:
        """The platform answered 429: nobody asks for ``pause`` seconds, then all ask slower.

        ``sent`` is what the turn of the refused call gave: that many in a second were too much.
        """
        with self._free:
            now = self.clock()
            self._next = max(self._next, now + pause)
            # The calls that were under way are refused together: that is one lesson, not many.
            if now - self._slowed < WINDOW:
                return
            self._slowed = now
            measured = sent / WINDOW
            reached = min(measured, self.rate or measured)
            if sent >= TELLING:
                self._most_rate = min(self._most_rate, reached * CEILING)
                self._faster = FASTER
            self.rate = min(self._most_rate, max(1.0, reached * SLOWER))
            self._parallel = max(1.0, self._parallel / 2)

    def accepted(self) -> None:
        """The platform answered otherwise: grow back a little."""
        with self._free:
            self._parallel = min(float(self._most_parallel), self._parallel + 1 / self._parallel)
            if self.rate and self.clock() - self._slowed > 5 * WINDOW:
                # Once for each answer, so that it is the same a second at every rate.
                self.rate = min(
                    self._most_rate, self.rate * self._faster ** min(1.0, 1 / self.rate)
                )
            self._free.notify()
