"""When a request may be sent again, and after how long: the one place that decides it."""

from __future__ import annotations

import random

import tenacity

from reconciler.errors import ApiError, UnknownOutcome

READ_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
REFUSED = 429
"""The one status that promises that a write was not looked at."""

TRIES = 8
LONGEST_PAUSE = 60.0
LONGEST_ASKED = 600.0
"""The longest wait, in seconds, that the platform may request; a longer one is refused."""


class Refused(ApiError):
    """Nothing was sent: no connection could be made."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Check the endpoint and the network; nothing was changed.")


class Status(ApiError):
    """The platform answered with a status that is not a success."""

    def __init__(self, message: str, hint: str, *, status: int, retry_after: float | None) -> None:
        super().__init__(message, hint, status=status)
        self.retry_after = retry_after

    @property
    def too_long(self) -> bool:
        """Whether the platform wants to be left alone for longer than a run can wait."""
        return (self.retry_after or 0.0) > LONGEST_ASKED


def passing(error: BaseException) -> bool:
    """Whether a read may be tried again."""
    if isinstance(error, Status):
        return error.status in READ_AGAIN and not error.too_long
    return isinstance(error, Refused | UnknownOutcome)


def without_effect(error: BaseException) -> bool:
    """Whether it is certain that a write was not looked at, so that it may be sent again."""
    if isinstance(error, Status):
        return error.status == REFUSED and not error.too_long
    return isinstance(error, Refused)


def pause(state: tenacity.RetryCallState) -> float:
    """Seconds until the next try: what the platform asks for, else growing ones."""
    error = state.outcome.exception() if state.outcome else None
    asked = getattr(error, "retry_after", None)
    if asked is not None:
        return float(asked)
    # Full jitter, so that parallel readers do not come back together.
    return random.uniform(0, min(LONGEST_PAUSE, 0.2 * 2**state.attempt_number))
