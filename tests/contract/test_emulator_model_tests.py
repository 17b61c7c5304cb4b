"""Custom model tests: what makes each check fail, what refuses a test, the log and its tail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import ANN, PROGRAM, TABLE, V2, Emulator, path_of


def run(
    files: dict[str, bytes],
    configuration: dict[str, str] | None = None,
    table: bytes | None = TABLE,
    **settings: Any,
) -> tuple[str, dict[str, str], str]:
    """The overall status, each check's status, and the log of a test of these files."""
    emulator = Emulator()
    model = emulator.model(**settings)["id"]
    version = emulator.version(model, files)["id"]
    body: dict[str, Any] = {"customModelId": model, "customModelVersionId": version}
    if table is not None:
        body["datasetId"] = emulator.dataset(table)
    if configuration:
        body["configuration"] = configuration
    emulator.call("POST", "/customModelTests/", 202, json=body)
    test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
    log = emulator.http.get(f"{V2}/customModelTests/{test['id']}/log/").text
    checks = {name: check["status"] for name, check in test["testingStatus"].items()}
    return test["overallStatus"], checks, log


def test_a_good_model_passes_every_check() -> None:
    overall, checks, log = run({"custom.py": PROGRAM})
    assert overall == "succeeded"
    assert set(checks.values()) == {"succeeded"}
    assert len(checks) == 4
    assert log.endswith("Test succeeded\n")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "No custom.py and no model artifact found."),
        ({"readme.md": b""}, "No custom.py and no model artifact found."),
        ({"custom.py": b"def score(:\n"}, "custom.py line 1: SyntaxError"),
        ({"custom.py": b"\nreturn 1\n"}, "custom.py line 2: SyntaxError"),
        ({"custom.py": b"  x = 1\n"}, "IndentationError"),
        ({"custom.py": b"\x00"}, "null bytes"),
        ({"custom.py": b"(" * 10_000}, "custom.py"),
        ({"custom.py": b"import os\nraise OSError('no')\n"}, "line 2: raise OSError('no')"),
    ],
)
def test_a_model_that_cannot_start_aborts_the_rest(files: dict[str, bytes], reason: str) -> None:
    overall, checks, log = run(files)
    assert overall == checks["longRunningService"] == "failed"
    assert reason in log
    assert [*checks.values()].count("aborted") == 3


@pytest.mark.parametrize(
    ("program", "table", "reason"),
    [
        (b"def helper():\n    pass\n", TABLE, "custom.py has none of these hooks"),
        (b"def score(d, m):\n    'Doc.'\n    raise KeyError(d)\n", TABLE, "score() failed"),
        (b"def transform(d, m):\n    raise KeyError(d)\n", TABLE, "transform() failed"),
        (PROGRAM, b"age,income\n", "The dataset has no rows."),
    ],
)
def test_a_model_that_cannot_predict(program: bytes, table: bytes, reason: str) -> None:
    overall, checks, log = run({"custom.py": program}, table=table)
    assert (overall, checks["longRunningService"], checks["errorCheck"]) == (
        "failed",
        "succeeded",
        "failed",
    )
    assert reason in log


@pytest.mark.parametrize(
    "files",
    [
        {"model.pkl": b"\x80"},
        {"custom.py": b"import os\n", "sub/model.ONNX": b""},
        {"custom.R": b""},
        {"start_server.sh": b""},
    ],
)
def test_an_artifact_or_another_program_needs_no_hook(files: dict[str, bytes]) -> None:
    assert run(files)[0] == "succeeded"


@pytest.mark.parametrize(
    ("program", "check"),
    [
        (
            b"def score(d, m):\n    if d.isnull().any():\n        raise ValueError\n    return d\n",
            "nullValueImputation",
        ),
        (b"def score(d, m):\n    global n\n    n = 1\n    return d\n", "sideEffects"),
        (b"import random\ndef score(d, m):\n    return random.random()\n", "sideEffects"),
    ],
)
def test_the_softer_checks_warn_fail_or_are_skipped(program: bytes, check: str) -> None:
    files = {"custom.py": program}
    seen = []
    for wish in (None, "warn", "fail", "skip"):
        overall, checks, _ = run(files, {check: wish} if wish else None)
        seen.append((overall, checks[check]))
    assert seen == [
        ("warning", "warning"),
        ("warning", "warning"),
        ("failed", "failed"),
        ("succeeded", "skipped"),
    ]


def test_the_error_check_can_be_skipped() -> None:
    overall, checks, _ = run({"custom.py": b"x = 1\n"}, {"errorCheck": "skip"})
    assert (overall, checks["errorCheck"]) == ("succeeded", "skipped")


def test_checks_of_another_client_are_taken_as_skipped_only() -> None:
    skipped = dict.fromkeys(
        ("predictionVerificationCheck", "performanceCheck", "stabilityCheck"), "skip"
    )
    overall, checks, _ = run({"custom.py": PROGRAM}, skipped)
    assert overall == "succeeded"
    assert not skipped.keys() & checks.keys()


def test_unstructured_models_need_their_own_hook_and_no_dataset() -> None:
    settings: dict[str, Any] = {"targetType": "Unstructured", "targetName": ...}
    program = b"def score_unstructured(model, data, query):\n    return data\n"
    assert run({"custom.py": program}, table=None, **settings)[0] == "succeeded"
    assert run({"custom.py": PROGRAM}, table=None, **settings)[0] == "failed"
    assert run({"custom.py": PROGRAM, "m.pkl": b""}, table=None, **settings)[0] == "failed"


def test_the_dataset_must_have_the_columns_of_the_training_data() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    training = {"datasetId": emulator.dataset(TABLE)}
    emulator.call("PATCH", f"/customModels/{model}/trainingData/", 202, json=training)
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    # Without the target it is complete, without a feature it is not.
    for table, expected in ((b"age,income\n1,2\n", "succeeded"), (b"age\n1\n", "failed")):
        body = {"customModelId": model, "customModelVersionId": version}
        body["datasetId"] = emulator.dataset(table)
        answer = emulator.call("POST", "/customModelTests/", 202, json=body)
        test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
        assert test["overallStatus"] == expected
        status = emulator.http.get(V2 + path_of(answer))
        assert status.status_code == (303 if expected == "succeeded" else 200)
    assert status.json()["status"] == "ERROR"


def test_what_a_test_shows() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    files = {"custom.py": PROGRAM, "requirements.txt": b"pandas\n"}
    version = emulator.version(model, files, maximumMemory=2**28, replicas=2)
    body = {
        "customModelId": model,
        "customModelVersionId": version["id"],
        "datasetId": emulator.dataset(),
        "replicas": 1,
    }
    emulator.call("POST", "/customModelTests/", 422, json=body)
    emulator.call("POST", f"/customModels/{model}/versions/{version['id']}/dependencyBuild/", 202)
    emulator.call("POST", "/customModelTests/", 202, json=body)
    test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
    assert test["customModel"] == {"id": model, "name": "Churn"}
    assert test["customModelVersion"] == {"id": version["id"], "label": "v1.0"}
    assert test["executionEnvironment"]["name"].startswith("[DataRobot]")
    assert (test["imageType"], len(test["customModelImageId"])) == ("customModelVersion", 24)
    assert (test["maximumMemory"], test["replicas"]) == (2**28, 1)
    for query, count in (({"replicas": "1"}, 1), ({"replicas": "2"}, 0), ({"replicas": ""}, 1)):
        found = emulator.get("/customModelTests/", customModelId=model, **query)
        assert found["totalCount"] == count


def test_the_tail_of_the_log() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    body = {"customModelId": model, "customModelVersionId": version}
    emulator.call("POST", "/customModelTests/", 202, json={**body, "datasetId": emulator.dataset()})
    test = emulator.get("/customModelTests/", customModelId=model)["data"][0]["id"]
    path = f"/customModelTests/{test}/tail/"
    assert emulator.get(path, lines=1)["log"] == "Test succeeded\n"
    assert emulator.get(path)["log"] == emulator.http.get(f"{V2}/customModelTests/{test}/log/").text
    for wrong in ("0", "1001", "x", ""):
        emulator.call("GET", path, 400, params={"lines": wrong})


def test_what_refuses_a_test() -> None:
    emulator = Emulator()
    model, other = emulator.model()["id"], emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    dataset = emulator.dataset()
    good = {"customModelId": model, "customModelVersionId": version, "datasetId": dataset}
    gone = emulator.dataset()
    emulator.call("DELETE", f"/datasets/{gone}/", 204)
    kept_nowhere = emulator.dataset(persistDataAfterIngestion="False")
    empty = emulator.http.post(f"{V2}/datasets/fromFile/", files={"file": ("e", b"")}).json()
    for change, status in (
        ({"customModelId": "unknown"}, 404),
        ({"customModelId": other}, 404),
        ({"customModelVersionId": "unknown"}, 404),
        ({"datasetId": "unknown"}, 404),
        ({"datasetId": gone}, 404),
        ({"datasetVersionId": "unknown"}, 404),
        ({"datasetId": kept_nowhere}, 422),
        ({"datasetId": empty["catalogId"]}, 422),
        ({"environmentId": "unknown"}, 422),
        ({"environmentVersionId": "unknown"}, 422),
        ({"configuration": {"longRunningService": "skip"}}, 422),
        ({"configuration": {"stabilityCheck": "fail"}}, 422),
        ({"maximumMemory": 2**28, "resourceBundleId": "b"}, 422),
    ):
        emulator.call("POST", "/customModelTests/", status, json={**good, **change})
    emulator.call("POST", "/customModelTests/", 422, json={**good, "datasetId": None})
    without = {name: value for name, value in good.items() if name != "datasetId"}
    emulator.call("POST", "/customModelTests/", 422, json=without)
    emulator.call("GET", "/customModelTests/", 422)
    grant = {"data": [{"username": ANN, "role": "EDITOR"}]}
    emulator.call("PATCH", f"/customModels/{model}/accessControl/", 204, json=grant)
    ann = emulator.client(ANN)
    assert ann.post(f"{V2}/customModelTests/", json=good).status_code == 403
    own = ann.post(f"{V2}/datasets/fromFile/", files={"file": ("t.csv", TABLE)}).json()
    hers = {**good, "datasetId": own["catalogId"]}
    assert ann.post(f"{V2}/customModelTests/", json=hers).status_code == 202


def test_another_environment_can_be_named() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, {"custom.py": PROGRAM})["id"]
    environment = emulator.built_environment(name="Other")
    body = {"customModelId": model, "customModelVersionId": version}
    body |= {"datasetId": emulator.dataset(), "environmentId": environment}
    emulator.call("POST", "/customModelTests/", 202, json=body)
    test = emulator.get("/customModelTests/", customModelId=model)["data"][0]
    assert test["executionEnvironment"] == {"id": environment, "name": "Other"}


def test_a_test_that_is_not_there() -> None:
    emulator = Emulator()
    for method, tail in (("GET", ""), ("DELETE", ""), ("GET", "log/"), ("GET", "tail/")):
        emulator.call(method, f"/customModelTests/unknown/{tail}", 404)
