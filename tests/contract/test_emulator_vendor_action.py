"""The requests of the vendor's GitHub action, in its order and its spelling.

https://github.com/datarobot-oss/custom-models-action differs from the official client: lists
without a query, filters in the JSON body of a GET, exact statuses, fields that no page has.  Its
functional tests of models run against the emulator; these requests are the ones that they send.
"""

from __future__ import annotations

import json
from typing import Any

from tests.support.emulator import PROGRAM, V2, Emulator, path_of

MODELS = "/customModels/"
GRADES = b"Grade 2014,age,split\n" + b"2,31,T\n3,42,H\n" * 10
FIRST, SECOND = "a" * 40, "b" * 40
PROVIDED_ID = "vm/functional-tests/model-1"
CHECKS = {
    "errorCheck": "fail",
    "longRunningService": "fail",
    **dict.fromkeys(
        ("sideEffects", "predictionVerificationCheck", "performanceCheck", "stabilityCheck"), "skip"
    ),
}


def commit(sha: str, pull_request: str | None = None) -> dict[str, Any]:
    """The commit as the action records it."""
    return {
        "refName": "master",
        "commitUrl": f"https://github.com/acme/models/commit/{sha}",
        "mainBranchCommitSha": sha,
        "pullRequestCommitSha": pull_request,
    }


def new_model(emulator: Emulator, **settings: Any) -> str:
    """The id of a model, created with the action's body."""
    body = {
        "customModelType": "inference",
        "targetType": "Regression",
        "targetName": "Grade 2014",
        "isUnstructuredModelKind": False,
        "userProvidedId": PROVIDED_ID,
        "gitModelVersion": commit(FIRST),
        "name": "Grades",
        **settings,
    }
    return str(emulator.call("POST", MODELS, 201, json=body).json()["id"])


def upload(emulator: Emulator, method: str, model: str, *paths: str, **fields: str) -> Any:
    """A version: the name of each file part is its path, and ``filePath`` says it again."""
    form = {
        "isMajorUpdate": "False",
        "gitModelVersion": json.dumps(commit(FIRST)),
        "baseEnvironmentId": emulator.public_environment()["id"],
        **fields,
    }
    parts: list[tuple[str, Any]] = [(name, (None, value)) for name, value in form.items()]
    for path in paths:
        parts += [("file", (path, PROGRAM)), ("filePath", (None, path))]
    return emulator.call(method, f"{MODELS}{model}/versions/", 201, files=parts).json()


def latest(emulator: Emulator, model: str) -> Any:
    """The action takes the first item of a list whose limit it sends in the body."""
    path = f"{MODELS}{model}/versions/"
    return emulator.call("GET", path, 200, json={"limit": 1}).json()["data"][0]


def test_the_start_of_a_run() -> None:
    emulator = Emulator()
    # Joined from a base URL with a closing slash and a path with an opening one.
    assert emulator.http.get(f"http://emulator{V2}//ping").status_code == 200
    for path in ("/deployments/", MODELS):
        assert emulator.get(path) == {
            "count": 0,
            "data": [],
            "next": None,
            "previous": None,
            "totalCount": 0,
        }
    assert emulator.get("/executionEnvironments/")["totalCount"] > 0


def test_a_pull_request_and_the_push_after_it() -> None:
    emulator = Emulator()
    model = new_model(emulator)
    first = upload(emulator, "POST", model, "custom.py", "score/loader.py")
    assert [item["filePath"] for item in first["items"]] == ["custom.py", "score/loader.py"]
    recorded = json.dumps(commit(FIRST, SECOND))
    upload(emulator, "PATCH", model, gitModelVersion=recorded, maximumMemory=str(2**28))
    newest = latest(emulator, model)
    assert (newest["label"], newest["maximumMemory"]) == ("v1.1", 2**28)
    assert (newest["isFrozen"], newest["gitModelVersion"]) == (False, commit(FIRST, SECOND))
    # The merge moves the commit of the version that the pull request made.
    path = f"{MODELS}{model}/versions/{newest['id']}/"
    moved = emulator.call("PATCH", path, 200, json={"gitModelVersion": commit(SECOND)}).json()
    assert moved["gitModelVersion"] == commit(SECOND)
    assert latest(emulator, model)["id"] == newest["id"]


def test_a_model_that_exists_is_found_by_its_identity() -> None:
    emulator = Emulator()
    model = new_model(emulator)
    body = {
        "name": "Again",
        "customModelType": "inference",
        "targetType": "Regression",
        "targetName": "Grade 2014",
        "userProvidedId": PROVIDED_ID,
    }
    answer = emulator.call("POST", MODELS, 422, json=body).json()
    # The action recognizes the refusal by these words.
    assert "Cannot create a custom model with a user provided ID" in answer["message"]
    held = emulator.get(MODELS)["data"]
    assert [one["id"] for one in held if one.get("userProvidedId") == PROVIDED_ID] == [model]


def test_settings_are_changed_one_at_a_time() -> None:
    emulator = Emulator()
    path = f"{MODELS}{new_model(emulator)}/"
    before = emulator.get(path)
    changes = {
        "name": "Marks",
        "description": "Of juniors.",
        "language": "Legacy",
        "targetName": "Grade",
        "predictionThreshold": 0.2,
    }
    for name, value in changes.items():
        # Before it writes, the action reads the present value and needs the key to be there.
        assert before[name] != value
        body = {name: value, "gitModelVersion": commit(SECOND)}
        assert emulator.call("PATCH", path, 200, json=body).json()[name] == value
    assert emulator.get(path).items() >= changes.items()


def test_training_data_of_a_version() -> None:
    emulator = Emulator()
    model = new_model(emulator)
    first = upload(emulator, "POST", model, "custom.py")
    path = f"{MODELS}{model}/"
    switch = {"isTrainingDataForVersionsPermanentlyEnabled": True}
    emulator.call("PATCH", path, 200, json=switch)
    body = {
        "trainingData": {"datasetId": emulator.dataset(GRADES)},
        "holdoutData": {"partitionColumn": "split"},
        "gitModelVersion": commit(FIRST),
    }
    answer = emulator.call("PATCH", f"{path}versions/withTrainingData/", 202, json=body)
    made = emulator.get(path_of(emulator.call("GET", path_of(answer), 303)))
    assert made["id"] == latest(emulator, model)["id"] != first["id"]
    assert made["trainingData"]["datasetId"] == body["trainingData"]["datasetId"]
    assert made["holdoutData"]["partitionColumn"] == "split"


def test_training_data_of_another_target() -> None:
    emulator = Emulator()
    name = "isTrainingDataForVersionsPermanentlyEnabled"
    model = new_model(emulator, targetName="Other", **{name: True})
    upload(emulator, "POST", model, "custom.py")
    body = {
        "trainingData": {"datasetId": emulator.dataset(GRADES)},
        "holdoutData": {"partitionColumn": "split"},
        "gitModelVersion": commit(FIRST),
    }
    path = f"{MODELS}{model}/versions/withTrainingData/"
    answer = emulator.call("PATCH", path, 422, json=body).json()
    assert answer["message"] == "Custom model's target is not found in the provided dataset"
    assert latest(emulator, model)["label"] == "v1.0"


def test_a_version_is_tested() -> None:
    emulator = Emulator()
    model = new_model(emulator)
    version = upload(emulator, "POST", model, "custom.py")["id"]
    body = {
        "customModelId": model,
        "customModelVersionId": version,
        "datasetId": emulator.dataset(GRADES),
        "configuration": CHECKS,
        "maximumMemory": 2**28,
    }
    answer = emulator.call("POST", "/customModelTests/", 202, json=body)
    result = emulator.get(path_of(emulator.call("GET", path_of(answer), 303)))
    assert result["overallStatus"] == "succeeded"
    assert all(check.keys() >= {"status", "message"} for check in result["testingStatus"].values())
    assert emulator.get("/customModelTests/", customModelId=model)["count"] == 1


def test_a_packaged_version_is_followed_by_a_major_one() -> None:
    emulator = Emulator()
    model = new_model(emulator)
    version = upload(emulator, "POST", model, "custom.py")
    body = {"customModelVersionId": version["id"], "registeredModelName": "Grades"}
    answer = emulator.call("POST", "/modelPackages/fromCustomModelVersion/", 201, json=body)
    emulator.call("GET", path_of(answer), 303)
    found = emulator.get("/registeredModels/", search="Grades")["data"][0]
    assert found["id"] == answer.json()["registeredModelId"]
    packages = emulator.get(f"/registeredModels/{found['id']}/versions/")["data"]
    assert [package["modelId"] for package in packages] == [version["id"]]
    frozen = latest(emulator, model)["isFrozen"]
    assert frozen is True
    assert upload(emulator, "PATCH", model, isMajorUpdate=str(frozen))["label"] == "v2.0"


def test_models_that_are_not_in_git_are_deleted_unless_they_are_deployed() -> None:
    emulator = Emulator()
    model, other = new_model(emulator), new_model(emulator, userProvidedId="vm/other")
    for one in (model, other):
        upload(emulator, "POST", one, "custom.py")
    emulator.control("POST", "deployments", {"customModelId": other})
    for ids, expected in (([model], 0), ([model, other], 1)):
        body = {"customModelIds": ids}
        listed = emulator.call("GET", "/customModelDeployments/", 200, json=body).json()
        assert [one["customModel"]["id"] for one in listed["data"]] == [other][:expected]
    emulator.call("DELETE", f"{MODELS}{model}/", 204)
    emulator.call("DELETE", f"{MODELS}{other}/", 409)
