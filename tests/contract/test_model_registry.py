"""Our client of the model registry on the emulator: statuses, filters, pages, all that is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from reconciler.core.resource import Address, Live, Resource
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.providers.model_registry.client import Client
from reconciler.providers.model_registry.facts import registry_facts
from reconciler.providers.model_registry.provider import ModelRegistry
from reconciler.providers.model_registry.responses import (
    FRAMEWORKS,
    SOURCES,
    Framework,
    LocalSource,
    Manifest,
    Pickled,
)
from tests.contract.test_emulator_registry import FRAMEWORKS as SENT_FRAMEWORKS
from tests.contract.test_emulator_registry import SOURCES as SENT_SOURCES
from tests.contract.test_emulator_registry import Registry
from tests.support.emulator import EmulatorTransport

CONTRACT = json.loads(
    (Path(__file__).parent / "contracts" / "registry_models.openapi.json").read_text()
)
FQN = "model:acme/fraud/churn"


class Checked(httpx.BaseTransport):
    """Passes requests on, and holds them and their answers to the contract."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self.seen: list[tuple[str, int]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        operation = CONTRACT["paths"][request.url.path][request.method.lower()]
        declared = {p["name"]: p["schema"] for p in operation["parameters"]}
        for name, text in request.url.params.items():
            value = json.loads(text) if declared[name]["type"] != "string" else text
            Draft202012Validator(declared[name]).validate(value)
        response = self._inner.handle_request(request)
        response.read()
        schema = operation["responses"][str(response.status_code)]["content"]["application/json"]
        Draft202012Validator({**schema["schema"], "components": CONTRACT["components"]}).validate(
            response.json()
        )
        self.seen.append((request.url.path, response.status_code))
        return response


class Room(Registry):
    """An emulator with one repository, and our client on it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.wire = Checked(EmulatorTransport(self.emulator.app))
        self.provider = ModelRegistry(self.connection("any"))
        self.client = self.provider.client

    def connection(self, token: str) -> Http:
        outside = Runtime(self.wire, self.emulator.clock.sleep, self.emulator.clock)
        return Http(Endpoint("http://emulator", token), outside)

    def refuse(self, status: int) -> None:
        fault = {"action": "status", "status": status, "times": 99, "path": "/models"}
        self.emulator.control("POST", "faults", fault)

    def find(self, **spec: Any) -> Live:
        live = self.provider.find(wanted(**spec))
        assert live is not None
        return live


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.provider.close()


def wanted(**spec: Any) -> Resource:
    """A manifest of that spec."""
    return Resource(Address("RegistryModel", "churn-artifact"), spec or {"fqn": FQN})


# -- every documented status -----------------------------------------------------------------


def test_200_a_list_and_its_pages(room: Room) -> None:
    for number in range(3):
        room.put(name=f"model-{number}")
    assert {model.name for model in room.client.list_models()} == {"model-0", "model-1", "model-2"}
    assert room.wire.seen == [("/api/ml/v1/models", 200)] * 2


def test_401_names_the_setting() -> None:
    room = Room()
    room.refuse(401)
    with pytest.raises(ApiError, match=r"models answered 401") as refused:
        list(room.client.list_models())
    assert refused.value.status == 401
    assert "TFY_API_KEY" in refused.value.hint
    assert room.wire.seen == [("/api/ml/v1/models", 401)]


def test_422_tells_the_reason_of_the_registry(room: Room) -> None:
    room.refuse(422)
    with pytest.raises(ApiError, match=r"models answered 422.*planned") as refused:
        list(room.client.list_models(fqn="what"))
    assert refused.value.status == 422
    assert room.wire.seen == [("/api/ml/v1/models", 422)]


def test_500_is_tried_again(room: Room) -> None:
    room.put()
    fault = {"action": "status", "status": 500, "times": 2, "path": "/models"}
    room.emulator.control("POST", "faults", fault)
    outside = Runtime(EmulatorTransport(room.emulator.app), room.emulator.clock.sleep)
    client = Client(Http(Endpoint("http://emulator", "any"), outside))
    assert [model.fqn for model in client.list_models()] == [FQN]
    client.http.close()


# -- filters and pages -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, {"churn", "lapse", "empty"}),
        ({"include_empty_models": False}, {"churn", "lapse"}),
        ({"include_empty_models": True, "name": "empty"}, {"empty"}),
        ({"fqn": FQN}, {"churn"}),
        ({"run_id": "run-1"}, {"lapse"}),
        ({"name": "nobody"}, set()),
    ],
)
def test_every_filter(room: Room, filters: dict[str, Any], names: set[str]) -> None:
    room.put()
    room.put(name="lapse", run_id="run-1")
    gone = room.put(name="empty")
    room.call("DELETE", f"/api/svc/v1/model-versions/{gone['id']}")
    assert {model.name for model in room.client.list_models(**filters)} == names


def test_the_models_of_a_repository(room: Room) -> None:
    room.put_repo("risk")
    room.put()
    room.put(name="lapse", ml_repo="risk")
    found = room.client.list_models(ml_repo_id=room.repo["id"])
    assert [model.name for model in found] == ["churn"]


def test_a_server_may_cap_the_page() -> None:
    room = Room(page_size=2)
    for _ in range(5):
        version = room.put()
    found = list(room.client.list_versions(version["model_id"]))
    assert sorted(each.number or 0 for each in found) == [1, 2, 3, 4, 5]
    # Offsets 0, 2, 4 and 5: only an empty page is the end.
    assert room.wire.seen == [("/api/svc/v1/model-versions", 200)] * 4


# -- what is told of a version ---------------------------------------------------------------


def test_every_framework_of_the_contract(room: Room) -> None:
    for number, framework in enumerate(SENT_FRAMEWORKS):
        room.put(name=f"model-{number}", framework=framework)
    told = [manifest.framework for manifest in manifests(room)]
    for sent, held in zip(SENT_FRAMEWORKS, told, strict=True):
        if sent is None:
            assert held is None
            continue
        assert held is not None
        assert type(held) is FRAMEWORKS.get(str(sent.get("type")), Framework)
        assert held.model_dump(exclude_unset=True).keys() == {*sent, "type"}


def test_every_source_of_the_contract(room: Room) -> None:
    for number, source in enumerate(SENT_SOURCES):
        room.put(name=f"model-{number}", source=source)
    told = [manifest.source for manifest in manifests(room)]
    assert [type(held) for held in told] == [SOURCES[sent["type"]] for sent in SENT_SOURCES]
    assert [held and held.model_dump(exclude_unset=True) for held in told] == list(SENT_SOURCES)


def manifests(room: Room) -> list[Manifest]:
    """The manifest of every model's latest version, in the order they were made."""
    versions = [model.latest_version for model in room.client.list_models()]
    return [version.manifest for version in reversed(versions) if version]


def test_all_fields_of_a_version(room: Room) -> None:
    room.put(
        metadata={"metrics": {"auc": 0.83}, "deployable": True},
        framework={"type": "sklearn", "model_filepath": "m.joblib"},
        source={"type": "local", "file_or_folder": "./model"},
        environment={"python_version": "3.11", "pip_packages": ["scikit-learn==1.5"]},
        version_alias="v1",
        description="first",
        run_id="run-1",
        step=3,
        more={"is": "kept"},
    )
    (model,) = room.client.list_models()
    version = model.latest_version
    assert version is not None
    manifest = version.manifest
    assert (version.number, manifest.version_alias, manifest.run_id) == (1, "v1", "run-1")
    assert (manifest.description, manifest.step, manifest.ml_repo) == ("first", 3, "fraud")
    assert isinstance(manifest.framework, Pickled)
    assert isinstance(manifest.source, LocalSource)
    assert manifest.environment is not None
    assert manifest.environment.pip_packages == ["scikit-learn==1.5"]
    assert version.metrics is not None
    assert [(m.key, m.value, m.step) for m in version.metrics] == [("auc", 0.83, 3)]
    assert (version.deployable, version.tags, model.run_steps) == (True, [], [3])
    assert model.created_by_subject is not None
    assert model.created_by_subject.subject_type == "user"
    assert manifest.model_extra == {"more": {"is": "kept"}}
    assert model.place == ("fraud", "churn")


# -- what the provider makes of it -----------------------------------------------------------


def test_the_latest_version_needs_no_second_list(room: Room) -> None:
    room.put()
    newest = room.put(framework={"type": "xgboost"})
    live = room.find(fqn=FQN)
    (chosen,) = registry_facts(live).matching
    assert (live.id, live.name) == (newest["model_id"], FQN)
    assert (chosen.name.number, chosen.fqn) == (2, "model-version:acme/fraud/churn:2")
    assert chosen.framework == "xgboost"
    assert {path for path, _ in room.wire.seen} == {"/api/ml/v1/models"}


@pytest.mark.parametrize(
    ("require", "number"),
    [
        ({}, 3),
        ({"version": ">=1"}, 3),
        ({"version": "<3"}, 2),
        ({"version": "1"}, 1),
        ({"alias": "v1"}, 2),
        ({"alias": "v1", "version": ">=3"}, 2),
        ({"version": ">3"}, None),
        ({"alias": "v2"}, None),
    ],
)
def test_which_version_is_meant(room: Room, require: dict[str, Any], number: int | None) -> None:
    room.put()
    room.put(version_alias="v1")
    room.put()
    chosen = registry_facts(room.find(fqn=FQN, require=require)).matching
    assert [each.name.number for each in chosen] == ([] if number is None else [number])


def test_a_repository_by_its_name_or_its_id(room: Room) -> None:
    room.put_repo("risk")
    room.put()
    room.put(ml_repo="risk")
    for repository in ("fraud", room.repo["id"]):
        live = room.find(mlRepo=repository, modelName="churn")
        assert [each.fqn for each in registry_facts(live).models] == [FQN]


def test_a_model_that_is_not_there_and_names_that_are_near(room: Room) -> None:
    room.put()
    room.put(name="lapse")
    live = room.find(fqn="model:acme/fraud/churm")
    facts = registry_facts(live)
    assert (live.id, facts.models, facts.matching) == ("", (), ())
    assert facts.near[0] == FQN
    with pytest.raises(LiveStateError, match="shows no model"):
        room.provider.history(live)


def test_what_is_seen_of_a_model(room: Room) -> None:
    room.put(framework={"type": "sklearn"}, metadata={"metrics": {"auc": 0.5, "loss": 0}})
    live = room.find(fqn=FQN)
    seen = room.provider.snapshot(live)
    assert seen["latest_version"]["manifest"]["framework"]["type"] == "sklearn"
    (row,) = room.provider.history(live)
    assert (row["version"], row["framework"], row["metrics"]) == (1, "sklearn", "auc 0.5, loss 0")
    room.call("DELETE", f"/api/svc/v1/models/{live.id}")
    assert room.provider.snapshot(live) is None
    assert room.provider.requests() == {"GET": len(room.wire.seen)}
