"""An emulator with or without a quirk, and objects of all four APIs to look at."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import PROGRAM, V2, Emulator

MODEL = {"custom.py": PROGRAM}
BOTH = pytest.mark.parametrize("quirked", [False, True], ids=["plain", "quirked"])
TABLE = b"age,income\n" + b"31,1000\n42,2000\n" * 10
LINE = b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}\n'
REPO = {"type": "ml-repo", "name": "fraud", "storage_integration_fqn": "s"}
REGISTRY = "/api/ml/v1"


def emulator_with(quirk: str, quirked: bool, **options: Any) -> Emulator:
    """An emulator, with or without the quirk, whose client every API knows."""
    emulator = Emulator(quirks=(quirk,) if quirked else (), **options)
    emulator.http.headers["Authorization"] = "Bearer any-token"
    return emulator


def read(emulator: Emulator, path: str, **query: Any) -> Any:
    """The JSON of a GET that must succeed, of any API."""
    answer = emulator.http.get(path, params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent(emulator: Emulator, method: str, path: str, **arguments: Any) -> Any:
    """The JSON of a write that must succeed, of any API."""
    answer = emulator.http.request(method, path, **arguments)
    assert answer.status_code < 300, answer.text
    return answer.json()


def registered(emulator: Emulator, **fields: Any) -> Any:
    """A version of a registered model."""
    sent(emulator, "PUT", f"{REGISTRY}/ml-repos", json={"manifest": REPO})
    manifest = {
        "type": "model-version",
        "name": "churn",
        "ml_repo": "fraud",
        "metadata": {},
        "source": {"type": "truefoundry"},
        "step": 0,
        **fields,
    }
    return sent(emulator, "PUT", f"{REGISTRY}/model-versions", json={"manifest": manifest})["data"]


def uploaded(emulator: Emulator) -> Any:
    """A file for batches."""
    data = {"purpose": "batch"}
    return sent(emulator, "POST", "/v1/files", files={"file": ("in.jsonl", LINE)}, data=data)


def batched(emulator: Emulator, **fields: Any) -> Any:
    """A batch of one line."""
    body = {"input_file_id": uploaded(emulator)["id"], **fields}
    return sent(emulator, "POST", "/v1/batches", json=body)


def ran(emulator: Emulator) -> Any:
    """A model run."""
    return sent(emulator, "POST", "/v1/model-runs", json={"project_name": "analytics"})


def model_test(emulator: Emulator, model: str) -> Any:
    """The list entry of a finished test of the model's latest version."""
    version = emulator.get(f"/customModels/{model}/")["latestVersion"]["id"]
    body = {"customModelId": model, "customModelVersionId": version}
    body["datasetId"] = emulator.dataset(TABLE)
    sent(emulator, "POST", f"{V2}/customModelTests/", json=body)
    return emulator.get("/customModelTests/", customModelId=model)["data"][0]


def listings(emulator: Emulator) -> dict[str, tuple[list[Any], list[Any]]]:
    """For the lists of all four APIs: the ids in the order of creation, and the ids listed."""
    model, environment = emulator.model()["id"], emulator.environment()
    versions = [emulator.version(model, MODEL)["id"] for _ in range(2)]
    built = [emulator.environment_version(environment)["id"] for _ in range(2)]
    batches = [batched(emulator)["id"] for _ in range(2)]
    numbers = [registered(emulator)["id"] for _ in range(2)]
    runs = [ran(emulator)["id"] for _ in range(2)]
    made = {
        f"{V2}/customModels/": [model, emulator.model()["id"]],
        f"{V2}/customModels/{model}/versions/": versions,
        f"{V2}/executionEnvironments/?isOwn=true&isPublic=false": [
            environment,
            emulator.environment(),
        ],
        f"{V2}/executionEnvironments/{environment}/versions/": built,
        f"{REGISTRY}/model-versions": numbers,
        "/v1/model-runs": runs,
        "/v1/batches": batches,
    }
    return {
        path: (ids, [item["id"] for item in read(emulator, path)["data"]])
        for path, ids in made.items()
    }
