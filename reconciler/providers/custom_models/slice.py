"""The shape of a slice: how the writes and jobs of one resource are sent, recovered and followed.

A slice is one file.  Its pure ``draft`` functions decide what is wanted, its reads complete the
live state, and its ``SLICE`` says what the provider calls for the operations that it plans.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from reconciler.core.kind import Outputs
from reconciler.core.resource import Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import ApiError

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

Start = Callable[["Client", Call, Resource | None], Outputs]
"""Sends one planned call and returns its outputs."""

Recover = Callable[["Client", Call, Resource | None], Outputs | None]
"""What a call made whose answer was lost; None when it had no effect so far."""


class Poll(Protocol):
    """Asks for a status until it is none of the running ones; raises JobFailed when time is up."""

    def __call__(self, status: Callable[[], str], running: frozenset[str]) -> str: ...


Follow = Callable[["Client", Wait, Poll], Outputs]
"""Follows one job to its end; raises JobFailed with the end of its log."""

LOG_LINES = 40
RETRY = "Fix the cause and apply again; --retry-failed runs the same once more."


@dataclass(frozen=True, slots=True)
class Slice:
    """Functions by the name of the operation; a write without ``start`` is sent as it is."""

    start: Mapping[str, Start] = field(default_factory=dict)
    recover: Mapping[str, Recover] = field(default_factory=dict)
    follow: Mapping[str, Follow] = field(default_factory=dict)


def send_as_planned(client: Client, call: Call, resource: Resource | None) -> Outputs:
    """The default of ``start``: sends the call, and returns no outputs."""
    client.send(call, resource)
    return {}


V = TypeVar("V")


def newer_than(latest: str | None, versions: Iterable[V], id_of: Callable[[V], str]) -> list[V]:
    """The versions before the latest one that the plan knew; lists run from new to old."""
    newer: list[V] = []
    for version in versions:
        if id_of(version) == latest:
            break
        newer.append(version)
    return newer


def recover_deleted(read: Callable[[], object]) -> Outputs | None:
    """Outputs of a delete that took effect: its object answers 404."""
    try:
        read()
    except ApiError as error:
        if error.status == 404:
            return {}
        raise
    return None


def log_of(read: Callable[[], str]) -> str:
    """The end of a log; a log that cannot be read must not hide the failure it would explain."""
    try:
        return tail(read())
    except ApiError as error:
        return f"(no log: {error.message})"


def tail(log: str) -> str:
    """The last lines of a log."""
    return "\n".join(log.splitlines()[-LOG_LINES:])
