"""Late effects: the answer of a write is lost, and the write takes effect some time afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from reconciler.emulator import serve
from reconciler.emulator.app import Options, create_app
from tests.support.emulator import (
    DOCKERFILE,
    PROGRAM,
    TABLE,
    V2,
    Clock,
    Emulator,
    path_of,
    tarball,
)

MODELS = f"{V2}/customModels/"
BODY = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
LINE = b'{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{}}\n'
REPO = {"manifest": {"type": "ml-repo", "name": "fraud", "storage_integration_fqn": "s"}}


def plan(emulator: Emulator, **fault: Any) -> None:
    emulator.control("POST", "faults", {"action": "drop", "when": "late", **fault})


def total(emulator: Emulator) -> int:
    return int(emulator.get("/customModels/")["totalCount"])


def lose(emulator: Emulator, method: str, path: str, **arguments: Any) -> None:
    """Send a write whose answer is lost and whose effect comes 90 seconds later."""
    plan(emulator, method=method, late=90, path=path)
    with pytest.raises(httpx.ReadError):
        emulator.http.request(method, path, **arguments)


def test_the_effect_comes_after_the_answer_was_lost() -> None:
    emulator = Emulator()
    lose(emulator, "POST", MODELS, json=BODY)
    lost = {"method": "POST", "path": MODELS, "status": None, "body": BODY, "fault": "drop"}
    assert emulator.log() == [{**lost, "effect": None}]
    emulator.clock.now += 89.9
    assert total(emulator) == 0
    emulator.clock.now += 10
    assert total(emulator) == 1
    # The request is logged once, where it was sent.
    assert emulator.log()[0] == {**lost, "effect": 201}
    assert [entry["method"] for entry in emulator.log()] == ["POST", "GET", "GET"]
    assert total(emulator) == 1


def test_the_effect_has_its_own_time_and_its_own_user() -> None:
    emulator = Emulator(users=("ann@example.com",))
    plan(emulator, method="POST", late=30)
    started = emulator.clock.now
    with pytest.raises(httpx.ReadError):
        emulator.client("ann@example.com").post(MODELS, json=BODY)
    emulator.clock.now = started + 30
    expected = emulator.clock_text()
    emulator.clock.now = started + 500
    (made,) = emulator.client("ann@example.com").get(MODELS).json()["data"]
    assert (made["created"], made["createdBy"]) == (expected, "ann@example.com")
    assert emulator.clock_text() != expected


def test_effects_come_in_the_order_of_their_times_and_before_later_requests() -> None:
    emulator = Emulator()
    for name, late in (("second", 50), ("first", 20)):
        emulator.control("DELETE", "faults")
        plan(emulator, method="POST", late=late)
        with pytest.raises(httpx.ReadError):
            emulator.http.post(MODELS, json={**BODY, "name": name})
    emulator.clock.now += 60
    emulator.model(name="third")
    names = [model["name"] for model in emulator.get("/customModels/", orderBy="created")["data"]]
    assert names == ["first", "second", "third"]


@pytest.mark.parametrize(("action", "status"), [("drop", None), ("timeout", None), ("status", 504)])
def test_the_answer_is_lost_in_each_way(action: str, status: int | None) -> None:
    emulator = Emulator()
    plan(emulator, action=action, method="POST", late=5, status=504)
    try:
        answered = emulator.http.post(MODELS, json=BODY).status_code
    except httpx.TransportError:
        answered = None
    assert answered == status
    assert total(emulator) == 0
    emulator.clock.now += 5
    assert total(emulator) == 1


@pytest.mark.parametrize("action", ["delay", "truncate"])
def test_an_answer_that_arrives_has_no_late_effect(action: str) -> None:
    emulator = Emulator()
    fault = {"action": action, "when": "late"}
    refused = emulator.http.post("/__emulator__/faults", json=fault)
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["when"])
    assert emulator.control("GET", "faults") == []


def test_a_late_request_can_be_refused() -> None:
    emulator = Emulator()
    emulator.model(userProvidedId="fraud/churn")
    lose(emulator, "POST", MODELS, json={**BODY, "userProvidedId": "fraud/churn"})
    emulator.clock.now += 90
    assert total(emulator) == 1
    assert emulator.log()[1]["effect"] == 422


def test_reset_drops_late_requests() -> None:
    emulator = Emulator()
    lose(emulator, "POST", MODELS, json=BODY)
    emulator.control("POST", "reset")
    emulator.clock.now += 90
    assert total(emulator) == 0


def test_an_effect_comes_before_a_request_that_was_delayed_past_it() -> None:
    emulator = Emulator()
    lose(emulator, "POST", MODELS, json=BODY)
    plan(emulator, action="delay", when="before", seconds=100)
    assert total(emulator) == 1


def test_the_controls_see_late_effects_too() -> None:
    emulator = Emulator()
    lose(emulator, "POST", MODELS, json=BODY)
    emulator.clock.now += 90
    assert len(emulator.control("GET", "state")["models"]) == 1


def uploads_model_version(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    path = f"{MODELS}{emulator.model()['id']}/versions/"
    environment = emulator.public_environment()["id"]
    parts = [
        ("isMajorUpdate", (None, "True")),
        ("baseEnvironmentId", (None, environment)),
        ("file", ("custom.py", PROGRAM)),
        ("filePath", (None, "src/custom.py")),
    ]
    return path, {"files": parts}, path


def uploads_environment_version(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    path = f"{V2}/executionEnvironments/{emulator.environment()}/versions/"
    packed = tarball({"Dockerfile": DOCKERFILE})
    return path, {"files": {"dockerContext": ("c.tar.gz", packed)}}, path


def starts_model_test(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    body = {
        "customModelId": model,
        "customModelVersionId": version,
        "datasetId": emulator.dataset(TABLE),
        "configuration": {"errorCheck": "fail"},
    }
    listed = f"{V2}/customModelTests/?customModelId={model}"
    return f"{V2}/customModelTests/", {"json": body}, listed


def creates_registry_repo(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    path = "/api/ml/v1/ml-repos"
    return path, {"json": REPO}, path


def triggers_model_run(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    return "/v1/model-runs", {"json": {"project_name": "analytics"}}, "/v1/model-runs"


def uploads_batch_file(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    arguments = {"files": {"file": ("in.jsonl", LINE)}, "data": {"purpose": "batch"}}
    return "/v1/files", arguments, "/v1/files"


def creates_batch(emulator: Emulator) -> tuple[str, dict[str, Any], str]:
    path, arguments, _ = uploads_batch_file(emulator)
    file = emulator.http.post(path, **arguments).json()["id"]
    return "/v1/batches", {"json": {"input_file_id": file}}, "/v1/batches"


@pytest.mark.parametrize(
    "prepare",
    [
        uploads_model_version,
        uploads_environment_version,
        starts_model_test,
        creates_registry_repo,
        triggers_model_run,
        uploads_batch_file,
        creates_batch,
    ],
)
def test_every_api_has_late_effects(
    prepare: Callable[[Emulator], tuple[str, dict[str, Any], str]],
) -> None:
    emulator = Emulator()
    # The four APIs agree on this scheme alone.
    emulator.http.headers["Authorization"] = "Bearer any-token"
    path, arguments, listed = prepare(emulator)
    before = len(emulator.http.get(listed).json()["data"])
    method = "PUT" if "ml-repos" in path else "POST"
    lose(emulator, method, path, **arguments)
    emulator.clock.now += 60
    assert len(emulator.http.get(listed).json()["data"]) == before
    emulator.clock.now += 30
    assert len(emulator.http.get(listed).json()["data"]) == before + 1


def test_a_late_job_runs_from_its_own_start() -> None:
    emulator = Emulator(job_time=10)
    path = f"{V2}/datasets/fromFile/"
    lose(emulator, "POST", path, files={"file": ("table.csv", TABLE)})
    emulator.clock.now += 99
    job = emulator.control("GET", "state")["jobs"][-1]
    assert (job["state"], job["due"]) == ("RUNNING", 1_700_000_100.0)
    emulator.clock.now += 1
    answer = emulator.http.get(f"{V2}/status/{job['id']}/")
    assert answer.status_code == 303
    assert path_of(answer).startswith("/datasets/")


def test_a_served_emulator_has_late_effects() -> None:
    clock = Clock()
    with (
        serve.running(create_app(Options(), clock, clock.sleep)) as url,
        httpx.Client(base_url=url, headers={"Authorization": "Token x"}) as client,
    ):
        fault = {"action": "timeout", "when": "late", "method": "POST", "seconds": 60, "late": 90}
        client.post("/__emulator__/faults", json=fault)
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(MODELS, json=BODY)
        assert client.get(MODELS).json()["totalCount"] == 0
        clock.now += 30
        assert client.get(MODELS).json()["totalCount"] == 1
