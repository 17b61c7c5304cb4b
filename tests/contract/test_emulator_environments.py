"""Execution environments: the fresh one, changes, filters, both deletions, sources and builds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import (
    ANN,
    DOCKERFILE,
    V2,
    Emulator,
    path_of,
    tarball,
    zipped,
)

ENVIRONMENTS = "/executionEnvironments/"


def test_a_fresh_installation_has_one_public_environment_that_is_built() -> None:
    emulator = Emulator(job_time=60.0)
    page = emulator.get(ENVIRONMENTS)
    assert page["totalCount"] == 1
    environment = page["data"][0]
    assert environment["name"] == "[DataRobot] Python 3.11 Scikit-Learn"
    assert environment["isPublic"]
    assert environment["latestSuccessfulVersion"]["buildStatus"] == "success"
    assert emulator.client(ANN).get(V2 + ENVIRONMENTS).json()["totalCount"] == 1


def test_create_defaults_and_location() -> None:
    emulator = Emulator()
    created = emulator.call("POST", ENVIRONMENTS, 201, json={"name": "Own"})
    environment = emulator.get(path_of(created))
    assert environment["id"] == created.json()["id"]
    assert (environment["description"], environment["programmingLanguage"]) == ("", "other")
    assert (environment["useCases"], environment["isPublic"]) == ([], False)
    assert environment["latestVersion"] is environment["latestSuccessfulVersion"] is None


def test_update_changes_what_is_given_and_null_is_refused() -> None:
    emulator = Emulator()
    environment = emulator.environment(description="before", useCases=["gpu"])
    path = f"{ENVIRONMENTS}{environment}/"
    changed = emulator.call("PATCH", path, 200, json={"name": "After", "useCases": []}).json()
    assert (changed["name"], changed["description"], changed["useCases"]) == ("After", "before", [])
    for name in ("name", "description", "programmingLanguage", "useCases"):
        emulator.call("PATCH", path, 422, json={name: None})
    emulator.call("PATCH", path, 422, json={"isPublic": True})


def test_what_only_the_administrator_may_set() -> None:
    emulator = Emulator()
    chosen = "a" * 24
    assert emulator.environment(environmentId=chosen) == chosen
    emulator.call("POST", ENVIRONMENTS, 409, json={"name": "x", "environmentId": chosen})
    ann = emulator.client(ANN)
    for name, value in {
        "environmentId": "b" * 24,
        "isPublic": True,
        "programmingLanguage": "legacy",
    }.items():
        answer = ann.post(V2 + ENVIRONMENTS, json={"name": "x", name: value})
        assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name])


def test_filters() -> None:
    emulator = Emulator()
    gpu = emulator.environment(name="Fast", description="with CUDA", useCases=["gpu"])
    for query in (
        {"searchFor": "cuda"},
        {"searchFor": "FAST"},
        {"useCases": "gpu"},
        {"isPublic": "False"},
    ):
        assert [e["id"] for e in emulator.get(ENVIRONMENTS, **query)["data"]] == [gpu]
    own = emulator.client(ANN).get(V2 + ENVIRONMENTS, params={"isOwn": "True"}).json()
    assert own["data"] == []
    emulator.call("GET", ENVIRONMENTS, 422, params={"useCases": "fun"})


def test_soft_deletion_hides_it_everywhere_and_permanent_deletion_needs_it() -> None:
    emulator = Emulator()
    environment = emulator.built_environment()
    version = emulator.get(f"{ENVIRONMENTS}{environment}/")["latestVersion"]["id"]
    ids = {"executionEnvironmentIds": [environment]}
    emulator.call("POST", "/executionEnvironmentsPermadelete/", 409, json=ids)
    emulator.call("DELETE", f"{ENVIRONMENTS}{environment}/", 204)
    assert environment not in [e["id"] for e in emulator.get(ENVIRONMENTS)["data"]]
    for path in ("", "versions/", f"versions/{version}/", "accessControl/"):
        emulator.call("GET", f"{ENVIRONMENTS}{environment}/{path}", 404)
    emulator.call("DELETE", f"{ENVIRONMENTS}{environment}/", 404)
    refused = emulator.client(ANN).post(f"{V2}/executionEnvironmentsPermadelete/", json=ids)
    assert refused.status_code == 403
    emulator.call("POST", "/executionEnvironmentsPermadelete/", 204, json=ids)
    emulator.call("POST", "/executionEnvironmentsPermadelete/", 404, json=ids)


@pytest.mark.parametrize("ids", [[], ["x"] * 11, [1], "x", None])
def test_permanent_deletion_takes_one_to_ten_ids(ids: Any) -> None:
    body = {"executionEnvironmentIds": ids}
    Emulator().call("POST", "/executionEnvironmentsPermadelete/", 422, json=body)


def test_a_deployed_environment_stays() -> None:
    emulator = Emulator()
    environment = emulator.built_environment()
    emulator.control("POST", "deployments", {"environmentId": environment})
    assert emulator.get(f"{ENVIRONMENTS}{environment}/")["deploymentsCount"] == 1
    answer = emulator.call("DELETE", f"{ENVIRONMENTS}{environment}/", 409).json()
    assert answer["link"].endswith(f"?environmentId={environment}")
    emulator.control("DELETE", "deployments", {"environmentId": environment})
    emulator.call("DELETE", f"{ENVIRONMENTS}{environment}/", 204)


@pytest.mark.parametrize("field", ["dockerContext", "docker_context"])
@pytest.mark.parametrize("pack", [tarball, zipped])
def test_a_context_is_built_and_comes_back_as_it_was_sent(field: str, pack: Any) -> None:
    emulator = Emulator()
    environment = emulator.environment()
    content = pack({"Dockerfile": DOCKERFILE + b"COPY . /\n", "a/b.txt": b"x"})
    path = f"{ENVIRONMENTS}{environment}/versions/"
    created = emulator.call(
        "POST", path, 202, files={field: ("c", content)}, data={"label": "1", "description": "d"}
    )
    version = emulator.get(path_of(created))
    assert version["id"] == created.json()["id"]
    assert (version["label"], version["description"]) == ("1", "d")
    assert (version["buildStatus"], version["dockerContextSize"]) == ("success", len(content))
    assert emulator.http.get(version["dockerContext"]).content == content
    log = emulator.get(f"{path}{version['id']}/buildLog/")
    assert log["error"] == ""
    assert "Step 2/2 : COPY . /" in log["log"]
    emulator.call("GET", f"{path}{version['id']}/download/?imageFile=True", 404)


def test_an_image_wins_over_a_context_and_an_address_over_both() -> None:
    emulator = Emulator()
    path = f"{ENVIRONMENTS}{emulator.environment()}/versions/"
    image = tarball({"manifest.json": b"[]"})
    files = {"docker_image": ("i.tar", image), "dockerContext": ("c", b"not read")}
    form = {"label": "", "description": ""}
    made = emulator.call("POST", path, 202, files=files, data=form).json()["id"]
    version = emulator.get(f"{path}{made}/")
    assert version["buildStatus"] == "success"
    assert emulator.http.get(version["dockerImage"]).content == image
    body = {"label": "u", "dockerImageUri": "registry.example.com/a:1"}
    made = emulator.call("POST", path, 202, json=body).json()["id"]
    version = emulator.get(f"{path}{made}/")
    assert version["sourceDockerImageUri"] == "registry.example.com/a:1"
    assert version["dockerContext"] is None
    emulator.call("GET", f"{path}{made}/download/", 404)


def test_a_version_needs_a_source_and_takes_one_file_per_source() -> None:
    emulator = Emulator()
    path = f"{ENVIRONMENTS}{emulator.environment()}/versions/"
    emulator.call("POST", path, 422, json={"label": "x"})
    emulator.call("POST", path, 422, json={"dockerImageUri": ""})
    twice = [("dockerContext", ("a", b"1")), ("docker_context", ("b", b"2"))]
    emulator.call("POST", path, 422, files=twice)
    emulator.call("POST", path, 422, files={"other": ("a", b"1")})
    label = {"label": "x" * 51, "dockerImageUri": "a"}
    emulator.call("POST", path, 422, json=label)


def test_versions_are_listed_newest_first_and_filtered() -> None:
    emulator = Emulator()
    environment = emulator.environment()
    path = f"{ENVIRONMENTS}{environment}/versions/"
    good = emulator.environment_version(environment)["id"]
    bad = emulator.environment_version(environment, b"broken")["id"]
    assert [v["id"] for v in emulator.get(path)["data"]] == [bad, good]
    assert [v["id"] for v in emulator.get(path, buildStatus="failed")["data"]] == [bad]
    assert [v["id"] for v in emulator.get(path, search=good.upper())["data"]] == [good]
    shown = emulator.get(f"{ENVIRONMENTS}{environment}/")
    assert (shown["latestVersion"]["id"], shown["latestSuccessfulVersion"]["id"]) == (bad, good)


def test_a_version_is_found_under_its_own_environment_only() -> None:
    emulator = Emulator()
    version = emulator.public_environment()["latestVersion"]["id"]
    other = emulator.environment()
    for tail in ("", "buildLog/", "download/"):
        emulator.call("GET", f"{ENVIRONMENTS}{other}/versions/{version}/{tail}", 404)


def test_chosen_version_ids_are_for_the_administrator() -> None:
    emulator = Emulator()
    path = f"{ENVIRONMENTS}{emulator.environment()}/versions/"
    body = {"dockerImageUri": "a", "environmentVersionId": "c" * 24}
    assert emulator.call("POST", path, 202, json=body).json() == {"id": "c" * 24}
    emulator.call("POST", path, 409, json=body)
