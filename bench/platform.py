"""The emulator as a process of its own, and its state multiplied to thousands of models."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import NotMeasured, clean
from bench.project import USER, model_name

RECONCILER = (sys.executable, "-m", "reconciler")


@dataclass(frozen=True, slots=True)
class Platform:
    """An emulator that is running."""

    url: str

    @property
    def env(self) -> Mapping[str, str]:
        """What a command needs to reach it."""
        return {"DATAROBOT_ENDPOINT": f"{self.url}/api/v2", "DATAROBOT_API_TOKEN": "any"}

    def forget(self) -> None:
        """Empty the log of requests."""
        self._control("DELETE", "requests")

    def reset(self) -> None:
        """Back to a fresh installation."""
        self._control("POST", "reset")

    def requests(self) -> int:
        """How many requests came since the log was emptied, as counted here."""
        return len(json.loads(self._control("GET", "requests")))

    def _control(self, method: str, name: str) -> bytes:
        asked = urllib.request.Request(f"{self.url}/__emulator__/{name}", method=method)
        with urllib.request.urlopen(asked) as answer:
            return bytes(answer.read())


@contextmanager
def platform(state: Path | None = None, latency: str = "0ms") -> Iterator[Platform]:
    """Serve until the block ends; without a state, a fresh one in memory."""
    options = ["--port", "0", "--user", USER, "--latency", latency]
    kept = ["--state", str(state)] if state else []
    process = subprocess.Popen(
        [*RECONCILER, "emulator", *options, *kept],
        env=clean({}), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        ready = process.stdout.readline().strip() if process.stdout else ""
        if not ready.startswith("listening on "):
            raise NotMeasured("the emulator did not start")
        yield Platform(ready.removeprefix("listening on "))
    finally:
        process.terminate()
        process.communicate()


def multiply(state: Path, held: int, wanted: int) -> None:
    """Fill a state file that knows the first ``held`` models up to ``wanted`` like them.

    Thousands of creates take minutes.  A copy has ids and a name of its own, and is otherwise what
    the command made.
    """
    with closing(sqlite3.connect(state)) as disk, disk:
        models = _documents(disk, "models", "$.name")
        versions = _documents(disk, "modelVersions", "$.parent")
        (seq,) = disk.execute("SELECT max(seq) FROM documents").fetchone()
        for number in range(held, wanted):
            source, name = model_name(number % held), model_name(number)
            model, body = models[f"Churn {source}"]
            version, version_body = versions[model]
            own = {model: _id(f"model {number}"), version: _id(f"version {number}"), source: name}
            for kind, old, text in (
                ("models", model, body),
                ("modelVersions", version, version_body),
            ):
                seq += 1
                row = (kind, own[old], seq, _replaced(text, own))
                disk.execute("INSERT INTO documents (kind, id, seq, body) VALUES (?, ?, ?, ?)", row)


def _documents(disk: sqlite3.Connection, kind: str, key: str) -> dict[str, tuple[str, str]]:
    rows = disk.execute(
        "SELECT json_extract(body, ?), id, body FROM documents WHERE kind = ?", (key, kind)
    )
    return {found: (identity, body) for found, identity, body in rows}


def _id(text: str) -> str:
    return hashlib.sha256(f"bench {text}".encode()).hexdigest()[:24]


def _replaced(text: str, own: Mapping[str, str]) -> str:
    for old, new in own.items():
        text = text.replace(old, new)
    return text
