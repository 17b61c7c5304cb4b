"""An emulator with our typed client and our provider of batch inference on it, and files to run."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import httpx

from reconciler.core.fileset import FileEntry, file_set
from reconciler.core.resource import Address, Resource
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.provider import BatchInference
from reconciler.providers.http import Endpoint, Http, Runtime
from tests.support.emulator import OWNER, Emulator, EmulatorTransport

CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
MODEL = "meta-llama/Llama-3.1-8B-Instruct"


def line(name: str, text: str = "hello", *, model: str = MODEL, **more: Any) -> bytes:
    """One request."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 64}
    request = {"custom_id": name, "method": "POST", "url": CHAT, "body": {**body, **more}}
    return json.dumps(request).encode() + b"\n"


LINES = line("a") + line("b") + line("c")


class Ground:
    """One emulator; every call of ours goes through ``wire``, if a test puts one there."""

    def __init__(self, url: str = "http://emulator", **options: Any) -> None:
        self.emulator = Emulator(**options)
        self.url = url
        self.wire: httpx.BaseTransport = EmulatorTransport(self.emulator.app)
        self.http = self.emulator.client(None, Authorization=f"Bearer {OWNER}")
        self.client = Client(self.open())
        self.provider = BatchInference(self.open())

    def open(self, token: str = OWNER) -> Http:
        """Our own connection, as this user."""
        clock = self.emulator.clock
        outside = Runtime(self.wire, clock.sleep, clock, clock)
        return Http(Endpoint(self.url, token), outside)

    def file(self, content: bytes = LINES, name: str = "in.jsonl") -> str:
        """The id of a file that somebody uploaded by hand."""
        answer = self.http.post("/v1/files", files={"file": (name, io.BytesIO(content))})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def batch(self, file: str = "", **more: Any) -> str:
        """The id of a batch that somebody started by hand."""
        body = {"input_file_id": file or self.file(), **more}
        answer = self.http.post("/v1/batches", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def ended(self, content: bytes = LINES) -> dict[str, Any]:
        """A batch that has come to its end, as the platform tells it."""
        made = self.batch(self.file(content))
        self.emulator.clock.sleep(1_000)
        found: dict[str, Any] = self.http.get(f"/v1/batches/{made}").json()
        return found

    def fail(self, method: str, path: str, status: int, times: int = 20) -> None:
        """Let the next requests like this one be refused."""
        self.emulator.control(
            "POST",
            "faults",
            {"action": "status", "status": status, "method": method, "path": path, "times": times},
        )


def manifest(
    folder: Path, content: bytes = LINES, *, output: str = "", name: str = "smoke", **spec: Any
) -> Resource:
    """A manifest with this input, as the loader hands it on."""
    path = folder / "smoke.jsonl"
    path.write_bytes(content)
    entry = FileEntry(path.name, hashlib.sha256(content).hexdigest(), len(content))
    files = {"input": file_set([entry], "blob", str(path))}
    if output:
        files["output"] = file_set((), "output", str(folder / output))
        spec["output"] = output
    return Resource(
        Address("BatchInference", name),
        {"input": "./smoke.jsonl", **spec},
        files=files,
        scope="fraud",
    )


def opener(content: bytes = LINES) -> Any:
    """The content as the client takes it."""
    return lambda: io.BytesIO(content)
