"""What a caller may choose about one emulator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reconciler.emulator.quirks.quirk_set import QuirkSet

OWNER = "owner@example.com"
# The pages cap every list at 1000 entries per page.
LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Options:
    """One emulator's settings; the defaults are a fresh, in-memory, instant installation.

    ``latency`` and ``job_time`` are seconds.  ``page_size`` is both the default and the largest
    page the server gives.  ``users`` exist besides the owner.  ``quirks`` are names of
    ``quirks/table.py``, some with a duration: ``"ascending"``, ``"lag=5s"``.
    """

    state: Path | None = None
    token: str | None = None
    latency: float = 0.0
    page_size: int = 100
    job_time: float = 0.0
    users: tuple[str, ...] = ()
    quirks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.page_size <= LARGEST_PAGE:
            raise ValueError(f"page_size must be 1 to {LARGEST_PAGE}, not {self.page_size}")
        if self.latency < 0 or self.job_time < 0:
            raise ValueError("latency and job_time must not be negative")
        QuirkSet(self.quirks)

    @property
    def usernames(self) -> tuple[str, ...]:
        """Everybody the installation knows, the owner first."""
        return tuple(dict.fromkeys((OWNER, *self.users)))
