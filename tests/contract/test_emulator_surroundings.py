"""The account, deployments, registered models and model packages around the custom models."""

from __future__ import annotations

from typing import Any

from tests.support.emulator import ANN, BEN, OWNER, PROGRAM, V2, Emulator, path_of

PACKAGES = "/modelPackages/"
NEW = f"{PACKAGES}fromCustomModelVersion/"
REGISTERED = "/registeredModels/"


def versioned(emulator: Emulator, **settings: Any) -> tuple[str, str]:
    """The ids of a new model and of its version."""
    model = emulator.model(**settings)["id"]
    return model, emulator.version(model, {"custom.py": PROGRAM})["id"]


def deployed(emulator: Emulator, **settings: Any) -> tuple[str, str, str]:
    """The ids of a new model, of its version and of its deployment."""
    model, version = versioned(emulator, **settings)
    made = emulator.control("POST", "deployments", {"customModelId": model})
    return model, version, made["id"]


def packaged(emulator: Emulator, version: str, **fields: Any) -> Any:
    """A package of the version."""
    body = {"customModelVersionId": version, **fields}
    return emulator.call("POST", NEW, 201, json=body).json()


def test_a_ping_is_answered_under_each_of_its_paths() -> None:
    emulator = Emulator()
    for path in ("/ping", "//ping", "/ping/"):
        assert emulator.http.get(f"http://emulator{V2}{path}").json() == {"response": "pong"}
    assert emulator.client(None).get(f"{V2}/ping").status_code == 401


def test_the_account_is_the_one_of_the_token() -> None:
    emulator = Emulator()
    assert emulator.get("/account/info/")["email"] == OWNER
    ann = emulator.client(ANN).get(f"{V2}/account/info/").json()
    assert (ann["email"], ann["firstName"]) == (ANN, "ann")
    path = f"/customModels/{emulator.model()['id']}/accessControl/"
    grant = {"data": [{"username": ANN, "role": "EDITOR"}]}
    emulator.call("PATCH", path, 204, json=grant)
    named = {entry["username"]: entry["userId"] for entry in emulator.get(path)["data"]}
    assert named[ANN] == ann["uid"]
    assert named[OWNER] == emulator.get("/account/info/")["uid"] != ann["uid"]
    assert emulator.client(None).get(f"{V2}/account/info/").status_code == 401


def test_the_account_can_be_switched_off_and_on() -> None:
    emulator = Emulator()
    emulator.control("POST", "account", {"served": False})
    emulator.call("GET", "/account/info/", 404)
    emulator.control("POST", "account", {"served": True})
    emulator.call("GET", "/account/info/", 200)
    assert emulator.http.post("/__emulator__/account", json={}).status_code == 422


def test_deployments_are_listed_newest_first() -> None:
    emulator = Emulator()
    model, version, first = deployed(emulator)
    _, _, second = deployed(emulator, targetType="Unstructured", targetName=...)
    listed = emulator.get("/deployments/")
    assert [one["id"] for one in listed["data"]] == [second, first]
    assert (listed["count"], listed["totalCount"]) == (2, 2)
    assert "targetName" not in listed["data"][0]["model"]
    linked = emulator.get("/deployments/", customModelId=model)["data"]
    assert linked == [emulator.get(f"/deployments/{first}/")]
    shown = linked[0]["model"]
    assert (shown["targetName"], shown["id"]) == ("churned", version)
    image = shown["customModelImage"]
    assert (image["customModelId"], image["customModelVersionId"]) == (model, version)
    emulator.call("GET", "/deployments/unknown/", 404)
    emulator.call("GET", "/deployments/", 422, params={"unknown": "x"})


def test_a_deployment_is_seen_by_those_who_see_its_model() -> None:
    emulator = Emulator()
    model, _, deployment = deployed(emulator)
    ben = emulator.client(BEN)
    for path in ("/deployments/", f"/customModelDeployments/?customModelIds={model}"):
        assert ben.get(V2 + path).json()["totalCount"] == 0
    assert ben.get(f"{V2}/deployments/{deployment}/").status_code == 404


def test_deployments_of_custom_models_are_filtered_by_query_or_body() -> None:
    emulator = Emulator()
    model, version, deployment = deployed(emulator)
    other, _, another = deployed(emulator)
    path = "/customModelDeployments/"

    def ids(answer: Any) -> list[str]:
        return [one["id"] for one in answer.json()["data"]]

    assert ids(emulator.call("GET", path, 200)) == [another, deployment]
    for ids_given in ([model], [model, other]):
        expected = [another, deployment] if other in ids_given else [deployment]
        query = {"customModelIds": ids_given}
        assert ids(emulator.call("GET", path, 200, params=query)) == expected
        assert ids(emulator.call("GET", path, 200, json=query)) == expected
    environment = emulator.public_environment()["id"]
    assert len(ids(emulator.call("GET", path, 200, params={"environmentIds": environment}))) == 2
    assert ids(emulator.call("GET", path, 200, params={"environmentIds": "other"})) == []
    emulator.call("GET", path, 400, params={"unknown": "x"})
    shown = emulator.get(path, customModelIds=model)["data"][0]
    assert shown["customModel"] == {"id": model, "name": "Churn"}
    assert shown["customModelVersion"] == {"id": version, "label": "v1.0"}
    assert shown["executionEnvironment"]["id"] == environment
    assert (shown["imageType"], shown["testingStatus"]) == ("customModelImage", "not_tested")


def test_the_deployment_shows_the_newest_test_of_its_version() -> None:
    emulator = Emulator()
    model, version, _ = deployed(emulator)
    body = {"customModelId": model, "customModelVersionId": version}
    emulator.call("POST", "/customModelTests/", 202, json={**body, "datasetId": emulator.dataset()})
    shown = emulator.get("/customModelDeployments/", customModelIds=model)["data"][0]
    assert shown["testingStatus"] == "succeeded"


def test_a_package_is_a_version_of_a_registered_model() -> None:
    emulator = Emulator()
    model, version = versioned(emulator)
    body = {"customModelVersionId": version, "registeredModelName": "Churn in the registry"}
    answer = emulator.call("POST", NEW, 201, json=body)
    package = answer.json()
    assert path_of(emulator.call("GET", path_of(answer), 303)) == f"{PACKAGES}{package['id']}/"
    assert emulator.get(f"{PACKAGES}{package['id']}/")["buildStatus"] == "complete"
    assert (package["modelId"], package["registeredModelVersion"]) == (version, 1)
    assert package["target"] == {"name": "churned", "type": "Binary"}
    registered = package["registeredModelId"]
    second = packaged(emulator, version, registeredModelId=registered)
    assert (second["registeredModelId"], second["registeredModelVersion"]) == (registered, 2)
    versions = emulator.get(f"{REGISTERED}{registered}/versions/")["data"]
    assert [one["id"] for one in versions] == [second["id"], package["id"]]
    assert emulator.get(f"{REGISTERED}{registered}/versions/{second['id']}/") == versions[0]
    other = packaged(emulator, version, name="Other")["id"]
    emulator.call("GET", f"{REGISTERED}{registered}/versions/{other}/", 404)
    assert emulator.get(f"{REGISTERED}{registered}/")["lastVersionNum"] == 2
    assert emulator.get(PACKAGES, modelId=version)["totalCount"] == 3
    assert emulator.get(PACKAGES, modelId="other")["totalCount"] == 0
    assert package["activeDeploymentCount"] == 0
    emulator.control("POST", "deployments", {"customModelId": model})
    assert emulator.get(f"{PACKAGES}{package['id']}/")["activeDeploymentCount"] == 1


def test_a_package_without_a_registered_model_makes_one_of_its_own_name() -> None:
    emulator = Emulator()
    _, version = versioned(emulator)
    package = packaged(emulator, version, name="Named", registeredModelDescription="Of its own.")
    model = emulator.get(f"{REGISTERED}{package['registeredModelId']}/")
    assert (model["name"], model["description"]) == ("Named", "Of its own.")


def test_what_refuses_a_package() -> None:
    emulator = Emulator()
    _, version = versioned(emulator)
    taken = packaged(emulator, version, registeredModelName="Taken")["registeredModelId"]
    for fields, status in (
        ({"customModelVersionId": "unknown"}, 404),
        ({"registeredModelName": "Taken"}, 422),
        ({"registeredModelName": "Free", "registeredModelId": taken}, 422),
        ({"registeredModelId": "unknown"}, 404),
        ({"unknown": 1}, 422),
    ):
        emulator.call("POST", NEW, status, json={"customModelVersionId": version, **fields})
    ben = emulator.client(BEN).post(V2 + NEW, json={"customModelVersionId": version})
    assert ben.status_code == 404
    assert emulator.get(REGISTERED)["totalCount"] == 1


def test_a_registered_model_is_found_by_its_text_and_changed() -> None:
    emulator = Emulator()
    _, version = versioned(emulator)
    package = packaged(emulator, version, registeredModelName="Churn risk")
    packaged(emulator, version, registeredModelName="Other")
    found = emulator.get(REGISTERED, search="RISK")["data"]
    assert [one["name"] for one in found] == ["Churn risk"]
    path = f"{REGISTERED}{package['registeredModelId']}/"
    changes = {"description": "Who leaves.", "isGlobal": True}
    changed = emulator.call("PATCH", path, 200, json=changes).json()
    assert changed == emulator.get(path)
    assert changed.items() >= changes.items()
    emulator.call("PATCH", path, 422, json={"name": "Other"})
    emulator.call("PATCH", path, 200, json={"name": "Churn risk"})
    assert emulator.client(BEN).get(V2 + path).status_code == 404
    assert emulator.client(BEN).get(V2 + REGISTERED).json()["totalCount"] == 0
    assert emulator.client(BEN).get(V2 + PACKAGES).json()["totalCount"] == 0
    emulator.call("GET", f"{PACKAGES}unknown/", 404)


def test_a_packaged_version_is_frozen() -> None:
    emulator = Emulator()
    model, version = versioned(emulator)
    path = f"/customModels/{model}/versions/"
    assert emulator.get(f"{path}{version}/")["isFrozen"] is False
    packaged(emulator, version)
    assert emulator.get(f"{path}{version}/")["isFrozen"] is True
