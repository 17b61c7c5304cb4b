"""The tool as real processes on a served emulator whose time stands still until a test says go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from reconciler.emulator.app import Options, create_app
from reconciler.emulator.serve import running

ROOT = Path(__file__).parents[2]
PAUSE = threading.Event()
PATIENCE = 60.0
"""Seconds after which a test has failed; none waits that long unless it is red."""


@dataclass
class Site:
    """A served emulator; a ``delay`` planned by a test lasts until ``go`` is set."""

    url: str
    folder: Path
    go: threading.Event
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str, tmp: str = "tmp") -> subprocess.Popen[str]:
        """A command line as a process; ``tmp`` is its folder for temporary files."""
        place = self.folder.parent / tmp
        place.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "TMPDIR": str(place),
                "DATAROBOT_ENDPOINT": f"{self.url}/api/v2",
                "DATAROBOT_API_TOKEN": "canary-of-processes",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests in the background has it ignored, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.processes.append(process)
        return process

    def finish(self, *arguments: str, tmp: str = "tmp") -> tuple[int, str, str]:
        """Exit code, output and messages of a command line that ends by itself."""
        return ended(self.start(*arguments, tmp=tmp))

    def control(self, method: str, name: str, body: Any = None) -> Any:
        """One of the emulator's test controls."""
        answer = httpx.request(method, f"{self.url}/__emulator__/{name}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def hold(self, method: str, path: str) -> None:
        """Hold up the next such request, before its effect, until ``go``."""
        fault = {"action": "delay", "method": method, "path": path, "seconds": 1}
        self.control("POST", "faults", fault)

    def held(self) -> bool:
        """Whether the request that is held up has come."""
        return any(fault["seen"] for fault in self.control("GET", "faults"))

    def state(self, kind: str) -> list[dict[str, Any]]:
        """All documents of a kind."""
        found: list[dict[str, Any]] = self.control("GET", "state").get(kind, [])
        return found


@contextmanager
def site(folder: Path, **options: Any) -> Iterator[Site]:
    """A site over a folder of manifests; every process of it is gone afterwards."""
    go = threading.Event()
    app = create_app(Options(**options), time.time, lambda _: bool(go.wait(PATIENCE)) and None)
    with running(app) as url:
        made = Site(url, folder, go)
        try:
            yield made
        finally:
            go.set()
            for process in made.processes:
                process.kill()
                process.communicate()


def until(true: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Look again and again, for as long as the process lives."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        assert process is None or process.poll() is None, process.communicate() if process else ""
        # Another process gives no signal of what it has written: look, and leave it the processor.
        PAUSE.wait(0.02)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, output and messages of a process, waited for."""
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err
