"""The clock of an emulator, which can be set back while a late request is carried out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class EmulatorClock:
    """Seconds since the epoch; within ``at`` the calling thread sees the moment given there."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._local = threading.local()

    def __call__(self) -> float:
        moment: float | None = getattr(self._local, "moment", None)
        return self._clock() if moment is None else moment

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Stop this thread's clock at the moment."""
        self._local.moment = moment
        try:
            yield
        finally:
            self._local.moment = None
