"""Jobs by the clock: every state on the way, cancelling, and objects that go away meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import (
    ANN,
    PROGRAM,
    TABLE,
    V2,
    Emulator,
    path_of,
)


@pytest.fixture
def slow() -> Emulator:
    """An emulator whose jobs take ten seconds."""
    return Emulator(job_time=10.0)


def ready(emulator: Emulator) -> tuple[str, str, str]:
    """A model with a version, and a dataset that is read."""
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    dataset = emulator.dataset()
    emulator.clock.sleep(10)
    return model, version, dataset


def started_test(emulator: Emulator) -> tuple[str, Any]:
    """The status path and the id of a test that was just started."""
    model, version, dataset = ready(emulator)
    body = {"customModelId": model, "customModelVersionId": version, "datasetId": dataset}
    answer = emulator.call("POST", "/customModelTests/", 202, json=body)
    tests = emulator.get("/customModelTests/", customModelId=model)
    assert tests["totalCount"] == 1
    return path_of(answer), tests["data"][0]["id"]


def test_a_job_waits_runs_and_leads_to_its_result(slow: Emulator) -> None:
    status, test = started_test(slow)
    seen = []
    for _ in range(3):
        job = slow.get(status)
        seen.append((job["status"], slow.get(f"/customModelTests/{test}/")["overallStatus"]))
        slow.clock.sleep(4.5)
    assert seen == [
        ("INITIALIZED", "queued"),
        ("RUNNING", "in_progress"),
        ("RUNNING", "in_progress"),
    ]
    done = slow.call("GET", status, 303)
    assert done.headers["Location"] == f"http://emulator{V2}/customModelTests/{test}/"
    shown = slow.get(path_of(done))
    assert shown["overallStatus"] == "succeeded"
    assert shown["completedAt"] == slow.clock_text()


def test_a_status_is_its_callers_own(slow: Emulator) -> None:
    status, _ = started_test(slow)
    assert slow.client(ANN).get(V2 + status).status_code == 404


def test_a_failed_job_says_error(slow: Emulator) -> None:
    answer = slow.http.post(f"{V2}/datasets/fromFile/", files={"file": ("empty.csv", b"")})
    slow.clock.sleep(10)
    job = slow.get(path_of(answer))
    assert (job["status"], job["message"]) == ("ERROR", "The file has no header.")


def test_a_running_test_blocks_and_can_be_canceled(slow: Emulator) -> None:
    status, test = started_test(slow)
    shown = slow.get(f"/customModelTests/{test}/")
    model, version = shown["customModel"]["id"], shown["customModelVersion"]["id"]
    path = f"/customModels/{model}/"
    again = {
        "customModelId": model,
        "customModelVersionId": version,
        "datasetId": shown["datasetId"],
    }
    slow.call("POST", "/customModelTests/", 422, json=again)
    slow.call("PATCH", path, 409, json={"name": "x"})
    slow.call("DELETE", path, 409)
    slow.call("GET", f"/customModelTests/{test}/log/", 404)
    slow.call("DELETE", f"/customModelTests/{test}/", 204)
    shown = slow.get(f"/customModelTests/{test}/")
    assert shown["overallStatus"] == "canceled"
    assert {check["status"] for check in shown["testingStatus"].values()} == {"canceled"}
    assert slow.get(status)["status"] == "ABORTED"
    slow.call("DELETE", f"/customModelTests/{test}/", 409)
    slow.clock.sleep(20)
    assert slow.get(f"/customModelTests/{test}/")["overallStatus"] == "canceled"
    slow.call("DELETE", path, 204)
    slow.call("GET", f"/customModelTests/{test}/", 404)


def test_an_environment_build_by_the_clock(slow: Emulator) -> None:
    environment = slow.environment()
    seen = [slow.environment_version(environment)["buildStatus"]]
    path = f"/executionEnvironments/{environment}/"
    for seconds in (5, 5):
        assert slow.get(path)["latestSuccessfulVersion"] is None
        version = slow.get(path)["latestVersion"]["id"]
        assert slow.get(f"{path}versions/{version}/buildLog/") == {"log": "", "error": ""}
        slow.clock.sleep(seconds)
        seen.append(slow.get(path)["latestVersion"]["buildStatus"])
    assert seen == ["submitted", "processing", "success"]
    assert slow.get(path)["latestSuccessfulVersion"]["id"] == version


def test_an_environment_is_of_no_use_before_it_is_built(slow: Emulator) -> None:
    environment = slow.built_environment()
    model = slow.model()["id"]
    assert slow.upload("POST", model, {}, baseEnvironmentId=environment).status_code == 422
    slow.clock.sleep(10)
    assert slow.upload("POST", model, {}, baseEnvironmentId=environment).status_code == 201


def test_a_dataset_is_of_no_use_before_it_is_read(slow: Emulator) -> None:
    model = slow.model()["id"]
    dataset = slow.dataset()
    assert slow.get(f"/datasets/{dataset}/")["processingState"] == "RUNNING"
    body = {"datasetId": dataset}
    slow.call("PATCH", f"/customModels/{model}/trainingData/", 422, json=body)
    slow.clock.sleep(10)
    assert slow.get(f"/datasets/{dataset}/")["processingState"] == "COMPLETED"
    answer = slow.call("PATCH", f"/customModels/{model}/trainingData/", 202, json=body)
    assert slow.get(f"/customModels/{model}/")["trainingDataAssignmentInProgress"]
    slow.call("PATCH", f"/customModels/{model}/trainingData/", 422, json=body)
    slow.clock.sleep(10)
    assert path_of(slow.call("GET", path_of(answer), 303)) == f"/customModels/{model}/"
    shown = slow.get(f"/customModels/{model}/")
    assert not shown["trainingDataAssignmentInProgress"]
    assert shown["trainingDatasetId"] == dataset


def test_a_version_from_a_repository_comes_when_it_is_pulled(slow: Emulator) -> None:
    model, version, _ = ready(slow)
    body = {"repositoryId": "r1", "sourcePath": "src"}
    path = f"/customModels/{model}/versions/"
    answer = slow.call("PATCH", f"{path}fromRepository/", 202, json=body)
    assert [v["id"] for v in slow.get(path)["data"]] == [version]
    slow.clock.sleep(10)
    assert slow.get(path)["totalCount"] == 2
    assert path_of(slow.call("GET", path_of(answer), 303)).startswith(path)


def test_feature_impact_and_training_data_by_the_clock(slow: Emulator) -> None:
    model = slow.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    dataset = slow.dataset(TABLE)
    slow.clock.sleep(10)
    data = f'{{"datasetId": "{dataset}"}}'
    version = slow.version(model, {"custom.py": PROGRAM}, trainingData=data)
    assert version["trainingData"]["assignmentInProgress"]
    path = f"/customModels/{model}/versions/{version['id']}/"
    slow.call("POST", f"{path}featureImpact/", 422)
    slow.clock.sleep(10)
    assert not slow.get(path)["trainingData"]["assignmentInProgress"]
    slow.call("GET", f"{path}featureImpact/", 404)
    answer = slow.call("POST", f"{path}featureImpact/", 202)
    slow.call("GET", f"{path}featureImpact/", 422)
    running = slow.call("POST", f"{path}featureImpact/", 404, json={"rowCount": 10})
    assert running.json()["jobId"] == answer.json()["statusId"]
    slow.clock.sleep(10)
    assert slow.get(f"{path}featureImpact/")["count"] == 2


def test_a_conversion_can_be_stopped(slow: Emulator) -> None:
    model = slow.model()["id"]
    version = slow.version(model, {"Main.java": b"class Main {}"})
    path = f"/customModels/{model}/versions/{version['id']}/conversions/"
    body = {"mainProgramItemId": version["items"][0]["id"]}
    started = slow.call("POST", path, 202, json=body)
    conversion = started.json()["conversionId"]
    slow.call("POST", path, 422, json=body)
    shown = slow.get(f"{path}{conversion}/")
    assert (shown["conversionInProgress"], shown["conversionSucceeded"]) == (True, None)
    slow.call("DELETE", f"{path}{conversion}/", 204)
    shown = slow.get(f"{path}{conversion}/")
    assert (shown["conversionInProgress"], shown["conversionSucceeded"]) == (False, False)
    assert shown["shouldStop"]
    slow.call("DELETE", f"{path}{conversion}/", 422)
    assert slow.get(path_of(started))["status"] == "ABORTED"


def test_work_on_what_was_deleted_is_given_up(slow: Emulator) -> None:
    model, version, dataset = ready(slow)
    path = f"/customModels/{model}/"
    files = {"requirements.txt": b"pandas\n", "Main.java": b"class Main {}"}
    version = slow.next_version(model, files)
    item = version["items"][-1]["id"]
    at = f"{path}versions/{version['id']}/"
    answers = [
        slow.call("POST", f"{path}versions/fromRepository/", 202, json={"repositoryId": "r"}),
        slow.call("PATCH", f"{path}trainingData/", 202, json={"datasetId": dataset}),
        slow.call("POST", f"{at}conversions/", 202, json={"mainProgramItemId": item}),
    ]
    slow.call("POST", f"{at}dependencyBuild/", 202)
    slow.call("DELETE", path, 204)
    slow.clock.sleep(10)
    assert {slow.get(path_of(answer))["status"] for answer in answers} == {"ABORTED"}


def test_an_environment_erased_during_its_build(slow: Emulator) -> None:
    environment = slow.built_environment()
    slow.call("DELETE", f"/executionEnvironments/{environment}/", 204)
    ids = {"executionEnvironmentIds": [environment]}
    slow.call("POST", "/executionEnvironmentsPermadelete/", 204, json=ids)
    slow.clock.sleep(10)
    assert slow.get("/executionEnvironments/")["totalCount"] == 1


def test_a_copy_finishes_what_its_original_was_doing(slow: Emulator) -> None:
    model = slow.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    dataset = slow.dataset(TABLE)
    slow.clock.sleep(10)
    data = f'{{"datasetId": "{dataset}"}}'
    slow.version(model, {"custom.py": PROGRAM}, trainingData=data)
    body = {"customModelId": model}
    copy = slow.call("POST", "/customModels/fromCustomModel/", 201, json=body).json()
    assert copy["latestVersion"]["trainingData"]["assignmentInProgress"]
    slow.call("DELETE", f"/customModels/{model}/", 204)
    slow.clock.sleep(10)
    shown = slow.get(f"/customModels/{copy['id']}/")["latestVersion"]
    assert not shown["trainingData"]["assignmentInProgress"]


def test_what_is_left_when_data_goes_away_during_a_job(slow: Emulator) -> None:
    model = slow.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    dataset = slow.dataset(TABLE)
    slow.clock.sleep(10)
    data = f'{{"datasetId": "{dataset}"}}'
    version = slow.version(model, {"custom.py": PROGRAM}, trainingData=data)
    slow.call("DELETE", f"/datasets/{dataset}/", 204)
    slow.clock.sleep(10)
    shown = slow.get(f"/customModels/{model}/versions/{version['id']}/")
    assert shown["trainingData"]["assignmentError"] == {"message": "The dataset was deleted."}


def test_explanations_and_impact_of_a_deleted_model_are_given_up(slow: Emulator) -> None:
    model = slow.model(isTrainingDataForVersionsPermanentlyEnabled=True)["id"]
    dataset = slow.dataset(TABLE)
    slow.clock.sleep(10)
    data = f'{{"datasetId": "{dataset}"}}'
    version = slow.version(model, {"custom.py": PROGRAM}, trainingData=data)["id"]
    slow.clock.sleep(10)
    path = f"/customModels/{model}/versions/{version}/"
    answers = [
        slow.call("POST", f"{path}{name}/", 202)
        for name in ("featureImpact", "predictionExplanationsInitialization")
    ]
    slow.call("DELETE", f"/customModels/{model}/", 204)
    slow.clock.sleep(10)
    assert {slow.get(path_of(answer))["status"] for answer in answers} == {"ABORTED"}
