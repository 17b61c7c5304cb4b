"""A stage for the whole tool: a fresh emulator with its own clock, and the command line on it.

Everything happens in this process: requests go through a transport, sleeping moves a clock.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.core.plan import Plan
from reconciler.core.report import Report
from reconciler.emulator.api import Api
from reconciler.emulator.apis import APIS
from reconciler.emulator.app import Options, create_app
from reconciler.emulator.faults import AnswerTimeout, ConnectionDropped
from reconciler.provider_source import SOURCES, SettingsSource
from reconciler.providers.all import FAMILIES, Family, kinds_of, open_provider
from reconciler.providers.http import Runtime
from reconciler.session import Registry

HOST = "https://platform.test"
TOKEN = "canary-0f1e2d3c"
USERS = ("ann@example.com", "ben@example.com", "cat@example.com")
START = 1_800_000_000.0


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = START
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Come back at once, that much later."""
        with self._lock:
            self.now += seconds


class Wire(httpx.WSGITransport):
    """The emulator as a network: what its planned faults raise becomes what a socket would do."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = super().handle_request(request)
            response.read()
        except ConnectionDropped as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        except AnswerTimeout as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        return response


class Keyboard(io.StringIO):
    """Standard input: a terminal with these keys typed, or no terminal.

    ``before`` is called each time before a line is typed.
    """

    def __init__(self, keys: str | None, before: Callable[[], None] | None = None) -> None:
        super().__init__(keys or "")
        self._somebody = keys is not None
        self._before = before or (lambda: None)

    def readline(self, *arguments: Any) -> str:
        self._before()
        return super().readline(*arguments)

    def isatty(self) -> bool:
        return self._somebody


@dataclass(frozen=True)
class Done:
    """One command line that ran: what it printed, how it ended, which requests it sent.

    ``applied`` are the plans that it carried out, each with its report; ``by_hand`` are the places
    in ``log`` of what another user sent meanwhile.
    """

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    log: tuple[dict[str, Any], ...]
    applied: tuple[tuple[Plan, Report], ...] = ()
    by_hand: tuple[int, ...] = ()

    @property
    def writes(self) -> list[dict[str, Any]]:
        """Its requests that could change something."""
        own = [entry for place, entry in enumerate(self.log) if place not in self.by_hand]
        return [entry for entry in own if entry["method"] not in ("GET", "HEAD")]


@dataclass(frozen=True)
class Tables:
    """The three tables in which an API family has a line; those of the product by default."""

    families: tuple[Family, ...] = FAMILIES
    sources: Mapping[str, SettingsSource] = field(default_factory=lambda: SOURCES)
    apis: tuple[Api, ...] = APIS


PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: default}\n"


def declare(folder: Path) -> Path:
    """The folder, with a Project in it: without one nothing is applied."""
    (folder / "reconciler.yaml").write_text(PROJECT)
    return folder


class Stage:
    """One emulator, and a folder of manifests that commands are run in."""

    def __init__(self, folder: Path, tables: Tables | None = None, **options: Any) -> None:
        self.folder = folder
        self.tables = tables or Tables()
        self.clock = Clock()
        self._by_hand: list[int] = []
        started = Options(**{"users": USERS, **options})
        app = create_app(started, self.clock, self.clock.sleep, self.tables.apis)
        self.wire: httpx.BaseTransport = Wire(app)
        self.api = httpx.Client(transport=self.wire, base_url=HOST)
        self.env = {
            "DATAROBOT_ENDPOINT": f"{HOST}/api/v2",
            "DATAROBOT_API_TOKEN": TOKEN,
            "TFY_HOST": HOST,
            "TFY_API_KEY": TOKEN,
            "MODEL_RUNS_URL": f"{HOST}/v1",
            "MODEL_RUNS_TOKEN": TOKEN,
            "BATCH_INFERENCE_URL": HOST,
            "BATCH_INFERENCE_API_KEY": TOKEN,
        }

    def run(
        self,
        *arguments: str,
        keys: str | None = None,
        before_keys: Callable[[], None] | None = None,
    ) -> Done:
        """Run ``reconciler`` with these arguments, as a process of its own would.

        ``before_keys`` is called when the command asks, before ``keys`` are typed.
        """
        self.control("DELETE", "requests")
        self._by_hand.clear()
        out, err = io.StringIO(), io.StringIO()
        applied: list[tuple[Plan, Report]] = []
        environment = Environment(
            self.registry, self.env, lambda plan, report: applied.append((plan, report))
        )
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _stdin(Keyboard(keys, before_keys)),
        ):
            code = run(list(arguments), environment)
        log = tuple(self.control("GET", "requests"))
        return Done(
            arguments,
            code,
            out.getvalue(),
            err.getvalue(),
            log,
            tuple(applied),
            tuple(self._by_hand),
        )

    @property
    def registry(self) -> Registry:
        """Every kind of the tables, and how their providers are opened on this emulator."""
        families = self.tables.families
        return Registry(
            kinds_of(families),
            lambda name, given: open_provider(name, given, self._outside(), families),
            # Tests in several processes name the same platform and must not share a lock.
            self.folder / ".locks",
            self.tables.sources,
        )

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """One of the emulator's test controls."""
        answer = self.api.request(method, f"/__emulator__/{name}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def by_hand(self, method: str, path: str, user: str = "owner@example.com", **body: Any) -> Any:
        """A call that somebody makes past the tool.

        ``path`` is relative to the custom models' endpoint, or starts with ``/`` for another API.
        """
        header = {"Authorization": f"Bearer {user}"}
        place = path if path.startswith("/") else f"/api/v2/{path}"
        self._by_hand.append(len(self.control("GET", "requests")))
        return self.api.request(method, place, headers=header, **body)

    def upload(self, path: Path) -> str:
        """Make a dataset of a file, as the platform's own pages do; its id."""
        form = {"file": (path.name, path.read_bytes())}
        answer = self.by_hand("POST", "datasets/fromFile/", files=form)
        answer.raise_for_status()
        return str(answer.json()["catalogId"])

    def _outside(self) -> Runtime:
        # The platform has the same time as whoever asks how old something is, or has waited enough.
        return Runtime(self.wire, self.clock.sleep, self.clock, self.clock)


@contextlib.contextmanager
def _stdin(keyboard: Keyboard) -> Iterator[None]:
    before, sys.stdin = sys.stdin, keyboard
    try:
        yield
    finally:
        sys.stdin = before
