"""Custom models: defaults, target types and labels, changes, filters, deletion, limits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import ANN, PROGRAM, V2, Emulator

MODELS = "/customModels/"
GIT = {
    "commitUrl": "https://github.com/acme/m/commit/1",
    "mainBranchCommitSha": "a" * 40,
    "pullRequestCommitSha": None,
    "refName": "main",
}


def test_a_binary_model_has_default_labels_and_threshold() -> None:
    model = Emulator().model()
    assert (model["positiveClassLabel"], model["negativeClassLabel"]) == ("1", "0")
    assert model["predictionThreshold"] == 0.5
    assert model["supportsBinaryClassification"]
    assert not model["supportsRegression"]
    assert model["latestVersion"] is model["template"] is None
    assert (model["description"], model["language"], model["deploymentsCount"]) == ("", "", 0)
    assert model["created"] == model["updated"] == "2023-11-14T22:13:20.000000Z"


def test_what_a_model_does_not_have_is_left_out() -> None:
    model = Emulator().model(targetType="Unstructured", targetName=...)
    absent = {"targetName", "positiveClassLabel", "classLabels", "userProvidedId"}
    assert not absent & model.keys()
    assert "predictionThreshold" not in model


def test_a_regression_model_has_a_threshold() -> None:
    emulator = Emulator()
    model = emulator.model(targetType="Regression")
    assert model["predictionThreshold"] == 0.5
    path = f"{MODELS}{model['id']}/"
    changed = emulator.call("PATCH", path, 200, json={"predictionThreshold": 0.2}).json()
    assert changed["predictionThreshold"] == emulator.get(path)["predictionThreshold"] == 0.2
    given = emulator.model(targetType="Regression", predictionThreshold=0.3)
    assert given["predictionThreshold"] == 0.3


def test_the_unstructured_switch_of_another_client_is_taken_and_not_shown() -> None:
    emulator = Emulator()
    model = emulator.model(isUnstructuredModelKind=False)
    assert "isUnstructuredModelKind" not in model
    body = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
    emulator.call("POST", MODELS, 201, json={**body, "isUnstructuredModelKind": True})
    emulator.call("POST", MODELS, 422, json={**body, "isUnstructuredModelKind": "yes"})


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"targetType": ...}, "targetType"),
        ({"targetType": "Multilabel"}, "targetType"),
        ({"supportsRegression": True}, "targetType"),
        ({"targetName": ...}, "targetName"),
        ({"targetName": None}, "targetName"),
        ({"customModelType": "training"}, "targetName"),
        ({"customModelType": ...}, "customModelType"),
        ({"name": ""}, "name"),
        ({"positiveClassLabel": "yes"}, "negativeClassLabel"),
        ({"positiveClassLabel": "x", "negativeClassLabel": "x"}, "negativeClassLabel"),
        ({"classLabels": ["a", "b"]}, "classLabels"),
        ({"targetType": "Multiclass"}, "classLabels"),
        ({"targetType": "Multiclass", "classLabels": ["a", "a"]}, "classLabels"),
        ({"targetType": "Multiclass", "classLabels": ["a"] * 101}, "classLabels"),
        (
            {"targetType": "TextGeneration", "predictionThreshold": 0.5},
            "predictionThreshold",
        ),
        ({"predictionThreshold": None}, "predictionThreshold"),
        ({"userProvidedId": "x" * 101}, "userProvidedId"),
        ({"gitModelVersion": {**GIT, "mainBranchCommitSha": "short"}}, "gitModelVersion"),
        ({"gitModelVersion": {**GIT, "commitUrl": "no url"}}, "gitModelVersion"),
        ({"maximumMemory": 1}, "maximumMemory"),
        ({"replicas": 9}, "replicas"),
        ({"networkEgressPolicy": "SOME"}, "networkEgressPolicy"),
    ],
)
def test_impossible_models(settings: dict[str, Any], field: str) -> None:
    body = {
        "name": "m",
        "customModelType": "inference",
        "targetType": "Binary",
        "targetName": "t",
        **settings,
    }
    sent = {name: value for name, value in body.items() if value is not ...}
    answer = Emulator().call("POST", MODELS, 422, json=sent).json()
    assert field in answer["errors"]


def test_the_older_flags_stand_for_a_target_type() -> None:
    emulator = Emulator()
    model = emulator.model(targetType=..., supportsRegression=True)
    assert model["targetType"] == "Regression"
    model = emulator.model(supportsBinaryClassification=True, supportsRegression=False)
    assert model["targetType"] == "Binary"
    model = emulator.model(customModelType="training", targetType="Transform", targetName=...)
    assert model["customModelType"] == "training"


def test_a_user_provided_id_is_unique_in_the_installation() -> None:
    emulator = Emulator()
    first = emulator.model(userProvidedId="fraud/churn")
    assert first["userProvidedId"] == "fraud/churn"
    body = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
    taken = {**body, "userProvidedId": "fraud/churn"}
    answer = emulator.client(ANN).post(V2 + MODELS, json=taken)
    assert answer.status_code == 422
    start = "Cannot create a custom model with a user provided ID"
    assert answer.json()["message"].startswith(start)
    emulator.call("DELETE", f"{MODELS}{first['id']}/", 204)
    emulator.model(userProvidedId="fraud/churn")


def test_a_change_moves_updated() -> None:
    emulator = Emulator()
    model = emulator.model(description="before", gitModelVersion=GIT)
    path = f"{MODELS}{model['id']}/"
    emulator.clock.sleep(1)
    # The page documents 201 for this PATCH; the platform sends 200.
    same = emulator.call("PATCH", path, 200, json={}).json()
    assert same == model
    body = {"name": "After", "language": "Python", "maximumMemory": 2**28}
    changed = emulator.call("PATCH", path, 200, json=body).json()
    assert changed == {**model, **body, "updated": "2023-11-14T22:13:21.000000Z"}
    assert emulator.get(path) == changed


def test_a_control_chooses_the_status_of_a_change() -> None:
    emulator = Emulator()
    path = f"{MODELS}{emulator.model()['id']}/"
    emulator.control("POST", "statuses", {"modelPatched": 201})
    emulator.call("PATCH", path, 201, json={"name": "After"})
    emulator.control("POST", "statuses", {"modelPatched": 200})
    emulator.call("PATCH", path, 200, json={"name": "Later"})
    wrong = {"modelPatched": 204}
    assert emulator.http.post("/__emulator__/statuses", json=wrong).status_code == 422


def test_null_labels_go_back_to_the_defaults() -> None:
    emulator = Emulator()
    model = emulator.model(positiveClassLabel="yes", negativeClassLabel="no")
    path = f"{MODELS}{model['id']}/"
    body: dict[str, Any] = {"positiveClassLabel": None, "negativeClassLabel": None}
    changed = emulator.call("PATCH", path, 200, json=body).json()
    assert (changed["positiveClassLabel"], changed["negativeClassLabel"]) == ("1", "0")
    emulator.call("PATCH", path, 422, json={"positiveClassLabel": "yes"})


@pytest.mark.parametrize(
    "body",
    [
        {"targetType": "Regression"},
        {"calibratePredictions": False},
        {"userProvidedId": "x"},
        {"customModelType": "inference"},
        {"name": None},
        {"description": None},
        {"language": None},
        {"targetName": None},
        {"predictionThreshold": None},
        {"classLabels": ["a", "b"]},
    ],
)
def test_what_a_change_cannot_do(body: dict[str, Any]) -> None:
    emulator = Emulator()
    path = f"{MODELS}{emulator.model()['id']}/"
    assert emulator.call("PATCH", path, 422, json=body).json()["errors"].keys() == body.keys()


def test_training_data_for_versions_is_a_one_way_switch() -> None:
    emulator = Emulator()
    name = "isTrainingDataForVersionsPermanentlyEnabled"
    path = f"{MODELS}{emulator.model()['id']}/"
    for value, status in ((False, 200), (True, 200), (True, 200), (False, 422)):
        emulator.call("PATCH", path, status, json={name: value})


def test_a_deployment_holds_labels_and_target() -> None:
    emulator = Emulator()
    model = emulator.model()
    emulator.version(model["id"], {"custom.py": PROGRAM})
    deployment = emulator.control("POST", "deployments", {"customModelId": model["id"]})
    path = f"{MODELS}{model['id']}/"
    labels = {"positiveClassLabel": "1", "negativeClassLabel": "0"}
    for body in (labels, {"targetName": "churned"}):
        emulator.call("PATCH", path, 409, json=body)
    emulator.call("PATCH", path, 200, json={"name": "x", "predictionThreshold": 0.1})
    assert emulator.get(MODELS, isDeployed="true")["totalCount"] == 1
    answer = emulator.call("DELETE", path, 409).json()
    assert answer["link"] == f"http://emulator/api/v2/deployments/?customModelId={model['id']}"
    emulator.control("DELETE", f"deployments/{deployment['id']}")
    emulator.call("PATCH", path, 200, json=labels)
    emulator.call("DELETE", path, 204)


def test_orders_and_filters() -> None:
    emulator = Emulator()
    ids = []
    for name in ("a", "b", "c"):
        ids.append(emulator.model(name=name, language="R" if name == "b" else "Python")["id"])
    emulator.clock.sleep(1)
    emulator.call("PATCH", f"{MODELS}{ids[0]}/", 200, json={"description": "Needle"})

    def listed(**query: str) -> list[str]:
        return [model["name"] for model in emulator.get(MODELS, **query)["data"]]

    assert listed() == listed(orderBy="-created") == ["c", "b", "a"]
    assert listed(orderBy="created") == ["a", "b", "c"]
    assert listed(orderBy="updated") == ["b", "c", "a"]
    assert listed(orderBy="-updated") == ["a", "c", "b"]
    assert listed(searchFor="needle") == ["a"]
    assert listed(searchFor="r") == ["b"]
    assert listed(customModelType="training") == []
    assert listed(targetType="Regression") == []


def test_a_deleted_model_takes_everything_with_it() -> None:
    emulator = Emulator()
    model = emulator.model()
    version = emulator.version(model["id"], {"custom.py": PROGRAM})
    emulator.call("DELETE", f"{MODELS}{model['id']}/", 204)
    for tail in ("", "versions/", f"versions/{version['id']}/", "accessControl/", "download/"):
        emulator.call("GET", f"{MODELS}{model['id']}/{tail}", 404)
    state = emulator.control("GET", "state")
    assert not {"models", "modelVersions"} & state.keys()


def test_limits_are_kept_and_can_be_lowered() -> None:
    emulator = Emulator()
    limits = emulator.get("/customModelLimits/")
    assert limits["maxCustomModelContainerSize"] == 15032385536
    emulator.control("POST", "limits", {"maxCustomModelReplicasPerDeployment": 2})
    assert emulator.get("/customModelLimits/") == {
        **limits,
        "maxCustomModelReplicasPerDeployment": 2,
    }
    model = emulator.model()["id"]
    environment = emulator.public_environment()["id"]
    answer = emulator.upload("POST", model, {}, baseEnvironmentId=environment, replicas=3)
    assert answer.status_code == 422
    assert "replicas" in answer.json()["errors"]
    answer = emulator.upload("POST", model, {}, baseEnvironmentId=environment, replicas=2)
    assert answer.status_code == 201
