"""One emulated installation: its memory, clock, users, request log and faults."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

import flask

from reconciler.emulator.clock import EmulatorClock
from reconciler.emulator.faults import Faults
from reconciler.emulator.late_requests import LateRequests
from reconciler.emulator.options import OWNER, Options
from reconciler.emulator.quirks.quirk_set import QuirkSet
from reconciler.emulator.request_log import RequestLog
from reconciler.emulator.store import Store

_KEY = "emulator"
_SEED_AGE = 86_400.0


@dataclass
class World:
    """What every API of one app shares."""

    options: Options
    clock: EmulatorClock
    sleep: Callable[[float], None]
    store: Store
    log: RequestLog = field(default_factory=RequestLog)
    faults: Faults = field(default_factory=Faults)
    late_requests: LateRequests = field(default_factory=LateRequests)
    quirks: QuirkSet = field(default_factory=QuirkSet)
    seeds: tuple[Callable[[World], None], ...] = ()
    """What each API fills a fresh installation with."""

    def now(self) -> str:
        """This moment as the pages write times."""
        return iso(self.clock())

    def seed(self) -> None:
        """Fill a fresh installation with what the APIs have from the start.

        That is a day old, so that nothing of it counts as new.
        """
        with self.clock.at(self.clock() - _SEED_AGE):
            for seed in self.seeds:
                seed(self)

    def reset(self) -> None:
        """Drop everything that is stored and seed the installation again."""
        with self.store.transaction():
            self.store.clear()
            self.seed()

    def knows(self, username: str) -> bool:
        return username in self.options.usernames

    def username(self, given: str) -> str:
        """The name of the user whom a request means; one that nobody has stays as it is.

        Names are case-sensitive (not documented).
        """
        return self.quirks.username(given, self.options.usernames)


def current() -> World:
    """The world of the request being answered."""
    return attached(flask.current_app)


def attached(app: flask.Flask) -> World:
    """The world of an app."""
    return cast(World, app.extensions[_KEY])


def attach(app: flask.Flask, world: World) -> None:
    """Make this the app's world."""
    app.extensions = {**app.extensions, _KEY: world}


def caller() -> str:
    """The name of the user whose request is being answered."""
    return cast(str, flask.g.user)


def is_admin(username: str) -> bool:
    """Whether the user administers the installation: only its owner does."""
    return username == OWNER


def user_id(username: str) -> str:
    """The stable identifier of a user."""
    return hashlib.sha256(f"user {username}".encode()).hexdigest()[:24]


def iso(moment: float) -> str:
    """``2016-12-13T11:12:13.141516Z``, the form of the environments page."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def absolute(path: str) -> str:
    """The URL of a path on the host that the caller addressed.

    Always absolute: the official client refuses a ``next`` or ``Location`` that starts with ``/``.
    """
    return flask.request.host_url.rstrip("/") + path
