"""The live objects of a reviewed plan, re-read right before each write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from reconciler.core.json_value import States
from reconciler.core.resource import Address, Live
from reconciler.core.saved_plan import after_wait, check_object
from reconciler.core.step import Call, Step, Wait

TakeSnapshot = Callable[[Address, Live], Any]


class LiveGuard:
    """Compares what is live with what was reviewed, and then with what our own steps left."""

    def __init__(
        self, observed: States, lives: Mapping[Address, Live], observe: TakeSnapshot
    ) -> None:
        self._expected = dict(observed)
        self._lives = lives
        self._snapshot = observe
        self._lock = Lock()

    def before(self, step: Step) -> None:
        """StalePlanError names the field that moved, the value reviewed and the value found."""
        live = self._lives.get(step.address)
        if live is None or str(step.address) not in self._expected:
            return  # made by this very run: nobody has reviewed a state of it
        check_object(
            str(step.address), self._expected[str(step.address)], self._snapshot(step.address, live)
        )

    def after(self, step: Step, work: Call | Wait) -> None:
        """Our own change is not a conflict for the next step of the same object.

        A wait may last for minutes: what another user sets meanwhile is not ours.
        """
        address = str(step.address)
        live = self._lives.get(step.address)
        if live is None or address not in self._expected:
            return
        if step.action in ("delete", "replace"):
            del self._expected[address]
            return
        found = self._snapshot(step.address, live)
        with self._lock:
            if isinstance(work, Wait):
                found = after_wait(self._expected[address], found)
            self._expected[address] = found
