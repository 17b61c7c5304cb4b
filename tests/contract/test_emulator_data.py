"""Training data on models and versions, feature impact, prediction explanations, datasets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.emulator import ANN, PROGRAM, TABLE, V2, Emulator, path_of

WIDE = b"a,b,split,churned\n" + b"1,2,H,0\n" * 50


def versioned(emulator: Emulator, table: bytes = WIDE, **fields: Any) -> tuple[str, Any]:
    """The path of a model with version-level training data, and its first version."""
    model = emulator.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    fields.setdefault("trainingData", json.dumps({"datasetId": emulator.dataset(table)}))
    version = emulator.version(model, {"custom.py": PROGRAM}, **fields)
    return f"/customModels/{model}/", version


def test_a_dataset_is_read_shown_and_deleted() -> None:
    emulator = Emulator()
    answer = emulator.http.post(f"{V2}/datasets/fromFile/", files={"file": ("t.csv", TABLE)})
    dataset = path_of(emulator.call("GET", path_of(answer), 303))
    shown = emulator.get(dataset)
    assert shown["datasetId"] == answer.json()["catalogId"]
    assert (shown["name"], shown["rowCount"]) == ("t.csv", 20)
    assert shown["processingState"] == "COMPLETED"
    assert emulator.client(ANN).get(V2 + dataset).status_code == 404
    emulator.call("DELETE", dataset, 204)
    emulator.call("GET", dataset, 404)
    emulator.call("DELETE", dataset, 404)
    assert emulator.http.post(f"{V2}/datasets/fromFile/", json={}).status_code == 422


def test_training_data_of_a_model() -> None:
    emulator = Emulator()
    path = f"/customModels/{emulator.model()['id']}/"
    dataset = emulator.dataset(WIDE)
    body = {"datasetId": dataset, "partitionColumn": "split", "datasetName": "Named"}
    answer = emulator.call("PATCH", f"{path}trainingData/", 202, json=body)
    assert path_of(emulator.call("GET", path_of(answer), 303)) == path
    model = emulator.get(path)
    assert (model["trainingDatasetId"], model["trainingDataPartitionColumn"]) == (dataset, "split")
    assert model["trainingDataFileName"] == "Named"
    emulator.call("PATCH", path, 409, json={"targetName": "churned"})
    emulator.call("PATCH", f"{path}trainingData/", 202, json={"datasetId": dataset})
    emulator.version(model["id"], {"custom.py": PROGRAM})
    emulator.control("POST", "deployments", {"customModelId": model["id"]})
    emulator.call("PATCH", f"{path}trainingData/", 409, json={"datasetId": dataset})


def test_what_cannot_train_a_model() -> None:
    emulator = Emulator()
    path = f"/customModels/{emulator.model()['id']}/trainingData/"
    good, gone = emulator.dataset(WIDE), emulator.dataset(WIDE)
    emulator.call("DELETE", f"/datasets/{gone}/", 204)
    for body, status in (
        ({}, 422),
        ({"datasetId": None}, 422),
        ({"datasetId": "unknown"}, 404),
        ({"datasetId": gone}, 410),
        ({"datasetId": emulator.dataset(b"no,target\n1,2\n")}, 422),
        ({"datasetId": good, "partitionColumn": "nowhere"}, 422),
        ({"datasetId": good, "datasetVersionId": "other"}, 404),
    ):
        emulator.call("PATCH", path, status, json=body)
    switched = emulator.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    body = {"datasetId": good}
    emulator.call("PATCH", f"/customModels/{switched}/trainingData/", 422, json=body)


def test_training_data_of_versions_is_kept_replaced_or_let_go() -> None:
    emulator = Emulator()
    path, first = versioned(emulator, holdoutData=json.dumps({"partitionColumn": "split"}))
    model = path.split("/")[2]
    assert not first["trainingData"]["assignmentInProgress"]
    assert first["holdoutData"] == {"partitionColumn": "split"}
    kept = emulator.next_version(model, {})
    assert kept["trainingData"] == first["trainingData"]
    assert kept["holdoutData"] == first["holdoutData"]
    other = json.dumps({"datasetId": emulator.dataset()})
    replaced = emulator.next_version(model, {}, trainingData=other)
    assert replaced["trainingData"]["datasetId"] != first["trainingData"]["datasetId"]
    assert "holdoutData" not in replaced
    dropped = emulator.next_version(model, {}, keepTrainingHoldoutData="False")
    assert "trainingData" not in dropped


def test_data_that_does_not_fit_is_told_on_the_version() -> None:
    emulator = Emulator()
    for table, holdout, column in (
        (b"a,b\n1,2\n", "", "churned"),
        (WIDE, json.dumps({"partitionColumn": "nowhere"}), "nowhere"),
    ):
        _, version = versioned(emulator, table, holdoutData=holdout)
        assert column in version["trainingData"]["assignmentError"]["message"]


def test_holdout_data_by_target_type() -> None:
    emulator = Emulator()
    dataset = emulator.dataset(WIDE)
    holdout = json.dumps({"datasetId": dataset})
    path, _ = versioned(emulator)
    answer = emulator.upload("PATCH", path.split("/")[2], {}, holdoutData=holdout)
    assert answer.status_code == 422
    model = emulator.model(
        targetType="Unstructured", targetName=..., isTrainingDataForVersionsPermanentlyEnabled=True
    )["id"]
    version = emulator.version(model, {}, trainingData=holdout, holdoutData=holdout)
    assert version["holdoutData"]["datasetId"] == dataset
    partition = json.dumps({"partitionColumn": "split"})
    assert emulator.upload("PATCH", model, {}, holdoutData=partition).status_code == 422


def test_a_minor_version_with_training_data() -> None:
    emulator = Emulator()
    model = emulator.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    path = f"/customModels/{model}/versions/withTrainingData/"
    body = {"trainingData": {"datasetId": emulator.dataset(WIDE)}}
    emulator.call("PATCH", path, 422, json=body)
    first = emulator.version(model, {"custom.py": PROGRAM})
    answer = emulator.call("PATCH", path, 202, json=body)
    version = answer.json()
    assert (version["label"], version["items"]) == ("v1.1", first["items"])
    made = emulator.call("GET", path_of(answer), 303)
    assert emulator.get(path_of(made)) == version
    for wrong in ({}, {"trainingData": None}, {"trainingData": {"datasetId": None}}):
        emulator.call("PATCH", path, 422, json=wrong)
    gone = emulator.dataset()
    emulator.call("DELETE", f"/datasets/{gone}/", 204)
    emulator.call("PATCH", path, 410, json={"trainingData": {"datasetId": gone}})
    off = emulator.model()["id"]
    emulator.version(off, {})
    path = f"/customModels/{off}/versions/withTrainingData/"
    emulator.call("PATCH", path, 422, json=body)


def test_a_minor_version_without_the_target_in_its_data_is_not_made() -> None:
    emulator = Emulator()
    model = emulator.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    emulator.version(model, {"custom.py": PROGRAM})
    path = f"/customModels/{model}/versions/"
    body = {"trainingData": {"datasetId": emulator.dataset(b"a,b\n1,2\n")}}
    answer = emulator.call("PATCH", f"{path}withTrainingData/", 422, json=body).json()
    expected = "Custom model's target is not found in the provided dataset"
    assert answer["message"] == expected
    assert emulator.get(path)["totalCount"] == 1
    free = emulator.model(
        targetType="Unstructured", targetName=..., isTrainingDataForVersionsPermanentlyEnabled=True
    )["id"]
    emulator.version(free, {"custom.py": PROGRAM})
    emulator.call("PATCH", f"/customModels/{free}/versions/withTrainingData/", 202, json=body)


def test_feature_impact_is_computed_once_per_row_count() -> None:
    emulator = Emulator()
    path, version = versioned(emulator, holdoutData=json.dumps({"partitionColumn": "split"}))
    impact = f"{path}versions/{version['id']}/featureImpact/"
    emulator.call("GET", impact, 404)
    first = emulator.call("POST", impact, 202)
    assert path_of(emulator.call("GET", path_of(first), 303)) == impact
    shown = emulator.get(impact)
    assert {item["featureName"] for item in shown["featureImpacts"]} == {"a", "b"}
    assert shown["featureImpacts"][0]["impactNormalized"] == 1.0
    assert (shown["count"], shown["rowCount"]) == (2, None)
    again = emulator.call("POST", impact, 404)
    assert again.json()["jobId"] == first.json()["statusId"]
    emulator.call("POST", impact, 202, json={"rowCount": 50})
    assert emulator.get(impact)["rowCount"] == 50
    assert emulator.get(impact)["featureImpacts"] == shown["featureImpacts"]
    for rows in (9, 51, 100_001, "10", None):
        emulator.call("POST", impact, 422, json={"rowCount": rows})


def test_feature_impact_needs_data_and_a_model_that_works() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    path = f"/customModels/{model}/versions/{version}/featureImpact/"
    emulator.call("GET", path, 422)
    emulator.call("POST", path, 422)
    task = emulator.model(customModelType="training", targetType="Transform", targetName=...)["id"]
    version = emulator.version(task, {})["id"]
    emulator.call("GET", f"/customModels/{task}/versions/{version}/featureImpact/", 422)
    for files, table in (
        ({"custom.py": b"def score(:"}, WIDE),
        ({"custom.py": PROGRAM}, b"churned\n1\n"),
    ):
        path, first = versioned(emulator, table)
        following = emulator.next_version(path.split("/")[2], files)
        impact = f"{path}versions/{following['id']}/featureImpact/"
        answer = emulator.call("POST", impact, 202)
        assert emulator.get(path_of(answer))["status"] == "ERROR"
        emulator.call("GET", impact, 404)
        assert first["label"] == "v1.0"


def test_feature_impact_by_image() -> None:
    emulator = Emulator()
    path, version = versioned(emulator)
    body = {
        "customModelId": path.split("/")[2],
        "customModelVersionId": version["id"],
        "datasetId": emulator.dataset(WIDE),
    }
    emulator.call("POST", "/customModelTests/", 202, json=body)
    tests = emulator.get("/customModelTests/", customModelId=body["customModelId"])
    image = tests["data"][0]["customModelImageId"]
    older = f"/customInferenceImages/{image}/featureImpact/"
    emulator.call("GET", older, 404)
    emulator.call("POST", older, 202, json={"rowCount": 10})
    assert emulator.get(older) == emulator.get(f"{path}versions/{version['id']}/featureImpact/")
    emulator.call("GET", "/customInferenceImages/unknown/featureImpact/", 404)
    assert emulator.client(ANN).get(V2 + older).status_code == 404


def test_an_image_goes_with_its_environment() -> None:
    emulator = Emulator()
    environment = emulator.built_environment()
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM}, baseEnvironmentId=environment)
    body = {"customModelId": model, "customModelVersionId": version["id"]}
    emulator.call("POST", "/customModelTests/", 202, json={**body, "datasetId": emulator.dataset()})
    test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
    older = f"/customInferenceImages/{test['customModelImageId']}/featureImpact/"
    emulator.call("GET", older, 422)
    emulator.call("DELETE", f"/executionEnvironments/{environment}/", 204)
    emulator.call("GET", older, 404)


@pytest.mark.parametrize("older", [False, True])
def test_prediction_explanations(older: bool) -> None:
    emulator = Emulator()
    path, version = versioned(emulator)
    body = {"customModelId": path.split("/")[2], "customModelVersionId": version["id"]}

    def initialize(path: str, body: dict[str, str], expected: int) -> Any:
        if older:
            at = "/customModels/predictionExplanationsInitialization/"
            return emulator.call("POST", at, expected, json=body)
        at = f"{path}versions/{body['customModelVersionId']}/predictionExplanationsInitialization/"
        return emulator.call("POST", at, expected)

    answer = initialize(path, body, 202)
    done = emulator.call("GET", path_of(answer), 303)
    assert path_of(done) == f"{path}versions/{version['id']}/"
    broken = emulator.next_version(body["customModelId"], {"custom.py": b"def score(:"})
    answer = initialize(path, {**body, "customModelVersionId": broken["id"]}, 202)
    assert emulator.get(path_of(answer))["status"] == "ERROR"
    bare = emulator.next_version(body["customModelId"], {}, keepTrainingHoldoutData="False")
    initialize(path, {**body, "customModelVersionId": bare["id"]}, 422)
    text = emulator.model(targetType="TextGeneration")["id"]
    version = emulator.version(text, {})
    wrong = {"customModelId": text, "customModelVersionId": version["id"]}
    initialize(f"/customModels/{text}/", wrong, 422)


def test_datasets_that_a_version_cannot_use() -> None:
    emulator = Emulator()
    path, _ = versioned(emulator)
    model = path.split("/")[2]
    ann = emulator.client(ANN)
    hers = ann.post(f"{V2}/datasets/fromFile/", files={"file": ("t.csv", WIDE)}).json()["catalogId"]
    gone = emulator.dataset(WIDE)
    emulator.call("DELETE", f"/datasets/{gone}/", 204)
    environment = emulator.public_environment()["id"]
    for dataset, status in ((hers, 403), ("unknown", 404), (gone, 410)):
        data = json.dumps({"datasetId": dataset})
        for method in ("POST", "PATCH"):
            fields = {"baseEnvironmentId": environment, "trainingData": data}
            assert emulator.upload(method, model, {}, **fields).status_code == status
    latest = emulator.get(f"{path}versions/")
    assert latest["totalCount"] == 1
