"""A stage for the whole tool: a fresh emulator with its own clock, and the command line on it.

Everything happens in this process: requests go through a transport, sleeping moves a clock.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.emulator.app import Options, create_app
from reconciler.emulator.faults import AnswerTimeout, ConnectionDropped
from reconciler.providers.all import KINDS, open_provider
from reconciler.providers.http import Runtime
from reconciler.session import Registry

HOST = "http://platform.test"
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
    """One command line that ran: what it printed, how it ended, which requests it sent."""

    arguments: tuple[str, ...]
    code: int
    out: str
    err: str
    log: tuple[dict[str, Any], ...]

    @property
    def writes(self) -> list[dict[str, Any]]:
        """Its requests that could change something."""
        return [entry for entry in self.log if entry["method"] not in ("GET", "HEAD")]


PROJECT = "apiVersion: reconciler/v1\nkind: Project\nmetadata: {name: default}\n"


def declare(folder: Path) -> Path:
    """The folder, with a Project in it: without one nothing is applied."""
    (folder / "reconciler.yaml").write_text(PROJECT)
    return folder


class Stage:
    """One emulator, and a folder of manifests that commands are run in."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.clock = Clock()
        app = create_app(Options(**{"users": USERS, **options}), self.clock, self.clock.sleep)
        self.wire = Wire(app)
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
        out, err = io.StringIO(), io.StringIO()
        # Stages of several test processes name the same platform, and are none the less apart.
        locks = self.folder / ".locks"
        tools = Registry(
            KINDS, lambda name, given: open_provider(name, given, self._outside()), locks
        )
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            _stdin(Keyboard(keys, before_keys)),
        ):
            code = run(list(arguments), Environment(tools, self.env))
        log = tuple(self.control("GET", "requests"))
        return Done(arguments, code, out.getvalue(), err.getvalue(), log)

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
