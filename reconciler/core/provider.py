"""What the rest of the tool requires of a platform; one object per API family implements it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.resource import Live, Prefetched, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import LiveStateError

Row = Mapping[str, str | int | bool | None]
"""One row of a table for people."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Who follows a wait: ``tell`` takes a line of progress, ``stopped`` ends it early.

    ``resource`` is the manifest that the wait is for: what the job makes may go to a file it names.
    """

    tell: Callable[[str], None]
    stopped: Callable[[], bool]
    resource: Resource | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The manifest of a live object, and the newest version that others may use of it."""

    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """A live object as the spec of a manifest: only what differs from the platform's defaults.

    Keys are in the order of the manifest's reference.  ``folders`` are key paths whose value names
    a folder that ``download`` fills.  ``lost`` says what no manifest key can express.
    """

    spec: Mapping[str, Any]
    folders: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


class Provider(ABC):
    """Reads and writes one API family; every method may be called from several threads.

    The abstract methods are required.  The others are capabilities: a family without one keeps the
    default, which finds nothing or says that it is not supported.
    """

    @abstractmethod
    def list(self, kind: str) -> Sequence[Live]:
        """Every object of the kind that the token may see; all pages.  Reads only."""

    @abstractmethod
    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same object with what this manifest needs and the list does not show.  Reads only."""

    @abstractmethod
    def snapshot(self, live: Live) -> Any:
        """The whole object as the platform shows it right now, as JSON; None when it is gone.

        What its jobs change by themselves lies under the key ``jobs``.
        """

    @abstractmethod
    def requests(self) -> Mapping[str, int]:
        """How many requests left this process so far, by HTTP method."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections."""

    # -- capabilities ----------------------------------------------------------------------

    def prefetch(self, resources: Sequence[Resource]) -> Prefetched:
        """What these manifests need to know of the platform as a whole, its limits for example."""
        return Prefetched()

    def find(self, resource: Resource, prefetched: Prefetched | None = None) -> Live | None:
        """The one live object that a manifest of an unlisted kind is about.  Reads only.

        ``prefetched`` is what ``prefetch`` returned for this run; without it all is read now.
        """
        return None

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """Make one write, all its values known; returns the outputs that the call names.

        Raises ApiError when it was refused and UnknownOutcome when the answer was lost.
        """
        raise _unsupported(call.operation)

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """The outputs of a write whose answer was lost, or None when it had no effect.

        Reads only.  Raises LiveStateError when two things could be what it made.
        """
        return None

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """Poll until the job ends or ``wait.timeout`` is over; JobFailed carries its log.

        Raises Interrupted once ``watch.stopped`` says so; the job goes on.
        """
        raise _unsupported(wait.operation)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of the log of the object's newest ``build``, ``test`` or ``conversion``."""
        raise _unsupported(f"a {job} log", live)

    def history(self, live: Live) -> Sequence[Row]:
        """Its versions, newest first, as rows with the same keys."""
        raise _unsupported("a history", live)

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop the jobs of it that run; what was stopped."""
        return ()

    def maker(self, live: Live) -> str:
        """The user who made a live object; '' where the platform does not say."""
        return ""

    def is_shared_by_platform(self, live: Live) -> bool:
        """Whether the platform offers this object to all its users, and nobody manages it."""
        return False

    def export(self, live: Live, refs: Mapping[str, Named]) -> Export:
        """The spec of a manifest that describes a live object.  Reads only.

        ``refs`` are the manifests of others by the ids of their live objects.
        """
        raise _unsupported("an import", live)

    def download(self, live: Live, target: str) -> Sequence[str]:
        """Put the files of its newest version into a new folder; their paths."""
        raise _unsupported("a download", live)


def _unsupported(what: str, live: Live | None = None) -> LiveStateError:
    of = f" of {live.kind} {live.name}" if live else ""
    return LiveStateError(
        f"{what}{of} is not supported by this platform", "Use the platform's own tools for that."
    )
