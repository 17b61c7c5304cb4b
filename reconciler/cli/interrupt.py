"""Signals during an apply: the first lets it end in order, the second cuts it off."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Event]:
    """The event is set by the first signal; a second one raises KeyboardInterrupt, no other does.

    A third one must not cost the report of what is known.
    """
    stop, cut = Event(), Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set() and not cut.is_set():
            cut.set()
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(code: int) -> None:
    """End the process at once, without waiting for calls that hang."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
