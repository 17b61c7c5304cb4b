"""An emulator with an object of every kind, made when first asked for, and our client on it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, BinaryIO

from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.http import Endpoint, Http, Runtime
from tests.support.contract_transport import ContractTransport
from tests.support.emulator import (
    ANN,
    OWNER,
    PROGRAM,
    V2,
    Emulator,
    EmulatorTransport,
    path_of,
    tarball,
)

JOB = 10.0
FLAG = {"isTrainingDataForVersionsPermanentlyEnabled": True}
MISSING = "5f0000000000000000000000"
"""An id of nothing."""

FINISHED_JAVA = b"class Main {}"


class Ground:
    """Jobs take ten seconds of a clock that only sleeping moves."""

    def __init__(self, **options: Any) -> None:
        self.emulator = Emulator(job_time=JOB, **options)
        self.wire = ContractTransport(EmulatorTransport(self.emulator.app))
        self.client = self.client_of(OWNER)

    def client_of(self, user: str) -> Client:
        """Our client, with the rights of that user."""
        endpoint = Endpoint(f"http://emulator{V2}", user, "Bearer")
        outside = Runtime(self.wire, self.emulator.clock.sleep, self.emulator.clock)
        return Client(Http(endpoint, outside))

    @cached_property
    def ann(self) -> Client:
        """Our client as a user without any role."""
        return self.client_of(ANN)

    def settle(self) -> None:
        """Let every job end."""
        self.emulator.clock.sleep(JOB)

    def sent(self) -> list[tuple[str, str]]:
        """Method and path of every request since the last call, oldest first."""
        log = [(entry["method"], entry["path"].partition("?")[0]) for entry in self.emulator.log()]
        self.emulator.control("DELETE", "requests")
        return log

    def refuse(self, method: str, path: str, status: int) -> None:
        """Plan this answer for every such request."""
        fault = {"action": "status", "status": status, "times": 99, "method": method, "path": path}
        self.emulator.control("POST", "faults", fault)

    # -- environments ----------------------------------------------------------------------

    @cached_property
    def environment(self) -> str:
        """An environment of its owner, built."""
        made = self.emulator.built_environment()
        self.settle()
        return made

    @cached_property
    def environment_version(self) -> str:
        found = self.emulator.get(f"/executionEnvironments/{self.environment}/")
        return str(found["latestVersion"]["id"])

    @cached_property
    def deleted_environment(self) -> str:
        made = self.emulator.environment()
        self.emulator.call("DELETE", f"/executionEnvironments/{made}/", 204)
        return made

    @cached_property
    def public(self) -> str:
        return str(self.emulator.public_environment()["id"])

    # -- models ----------------------------------------------------------------------------

    @cached_property
    def dataset(self) -> str:
        made = self.emulator.dataset()
        self.settle()
        return made

    @cached_property
    def model(self) -> str:
        """A model whose versions hold their training data."""
        return str(self.emulator.model(**FLAG)["id"])

    @cached_property
    def version(self) -> str:
        """A version with a program, a Java class, dependencies and training data."""
        files = {"custom.py": PROGRAM, "Main.java": FINISHED_JAVA, "requirements.txt": b"pandas\n"}
        data = json.dumps({"datasetId": self.dataset})
        made = self.emulator.version(self.model, files, trainingData=data)["id"]
        self.settle()
        return str(made)

    @property
    def ids(self) -> tuple[str, str]:
        """The model and its version."""
        return self.model, self.version

    @property
    def at(self) -> str:
        """The version's path."""
        return f"/customModels/{self.model}/versions/{self.version}/"

    @cached_property
    def plain_model(self) -> str:
        """A model that keeps training data for all its versions at once."""
        return str(self.emulator.model()["id"])

    @cached_property
    def plain_version(self) -> str:
        """Its version; nothing to build or to wait for, and no training data."""
        return str(self.emulator.version(self.plain_model, {"custom.py": PROGRAM})["id"])

    def item(self, path: str) -> str:
        """The id of a file of the version."""
        items = self.emulator.get(self.at)["items"]
        return next(str(item["id"]) for item in items if item["filePath"] == path)

    # -- jobs ------------------------------------------------------------------------------

    def started_build(self) -> str:
        self.emulator.call("POST", f"{self.at}dependencyBuild/", 202)
        return self.version

    def ended_build(self) -> str:
        made = self.started_build()
        self.settle()
        return made

    def test_body(self) -> dict[str, Any]:
        """What starts a test of the version without dependencies."""
        model, version = self.plain_model, self.plain_version
        return {
            "customModelId": model,
            "customModelVersionId": version,
            "datasetId": self.dataset,
            "configuration": {"errorCheck": "fail", "sideEffects": "skip"},
        }

    def started_test(self) -> str:
        self.emulator.call("POST", "/customModelTests/", 202, json=self.test_body())
        return self._tests()[0]["id"]

    def ended_test(self) -> str:
        made = self.started_test()
        self.settle()
        return made

    def image(self, trained: bool = True) -> str:
        """The image that the test ran, with training data on the model unless told otherwise."""
        self.ended_test()
        if trained:
            path = f"/customModels/{self.plain_model}/trainingData/"
            self.emulator.call("PATCH", path, 202, json={"datasetId": self.dataset})
            self.settle()
        return str(self._tests()[0]["customModelImageId"])

    def image_impact(self) -> str:
        made = self.image()
        self.emulator.call("POST", f"/customInferenceImages/{made}/featureImpact/", 202)
        self.settle()
        return made

    def started_conversion(self) -> str:
        body = {"mainProgramItemId": self.item("Main.java")}
        made = self.emulator.call("POST", f"{self.at}conversions/", 202, json=body).json()
        return str(made["conversionId"])

    def ended_conversion(self) -> str:
        made = self.started_conversion()
        self.settle()
        return made

    def impact(self) -> None:
        """The version has a feature impact."""
        self.emulator.call("POST", f"{self.at}featureImpact/", 202)
        self.settle()

    def status(self) -> str:
        """The status of an ended job."""
        answer = self.emulator.call("POST", f"{self.at}featureImpact/", 202)
        self.settle()
        return path_of(answer).split("/")[2]

    def _tests(self) -> Any:
        return self.emulator.get("/customModelTests/", customModelId=self.plain_model)["data"]


Opener = Callable[[], BinaryIO]


def opened(files: Mapping[str, bytes]) -> dict[str, Opener]:
    """Files as the client takes them."""

    def opener(content: bytes) -> Opener:
        def opens() -> BinaryIO:
            return io.BytesIO(content)

        return opens

    return {name: opener(content) for name, content in files.items()}


def context(dockerfile: bytes = b"FROM python:3.11\n") -> dict[str, tuple[str, Opener]]:
    """A Docker context as the client takes it."""
    packed = tarball({"Dockerfile": dockerfile})
    return {"dockerContext": ("context.tar.gz", opened({"c": packed})["c"])}
