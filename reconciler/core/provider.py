"""What the rest of the tool asks of a platform; one object per API family implements it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, Wait


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a wait: ``tell`` takes a line of progress, ``stopped`` ends it early.

    ``resource`` is the manifest that the wait is for: what the job makes may go to a file it names.
    """

    tell: Callable[[str], None]
    stopped: Callable[[], bool]
    resource: Resource | None = None


class Provider(Protocol):
    """Reads and writes one API family; every method may be called from several threads."""

    def list(self, kind: str) -> Sequence[Live]:
        """Every object of the kind that the token may see; all pages.  Reads only."""

    def find(self, resource: Resource) -> Live | None:
        """The one live object that a manifest of an unlisted kind is about.  Reads only."""

    def prefetch(self, resources: Sequence[Resource]) -> Mapping[str, Any]:
        """What these manifests need to know of the platform as a whole, its limits say."""

    def detail(self, resource: Resource, live: Live) -> Live:
        """The same object with what the list does not tell and this manifest needs.  Reads only."""

    def snapshot(self, live: Live) -> Any:
        """All that the platform tells of one object right now, as JSON; None when it is gone.

        What its jobs change by themselves lies under the key ``jobs``.
        """

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """Make one write, all its values known; returns the outputs it ``outputs``.

        Raises ApiError when it was refused and UnknownOutcome when the answer was lost.
        """

    def recover(self, call: Call, resource: Resource | None) -> Mapping[str, Any] | None:
        """The outputs of a write whose answer was lost, or None when it had no effect.

        Reads only.  Raises LiveStateError when two things could be what it made.
        """

    def wait(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        """Poll until the job ends or ``wait.timeout`` is over; JobFailed carries its log.

        Raises Interrupted once ``watch.stopped`` says so; the job goes on.
        """

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of the log of the object's newest ``build``, ``test`` or ``conversion``."""

    def history(self, live: Live) -> Sequence[Mapping[str, Any]]:
        """Its versions, newest first, as rows with the same keys."""

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop the jobs of it that run; what was stopped."""

    def download(self, live: Live, target: str) -> Sequence[str]:
        """Put the files of its newest version into a new folder; their paths."""

    def requests(self) -> Mapping[str, int]:
        """How many requests left this process so far, by HTTP method."""

    def close(self) -> None:
        """Give connections back."""
