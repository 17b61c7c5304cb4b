"""Models and versions made from something else: repositories, copies, templates, conversions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import ANN, OWNER, PROGRAM, V2, Emulator, path_of, unzipped


def pulled(emulator: Emulator, model: str, method: str = "POST", **body: Any) -> Any:
    """The version that a repository gave."""
    body.setdefault("repositoryId", "r1")
    path = f"/customModels/{model}/versions/fromRepository/"
    answer = emulator.call(method, path, 202, json=body)
    return emulator.get(path_of(emulator.call("GET", path_of(answer), 303)))


def test_files_come_with_their_origin_and_always_the_same() -> None:
    emulator = Emulator()
    environment = emulator.public_environment()["id"]
    model = emulator.model()["id"]
    wanted: dict[str, Any] = {
        "baseEnvironmentId": environment,
        "ref": "v1",
        "sourcePath": ["src/", "lib/data.txt"],
    }
    first = pulled(emulator, model, **wanted)
    assert [item["filePath"] for item in first["items"]] == ["src/custom.py", "lib/data.txt"]
    item = first["items"][0]
    assert (item["ref"], item["repositoryName"]) == ("v1", "r1")
    assert len(item["commitSha"]) == 40
    again = pulled(emulator, model, **wanted)
    moved = pulled(emulator, model, **{**wanted, "ref": "v2"})
    commits = [version["items"][0]["commitSha"] for version in (first, again, moved)]
    assert commits[0] == commits[1] != commits[2]
    contents = [
        unzipped(
            emulator.http.get(f"{V2}/customModels/{model}/versions/{v['id']}/download/").content
        )
        for v in (first, again, moved)
    ]
    assert contents[0] == contents[1] != contents[2]
    pinned = pulled(emulator, model, **{**wanted, "ref": "b" * 40})
    assert pinned["items"][0]["commitSha"] == "b" * 40
    assert pinned["label"] == "v4.0"


def test_a_repository_adds_to_the_latest_version_or_stands_alone() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, {"own.txt": b""}, replicas=2)
    added = pulled(emulator, model, "PATCH", isMajorUpdate=False)
    assert [item["filePath"] for item in added["items"]] == ["own.txt", "custom.py"]
    assert (added["label"], added["replicas"], added["items"][1]["ref"]) == ("v1.1", 2, "master")
    alone = pulled(emulator, model, "POST", sourcePath="a.py")
    assert [item["filePath"] for item in alone["items"]] == ["a.py"]


@pytest.mark.parametrize("name", ["ref", "repositoryId", "sourcePath"])
def test_what_is_not_in_the_repository_fails_the_job(name: str) -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, {})
    path = f"/customModels/{model}/versions/"
    body = {"repositoryId": "r", name: "does-not-exist"}
    answer = emulator.call("PATCH", f"{path}fromRepository/", 202, json=body)
    job = emulator.get(path_of(answer))
    assert job["status"] == "ERROR"
    assert "not found in the remote repository" in job["message"]
    assert emulator.get(path)["totalCount"] == 1


def test_what_refuses_a_pull() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    path = f"/customModels/{model}/versions/fromRepository/"
    emulator.call("POST", path, 422, json={"repositoryId": "r"})
    emulator.version(model, {})
    for body in (
        {},
        {"repositoryId": "r", "baseEnvironmentId": "unknown"},
        {"repositoryId": "r", "sourcePath": "../up"},
        {"repositoryId": "r", "sourcePath": ["x"] * 101},
        {"repositoryId": "r", "isMajorUpdate": "true"},
    ):
        emulator.call("PATCH", path, 422, json=body)


def test_a_pull_that_makes_no_version_fails_the_job() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, {"custom.py": b"a file"})
    body = {"repositoryId": "r", "sourcePath": "custom.py/below"}
    path = f"/customModels/{model}/versions/fromRepository/"
    answer = emulator.call("PATCH", path, 202, json=body)
    assert emulator.get(path_of(answer))["status"] == "ERROR"


def test_a_copy_has_settings_versions_and_files_of_its_own() -> None:
    emulator = Emulator()
    source = emulator.model(userProvidedId="one", description="d", predictionThreshold=0.2)
    emulator.version(source["id"], {"custom.py": PROGRAM}, replicas=3)
    emulator.next_version(source["id"], {"b.txt": b"b"}, isMajorUpdate="False")
    grant = {"data": [{"username": ANN, "role": "CONSUMER"}]}
    emulator.call("PATCH", f"/customModels/{source['id']}/accessControl/", 204, json=grant)
    body = {"customModelId": source["id"]}
    ann = emulator.client(ANN)
    copy = ann.post(f"{V2}/customModels/fromCustomModel/", json=body).json()
    assert (copy["name"], copy["createdBy"]) == ("Copy of Churn", ANN)
    assert "userProvidedId" not in copy
    assert (copy["description"], copy["predictionThreshold"]) == ("d", 0.2)
    roles = ann.get(f"{V2}/customModels/{copy['id']}/accessControl/").json()["data"]
    assert [entry["username"] for entry in roles] == [ANN]
    versions = ann.get(f"{V2}/customModels/{copy['id']}/versions/").json()["data"]
    assert [(v["label"], v["replicas"]) for v in versions] == [("v1.1", 3), ("v1.0", 3)]
    originals = emulator.get(f"/customModels/{source['id']}/versions/")["data"]
    ids = {item["id"] for version in versions for item in version["items"]}
    assert not ids & {item["id"] for version in originals for item in version["items"]}
    emulator.call("DELETE", f"/customModels/{source['id']}/", 204)
    content = ann.get(f"{V2}/customModels/{copy['id']}/download/").content
    assert unzipped(content) == {"custom.py": PROGRAM, "b.txt": b"b"}
    emulator.call("POST", "/customModels/fromCustomModel/", 404, json=body)
    emulator.call("POST", "/customModels/fromCustomModel/", 422, json={})


def test_a_model_from_a_template() -> None:
    emulator = Emulator()
    body = {"templateId": "t1", "resourceBundleId": "gpu.large", "secretConfigId": "s1"}
    made = emulator.call("POST", "/customModels/fromModelTemplate/", 201, json=body).json()
    model = emulator.get(f"/customModels/{made['customModelId']}/")
    assert model["template"] == {"modelType": "nimModel", "templateId": "t1"}
    assert model["latestVersion"]["id"] == made["customModelVersionId"]
    assert model["latestVersion"]["resourceBundleId"] == model["resourceBundleId"] == "gpu.large"
    assert model["createdBy"] == OWNER
    for name in body:
        for value in ("", "does-not-exist"):
            wrong = {**body, name: value}
            answer = emulator.call("POST", "/customModels/fromModelTemplate/", 422, json=wrong)
            assert answer.json()["errors"].keys() == {name}


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("Main.java", b"public class Main { }", None),
        ("model.sas", b"data scores;\n keep a b;\nrun;\n", None),
        ("Main.java", b"class Other {}", "class Main should be declared"),
        ("Main.java", b"class Main {", "reached end of file"),
        ("model.sas", b"proc print;", "makes no dataset"),
        ("custom.py", PROGRAM, "not a program that can be converted"),
    ],
)
def test_a_conversion_reads_the_program(name: str, source: bytes, problem: str | None) -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, {name: source})
    path = f"/customModels/{model}/versions/{version['id']}/conversions/"
    body = {"mainProgramItemId": version["items"][0]["id"]}
    answer = emulator.call("POST", path, 202, json=body)
    conversion = emulator.get(path_of(emulator.call("GET", path_of(answer), 303)))
    assert conversion["id"] == answer.json()["conversionId"]
    assert conversion["conversionSucceeded"] == (problem is None)
    assert (problem or "Created model.jar") in conversion["logMessage"]
    if problem is not None:
        assert "generatedMetadata" not in conversion
    elif name.endswith(".sas"):
        made = {"outputDatasets": ["scores"], "outputColumns": [["a", "b"]]}
        assert conversion["generatedMetadata"] == made
    else:
        made = {"outputDatasets": ["Main"], "outputColumns": [["prediction"]]}
        assert conversion["generatedMetadata"] == made


def test_conversions_are_listed_newest_first() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    version = emulator.version(model, {"Main.java": b"class Main {}"})
    path = f"/customModels/{model}/versions/{version['id']}/conversions/"
    body = {"mainProgramItemId": version["items"][0]["id"]}
    ids = [emulator.call("POST", path, 202, json=body).json()["conversionId"] for _ in range(2)]
    assert [c["id"] for c in emulator.get(path)["data"]] == ids[::-1]
    assert [c["id"] for c in emulator.get(path, isLatest="True")["data"]] == ids[-1:]
    emulator.call("POST", path, 422, json={"mainProgramItemId": "unknown"})
    emulator.call("GET", f"{path}unknown/", 404)
    emulator.call("DELETE", f"{path}{ids[0]}/", 422)
