"""Model versions: numbers, files and their ids, inheritance, environments, forms and JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.emulator import (
    ANN,
    BEN,
    DOCKERFILE,
    PROGRAM,
    V2,
    Emulator,
    tarball,
    unzipped,
)

GIT = {
    "commitUrl": "https://github.com/acme/m/commit/1",
    "mainBranchCommitSha": "a" * 40,
    "pullRequestCommitSha": None,
    "refName": "main",
}
FILES = {"custom.py": PROGRAM, "sub/data.txt": b"", "ü.txt": b"\xff\x00"}


def numbers(emulator: Emulator, model_id: str) -> list[tuple[str, bool]]:
    versions = emulator.get(f"/customModels/{model_id}/versions/")["data"]
    return [(version["label"], version["isFrozen"]) for version in versions]


def test_numbers_labels_and_frozen_flags() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, FILES, isMajorUpdate="False")
    emulator.next_version(model, {}, isMajorUpdate="false")
    emulator.next_version(model, {}, isMajorUpdate="true")
    emulator.version(model, {}, isMajorUpdate="False")
    assert numbers(emulator, model) == [
        ("v2.1", False),
        ("v2.0", True),
        ("v1.1", True),
        ("v1.0", True),
    ]
    emulator.control("POST", "deployments", {"customModelId": model})
    assert numbers(emulator, model)[0] == ("v2.1", True)
    assert emulator.get(f"/customModels/{model}/")["latestVersion"]["label"] == "v2.1"


def test_files_are_added_replaced_and_deleted_and_keep_their_ids() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    first = emulator.version(model, FILES)
    ids = {item["filePath"]: item["id"] for item in first["items"]}
    changed = {"custom.py": b"# new\n", "added.py": b""}
    second = emulator.next_version(model, changed, filesToDelete=[ids["ü.txt"]])
    after = {item["filePath"]: item["id"] for item in second["items"]}
    assert after.keys() == {"custom.py", "sub/data.txt", "added.py"}
    assert after["sub/data.txt"] == ids["sub/data.txt"]
    assert after["custom.py"] != ids["custom.py"]
    base = f"{V2}/customModels/{model}"
    assert unzipped(emulator.http.get(f"{base}/versions/{first['id']}/download/").content) == FILES
    latest = emulator.http.get(f"{base}/download/")
    assert unzipped(latest.content) == {"sub/data.txt": b"", **changed}
    assert "filename=model-" in latest.headers["Content-Disposition"]
    with_installer = emulator.http.get(f"{base}/download/?pps=True").content
    assert "install_dependencies.sh" in unzipped(with_installer)


def test_a_clean_version_has_only_its_own_files_and_settings() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, FILES, maximumMemory=2**28, replicas=2)
    clean = emulator.version(model, {"only.py": b""})
    assert [item["filePath"] for item in clean["items"]] == ["only.py"]
    assert (clean["maximumMemory"], clean["replicas"]) == (None, None)


def test_settings_are_inherited_replaced_and_nulled() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, FILES, maximumMemory=2**28, replicas=2, networkEgressPolicy="PUBLIC")
    version = emulator.next_version(model, {}, requiresHa="True")
    names = ("maximumMemory", "replicas", "networkEgressPolicy", "requiresHa")
    assert [version[name] for name in names] == [2**28, 2, "PUBLIC", True]
    version = emulator.next_version(model, {}, replicas="null", networkEgressPolicy="")
    assert [version[name] for name in names] == [2**28, None, None, True]
    version = emulator.next_version(model, {}, resourceBundleId="cpu.small")
    assert (version["maximumMemory"], version["resourceBundleId"]) == (None, "cpu.small")
    version = emulator.next_version(model, {}, maximumMemory=2**29)
    assert (version["maximumMemory"], version["resourceBundleId"]) == (2**29, None)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"isMajorUpdate": ...}, "isMajorUpdate"),
        ({"isMajorUpdate": "None"}, "isMajorUpdate"),
        ({"isMajorUpdate": "1"}, "isMajorUpdate"),
        ({"maximumMemory": 2**28, "resourceBundleId": "b"}, "maximumMemory"),
        ({"maximumMemory": 1}, "maximumMemory"),
        ({"maximumMemory": "much"}, "maximumMemory"),
        ({"replicas": 0}, "replicas"),
        ({"replicas": ["1", "2"]}, "replicas"),
        ({"requiresHa": "maybe"}, "requiresHa"),
        ({"networkEgressPolicy": "DR_API_ACCESS"}, "networkEgressPolicy"),
        ({"baseEnvironmentId": "unknown"}, "baseEnvironmentId"),
        ({"baseEnvironmentVersionId": "unknown"}, "baseEnvironmentVersionId"),
        ({"requiredMetadataValues": "not json"}, "requiredMetadataValues"),
        ({"requiredMetadataValues": "{}"}, "requiredMetadataValues"),
        ({"gitModelVersion": "{}"}, "gitModelVersion"),
        ({"trainingData": '{"datasetId": "x"}'}, "trainingData"),
        ({"filesToDelete": "unknown"}, "filesToDelete"),
        ({"filePath": "more"}, "filePath"),
        ({"description": "not here"}, "description"),
        ({"keepTrainingHoldoutData": "?"}, "keepTrainingHoldoutData"),
    ],
)
def test_wrong_fields(fields: dict[str, Any], named: str) -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, FILES)
    answer = emulator.upload("PATCH", model, {"a.py": b""}, **fields)
    assert answer.status_code == 422, answer.text
    assert named in answer.json()["errors"]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../up", "a/../b", "./a", "a//b", "a/", "", "a\\b", "a\0b", "x" * 1025]
)
def test_paths_stay_inside_the_version(path: str) -> None:
    emulator = Emulator()
    environment = emulator.public_environment()["id"]
    body = {"filePath": path, "baseEnvironmentId": environment, "isMajorUpdate": "true"}
    files = {"file": ("x", b"")}
    model = emulator.model()["id"]
    emulator.call("POST", f"/customModels/{model}/versions/", 422, data=body, files=files)


def test_a_file_cannot_lie_below_a_file() -> None:
    emulator = Emulator()
    environment = emulator.public_environment()["id"]
    files = {"a": b"", "a/b": b""}
    answer = emulator.upload("POST", emulator.model()["id"], files, baseEnvironmentId=environment)
    assert answer.status_code == 422


def test_a_version_holds_a_hundred_files() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, {f"{n}.txt": b"" for n in range(100)})
    answer = emulator.upload("PATCH", model, {"one-more.txt": b""})
    assert answer.status_code == 422
    many = {f"{n}.txt": b"" for n in range(600)}
    assert emulator.upload("PATCH", model, many).status_code == 422
    assert len(numbers(emulator, model)) == 1


def test_too_large_an_upload_is_413() -> None:
    emulator = Emulator()
    environment = emulator.public_environment()["id"]
    files = {"big": bytes(100 * 1024 * 1024 + 1)}
    answer = emulator.upload("POST", emulator.model()["id"], files, baseEnvironmentId=environment)
    assert answer.status_code == 413


def test_the_environment_is_given_inherited_or_the_latest_built() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    environment = emulator.built_environment()
    first = emulator.version(model, FILES, baseEnvironmentId=environment)
    newer = emulator.environment_version(environment)["id"]
    emulator.environment_version(environment, b"broken")
    assert first["baseEnvironmentVersionId"] != newer
    # Without either id, and with the same environment, the version of the latest model version.
    for fields in ({}, {"baseEnvironmentId": environment}):
        same = emulator.next_version(model, {}, **fields)
        assert same["baseEnvironmentVersionId"] == first["baseEnvironmentVersionId"]
    public = emulator.public_environment()
    moved = emulator.next_version(model, {}, baseEnvironmentId=public["id"])
    assert moved["baseEnvironmentVersionId"] == public["latestVersion"]["id"]
    back = emulator.next_version(model, {}, baseEnvironmentId=environment)
    assert back["baseEnvironmentVersionId"] == newer
    chosen = emulator.next_version(
        model, {}, baseEnvironmentVersionId=first["baseEnvironmentVersionId"]
    )
    assert chosen["baseEnvironmentId"] == environment


def test_environments_that_cannot_be_used() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    failed = emulator.environment()
    broken = emulator.environment_version(failed, b"broken")["id"]
    public = emulator.public_environment()
    for fields in (
        {"baseEnvironmentId": failed},
        {"baseEnvironmentVersionId": broken},
        {
            "baseEnvironmentId": failed,
            "baseEnvironmentVersionId": public["latestVersion"]["id"],
        },
        {},
    ):
        for method in ("POST", "PATCH"):
            assert emulator.upload(method, model, FILES, **fields).status_code == 422
    gone = emulator.built_environment()
    emulator.version(model, FILES, baseEnvironmentId=gone)
    emulator.call("DELETE", f"/executionEnvironments/{gone}/", 204)
    assert emulator.upload("PATCH", model, {}).status_code == 422


def test_an_environment_of_somebody_else_is_unknown() -> None:
    emulator = Emulator()
    body = {"name": "Hers"}
    ann = emulator.client(ANN)
    hers = ann.post(f"{V2}/executionEnvironments/", json=body).json()["id"]
    files = {"dockerContext": ("c", tarball({"Dockerfile": DOCKERFILE}))}
    ann.post(f"{V2}/executionEnvironments/{hers}/versions/", files=files)
    model = emulator.model()["id"]
    assert emulator.upload("POST", model, FILES, baseEnvironmentId=hers).status_code == 422


def test_json_is_taken_in_place_of_a_form() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    first = emulator.version(model, FILES)
    body = {
        "isMajorUpdate": "false",
        "filesToDelete": [item["id"] for item in first["items"][1:]],
        "maximumMemory": 2**28,
        "resourceBundleId": None,
        "runtimeParameterValues": json.dumps([{"fieldName": "A", "type": "string", "value": "1"}]),
        "gitModelVersion": GIT,
        "requiredMetadataValues": [{"fieldName": "REGION", "value": "eu"}],
    }
    path = f"/customModels/{model}/versions/"
    version = emulator.call("PATCH", path, 201, json=body).json()
    assert [item["filePath"] for item in version["items"]] == ["custom.py"]
    assert version["label"] == "v1.1"
    assert version["gitModelVersion"] == GIT
    assert version["requiredMetadata"] == {"REGION": "eu"}
    emulator.call("PATCH", path, 201, json={"isMajorUpdate": True})
    emulator.call("POST", path, 422, json={"isMajorUpdate": True, "filePath": "a"})


def test_metadata_changes_and_what_stays() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, FILES)
    path = f"/customModels/{model}/versions/{version['id']}/"
    assert version["description"] is None
    body = {"description": "good", "gitModelVersion": GIT, "requiredMetadata": {"A": "1"}}
    changed = emulator.call("PATCH", path, 200, json=body).json()
    assert (changed["description"], changed["requiredMetadata"]) == ("good", {"A": "1"})
    assert changed["requiredMetadataValues"] == [{"fieldName": "A", "value": "1"}]
    # Once set they stay, more may be added.
    emulator.call("PATCH", path, 422, json={"requiredMetadata": {"A": "2"}})
    emulator.call("PATCH", path, 422, json={"requiredMetadataValues": []})
    emulator.call("PATCH", path, 200, json={"requiredMetadata": {"A": "1", "B": "2"}})
    emulator.call("PATCH", path, 422, json={"description": None})
    following = emulator.next_version(model, {})
    assert following["description"] is None
    assert "gitModelVersion" not in following
    assert following["requiredMetadata"] == {"A": "1", "B": "2"}
    found = emulator.get(f"/customModels/{model}/versions/", mainBranchCommitSha="a" * 40)
    assert [v["id"] for v in found["data"]] == [version["id"]]


def test_an_environment_that_declares_keys_gets_exactly_those() -> None:
    emulator = Emulator()
    keys = [{"fieldName": "REGION", "displayName": "Region"}]
    environment = emulator.built_environment(requiredMetadataKeys=keys)
    model = emulator.model()["id"]
    for values in ("[]", '[{"fieldName": "OTHER", "value": "x"}]'):
        fields = {"baseEnvironmentId": environment, "requiredMetadataValues": values}
        assert emulator.upload("POST", model, FILES, **fields).status_code == 422
    values = '[{"fieldName": "REGION", "value": "eu"}]'
    emulator.version(model, FILES, baseEnvironmentId=environment, requiredMetadataValues=values)
    assert emulator.next_version(model, {})["requiredMetadata"] == {"REGION": "eu"}


def test_dependencies_are_parsed_and_wrong_lines_named() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    lines = b"# tools\npandas >= 1.0, < 2  # stable\n\nscikit-learn[all]==1.2\nxgboost\n"
    version = emulator.version(model, {"requirements.txt": lines})
    pandas, sklearn, xgboost = version["dependencies"]
    assert pandas["constraints"] == [
        {"constraintType": ">=", "version": "1.0"},
        {"constraintType": "<", "version": "2"},
    ]
    assert (pandas["packageName"], pandas["lineNumber"]) == ("pandas", 2)
    assert (sklearn["extras"], sklearn["line"]) == ("all", "scikit-learn[all]==1.2")
    assert (xgboost["constraints"], "extras" in xgboost) == ([], False)
    wrong = b"good==1\n-e git+https://example.com/x\nbad ~= 1\n"
    answer = emulator.upload("PATCH", model, {"requirements.txt": wrong})
    assert answer.status_code == 422
    body = answer.json()
    assert body["invalidDependencies"] == ["-e git+https://example.com/x", "bad ~= 1"]
    assert [d["packageName"] for d in body["dependencies"]] == ["good"]
    assert len(numbers(emulator, model)) == 1


def test_readers_see_versions_and_do_not_find_them_to_change() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, FILES)
    grant = {"data": [{"username": ANN, "role": "CONSUMER"}]}
    emulator.call("PATCH", f"/customModels/{model}/accessControl/", 204, json=grant)
    ann, ben = emulator.client(ANN), emulator.client(BEN)
    path = f"{V2}/customModels/{model}/versions/"
    assert ann.get(path).status_code == 200
    assert ann.patch(path, json={"isMajorUpdate": "true"}).status_code == 404
    assert ann.patch(f"{path}{version['id']}/", json={"description": "x"}).status_code == 404
    for change in ("", "withTrainingData/", "fromRepository/"):
        assert ann.patch(f"{path}{change}", json={}).status_code == 404
        assert ben.patch(f"{path}{change}", json={}).status_code == 404
    assert ben.get(path).status_code == ben.post(path, json={}).status_code == 404


def test_a_refused_version_leaves_nothing_behind() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    before = emulator.control("GET", "state")
    wrong = {"requirements.txt": b"not a requirement"}
    environment = emulator.public_environment()["id"]
    assert emulator.upload("POST", model, wrong, baseEnvironmentId=environment).status_code == 422
    assert emulator.control("GET", "state") == before


def test_runtime_parameters_are_merged_and_read_back() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    defined = [{"fieldName": "A", "type": "string", "defaultValue": "x", "description": ""}]
    fields = {"runtimeParameters": json.dumps(defined)}
    (first,) = emulator.version(model, {}, **fields)["runtimeParameters"]
    assert (first["currentValue"], first["description"]) == ("x", None)
    values = [
        {"fieldName": "A", "type": "string", "value": "y"},
        {"fieldName": "B", "type": "numeric", "value": 3},
    ]
    fields = {"runtimeParameterValues": json.dumps(values)}
    second = emulator.next_version(model, {}, **fields)["runtimeParameters"]
    assert [(p["fieldName"], p["currentValue"]) for p in second] == [("A", "y"), ("B", 3)]
    assert emulator.next_version(model, {})["runtimeParameters"] == second
    wrong = json.dumps([{"fieldName": "A"}])
    assert emulator.upload("PATCH", model, {}, runtimeParameterValues=wrong).status_code == 422


def test_a_model_without_a_version_has_nothing_to_download() -> None:
    emulator = Emulator()
    model, other = emulator.model()["id"], emulator.model()["id"]
    version = emulator.version(other, {})["id"]
    emulator.call("GET", f"/customModels/{model}/download/", 404)
    emulator.call("GET", f"/customModels/{model}/versions/{version}/", 404)
