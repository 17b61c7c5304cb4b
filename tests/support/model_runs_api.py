"""An emulator with our typed client and our provider of model runs on it, and time to move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from reconciler.core.resource import Address, Resource
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.providers.model_runs.client import Client
from reconciler.providers.model_runs.provider import ModelRuns
from tests.support.emulator import OWNER, Emulator, EmulatorTransport

PATH = "/v1/model-runs"
NAMES = ["stg_a", "int_b"]


class Ground:
    """One emulator; every call of ours goes through ``wire``, if a test puts one there."""

    def __init__(self, url: str = "http://emulator", **options: Any) -> None:
        self.emulator = Emulator(**options)
        self.url = url
        self.wire: httpx.BaseTransport = EmulatorTransport(self.emulator.app)
        self.http = self.emulator.client(None, Authorization=f"Bearer {OWNER}")
        self.client = Client(self.open())
        self.provider = ModelRuns(self.open())

    def behind(self, edit: Callable[[str, str, Any], Any]) -> ModelRuns:
        """Our provider with a proxy between it and the emulator."""
        self.wire = Edited(self.wire, edit)
        return ModelRuns(self.open())

    def open(self, token: str = OWNER, **key: str) -> Http:
        """Our own connection, as this user."""
        clock = self.emulator.clock
        outside = Runtime(self.wire, clock.sleep, clock, clock)
        return Http(Endpoint(self.url, token, **key), outside)

    def started(self, *names: str, **more: Any) -> str:
        """The id of a run that somebody started by hand."""
        body = {"project_name": "analytics", "model_names": list(names), **more}
        answer = self.http.post(PATH, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def step(self, run: str) -> str:
        """The id of the first step of a run."""
        return str(self.http.get(f"{PATH}/{run}/steps").json()["data"][0]["id"])

    def runs(self) -> list[dict[str, Any]]:
        """Every run there is, newest first."""
        return list(self.http.get(PATH).json()["data"])

    def fail(self, method: str, path: str, status: int, times: int = 20) -> None:
        """Let the next requests like this one be refused."""
        self.emulator.control(
            "POST",
            "faults",
            {"action": "status", "status": status, "method": method, "path": path, "times": times},
        )


def manifest(*names: str, **spec: Any) -> Resource:
    """A manifest of these models, as the loader hands it on."""
    wanted = {"projectName": "analytics", "modelNames": list(names)} if names else {}
    return Resource(Address("ModelRun", "features"), {**wanted, **spec})


class Edited(httpx.BaseTransport):
    """A proxy before the emulator that changes what it answers.

    ``edit`` takes the method, the path and the JSON of an answer, and returns the JSON to hand on.
    """

    def __init__(self, inner: httpx.BaseTransport, edit: Callable[[str, str, Any], Any]) -> None:
        self.inner = inner
        self.edit = edit

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        response.read()
        if not response.is_success:
            return response
        body = self.edit(request.method, request.url.path, response.json())
        return httpx.Response(response.status_code, json=body)


def each_run(change: Callable[[dict[str, Any]], None]) -> Callable[[str, str, Any], Any]:
    """An edit of every run that is answered, alone or in a list."""

    def edit(method: str, path: str, body: Any) -> Any:
        if path.endswith(("/steps", "/test-results")):
            return body
        for run in body.get("data", [body]):
            change(run)
        return body

    return edit
