"""A provider by hand: no network, a log of all it was asked, failures and meetings on order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

from reconciler.core.provider import Provider, Watch
from reconciler.core.resource import Facts, Live, Prefetched, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import Interrupted

PATIENCE = 10.0
"""Seconds after which a meeting has failed; no test waits that long unless it is red."""


@dataclass(frozen=True)
class Detailed(Facts):
    """Facts of an object whose details were read."""


@dataclass(frozen=True)
class Named(Prefetched):
    """The addresses that a prefetch was for."""

    names: Sequence[str]


@dataclass
class FakeProvider(Provider):
    """``core.provider.Provider`` over plain values.

    ``script`` maps what the log shows (``make Ship/argo``) to what happens then: an exception is
    raised, a function is called, anything else is given back.  A list is used up one by one.
    """

    lives: Sequence[Live] = ()
    script: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    prefetched: list[Prefetched | None] = field(default_factory=list)
    closed: int = 0
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=Lock)

    def list(self, kind: str) -> Sequence[Live]:
        """The live objects of the kind."""
        answer = self._happen(f"list {kind}", "GET")
        return answer or [live for live in self.lives if live.kind == kind]

    def find(self, resource: Resource, prefetched: Prefetched | None = None) -> Live | None:
        """Whatever the script says, else the live object of the manifest's own name."""
        self.prefetched.append(prefetched)
        told = self._happen(f"find {resource.address}", "GET")
        kind, name = resource.address
        named = (live for live in self.lives if (live.kind, live.name) == (kind, name))
        return told or next(named, None)

    def prefetch(self, resources: Sequence[Resource]) -> Named:
        """The names of the manifests, so that a test sees which ones were told."""
        self._happen("prefetch", "GET")
        return Named([str(resource.address) for resource in resources])

    def read_details(self, resource: Resource, live: Live) -> Live:
        """The same object, marked as looked at."""
        self._happen(f"detail {resource.address}", "GET")
        return replace(live, facts=Detailed())

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """Whatever the script says, else an id that is made of the resource's name."""
        self.calls.append(call)
        who = resource.address if resource else call.path_params.get("id")
        told = self._happen(f"{call.operation} {who}", call.method)
        return told if told is not None else {key: f"{who} {key}" for key in call.outputs}

    def recover(self, call: Call, resource: Resource | None) -> Mapping[str, Any] | None:
        """Whatever the script says; nothing was found unless it does."""
        return self._happen(f"look {call.operation} {resource and resource.address}", "GET")

    def wait(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        """Tells one line of progress."""
        self.waits.append(wait)
        watch.tell(f"{wait.operation} goes on")
        told = self._happen(f"wait {wait.operation}", "GET")
        if watch.stopped():
            raise Interrupted(f"{wait.operation} goes on there")
        return told or {}

    def snapshot(self, live: Live) -> Any:
        """Whatever the script says, else the object's spec."""
        told = self._happen(f"observe {live.id}", "GET")
        return told if told is not None else dict(live.spec)

    def logs(self, live: Live, job: str, lines: int) -> str:
        """One line that says what was asked for."""
        return f"{job} of {live.id}, {lines} lines"

    def history(self, live: Live) -> Sequence[Mapping[str, Any]]:
        """One version."""
        return [{"version": "1.0", "id": live.id}]

    def cancel(self, live: Live) -> Sequence[str]:
        """Stops what the script names."""
        return self._happen(f"cancel {live.id}", "DELETE") or []

    def download(self, live: Live, target: Path) -> Sequence[str]:
        """Names one file."""
        return ["a.txt"]

    def requests(self) -> Mapping[str, int]:
        """As many as the log has."""
        return dict(self._counts)

    def close(self) -> None:
        """Counts."""
        self.closed += 1

    def _happen(self, what: str, method: str) -> Any:
        with self._lock:
            self.log.append(what)
            self._counts[method] += 1
            event = self.script.get(what)
            if isinstance(event, list):
                event = event.pop(0) if event else None
        if isinstance(event, BaseException):
            raise event
        return event() if callable(event) else event


def meeting(parties: int) -> Callable[[], None]:
    """Something that happens only once this many threads are in it at the same time."""
    barrier = Barrier(parties)

    def arrive() -> None:
        barrier.wait(PATIENCE)

    return arrive
