"""The answer of every write is lost, and its effect comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import faults
from reconciler.emulator.quirks.quirk import Quirk

if TYPE_CHECKING:
    from werkzeug.wrappers import Request


class Late(Quirk):
    """The connection of a write closes without an answer; the effect comes that much later.

    So behind a gateway that gives up before the platform does: the official ``datarobot`` client
    allows 600 s for an upload.  A fault that a test control plans for the request comes first.
    """

    name = "late"
    summary = "a write takes effect that much later, and its answer is lost"
    default = 90.0

    def fault(self, request: Request) -> faults.Fault | None:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        return faults.Fault("drop", when=faults.LATE, late=self.seconds)
