"""Registries that keep to the contract only roughly: what they ignore, lack, add or send twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from reconciler.core.kind import PlanContext, PlanOptions
from reconciler.core.provider import Watch
from reconciler.core.resource import Address, Live, Prefetched, Resource
from reconciler.core.step import Call, Wait
from reconciler.errors import ApiError, LiveStateError, Problem
from reconciler.providers.answer import ContractBroken
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.providers.model_registry.client import MOST_PAGES, Client
from reconciler.providers.model_registry.facts import registry_facts
from reconciler.providers.model_registry.kind import registry_draft
from reconciler.providers.model_registry.provider import ModelRegistry

FQN = "model:acme/fraud/churn"
Items = list[dict[str, Any]]
Answers = Callable[[httpx.Request], httpx.Response]


def model(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A model with as little as there may be of it."""
    return {"id": f"m{number}", "ml_repo_id": "r", "name": "churn", "fqn": FQN, **fields}


def version(number: int, **manifest: Any) -> dict[str, Any]:
    """A version with as little as there may be of it."""
    fqn = f"model-version:acme/fraud/churn:{number}"
    return {"id": f"v{number}", "fqn": fqn, "manifest": {"version": number, **manifest}}


class Server:
    """Answers every request with a function, and remembers them."""

    def __init__(self, answer: Answers) -> None:
        self.answer = answer
        self.paths: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(f"{request.url.path}?{request.url.params.get('offset', '')}")
        assert len(self.paths) < 3000, "it never ends"
        return self.answer(request)


def provider(answer: Answers) -> tuple[ModelRegistry, Server]:
    """Our provider on such a server."""
    server = Server(answer)
    outside = Runtime(httpx.MockTransport(server), lambda _: None)
    return ModelRegistry(Http(Endpoint("https://registry.test", "s3cr3t"), outside)), server


def client(answer: Answers) -> tuple[Client, Server]:
    made, server = provider(answer)
    return made.client, server


def page(items: Items) -> httpx.Response:
    return httpx.Response(200, json={"data": items, "pagination": {"total": len(items)}})


def window(items: Items, size: int = 100) -> Answers:
    """A server with these items and pages of that size at most."""

    def answer(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return page(items[start : start + min(size, int(request.url.params["limit"]))])

    return answer


def problems(registry: ModelRegistry, **spec: Any) -> tuple[Problem, ...]:
    """What a plan would say of a manifest of that spec."""
    resource = Resource(Address("RegistryModel", "churn-artifact"), {"fqn": FQN, **spec})
    draft = registry_draft(PlanContext(resource, registry.find(resource), (), {}, PlanOptions()))
    return draft.problems if draft else ()


# -- pages -----------------------------------------------------------------------------------


def test_an_empty_page_is_the_end() -> None:
    registry, server = client(window([model(n) for n in range(5)], size=2))
    assert [found.id for found in registry.list_models()] == ["m0", "m1", "m2", "m3", "m4"]
    assert server.paths == [f"/api/ml/v1/models?{n}" for n in (0, 2, 4, 5)]


def test_no_models_at_all() -> None:
    registry, server = client(window([]))
    assert list(registry.list_models()) == []
    assert server.paths == ["/api/ml/v1/models?0"]


def test_a_server_that_ignores_offset() -> None:
    registry, server = client(lambda _: page([model(1), model(2)]))
    assert [found.id for found in registry.list_models()] == ["m1", "m2"]
    assert len(server.paths) == 2


def test_a_server_that_ignores_limit() -> None:
    everything = [model(n) for n in range(250)]
    registry, server = client(lambda r: page(everything[int(r.url.params["offset"]) :]))
    assert len(list(registry.list_models())) == 250
    assert len(server.paths) == 2


def test_a_total_that_is_wrong_is_not_believed() -> None:
    answers = {"0": [model(1)], "1": [model(2)]}

    def answer(request: httpx.Request) -> httpx.Response:
        items = answers.get(request.url.params["offset"], [])
        return httpx.Response(200, json={"data": items, "pagination": {"total": 1}})

    assert [found.id for found in client(answer)[0].list_models()] == ["m1", "m2"]


def test_an_item_that_moves_to_the_next_page_shows_once() -> None:
    answers = {"0": [model(1), model(2)], "2": [model(2), model(3)]}
    registry, _ = client(lambda r: page(answers.get(r.url.params["offset"], [])))
    assert [found.id for found in registry.list_models()] == ["m1", "m2", "m3"]


def test_a_list_without_end_is_given_up() -> None:
    numbers = count()
    registry, server = client(lambda _: page([model(next(numbers))]))
    with pytest.raises(ContractBroken, match="without an end"):
        list(registry.list_models())
    assert len(server.paths) == MOST_PAGES


@pytest.mark.parametrize("body", [[], {"data": None}, {"data": [1]}, {"data": [{"name": "x"}]}])
def test_what_is_no_page(body: Any) -> None:
    registry, _ = client(lambda _: httpx.Response(200, json=body))
    with pytest.raises(ContractBroken, match="no page of the registry"):
        list(registry.list_models())


def test_a_model_without_what_we_rely_on() -> None:
    registry, _ = client(lambda _: page([{"id": "m1"}]))
    with pytest.raises(ContractBroken, match=r"Model .* at: ml_repo_id, name, fqn"):
        list(registry.list_models())


# -- roots -----------------------------------------------------------------------------------


def only(root: str, answer: Answers, status: int = 404) -> Answers:
    """A server that has only one of the two roots."""

    def answered(request: httpx.Request) -> httpx.Response:
        served = request.url.path.startswith(f"/{root}/")
        return answer(request) if served else httpx.Response(status, json={"message": "no route"})

    return answered


@pytest.mark.parametrize("status", [404, 405])
def test_the_root_of_the_official_client_serves_as_well(status: int) -> None:
    registry, server = client(only("api/svc/v1", window([model()]), status))
    assert [found.id for found in registry.list_models()] == ["m1"]
    assert [path.partition("?")[0] for path in server.paths] == [
        "/api/ml/v1/models", "/api/svc/v1/models", "/api/svc/v1/models"
    ]  # fmt: skip


def test_versions_under_the_root_of_the_public_documents() -> None:
    registry, _ = client(only("api/ml/v1", window([version(1), version(2)])))
    assert [found.number for found in registry.list_versions("m1")] == [1, 2]


def test_neither_root_is_served() -> None:
    registry, _ = client(lambda _: httpx.Response(404, json={"message": "no route"}))
    with pytest.raises(ApiError, match="GET api/ml/v1/models answered 404"):
        list(registry.list_models())


def test_another_refusal_is_no_reason_to_ask_elsewhere() -> None:
    registry, server = client(lambda _: httpx.Response(403, json={"message": "not yours"}))
    with pytest.raises(ApiError, match="not yours"):
        list(registry.list_models())
    assert server.paths == ["/api/ml/v1/models?0"]


def test_a_registry_that_lists_no_versions_has_its_latest() -> None:
    latest = version(7, version_alias="v1")
    held = window([model(latest_version=latest)])

    def answer(request: httpx.Request) -> httpx.Response:
        listed = request.url.path.endswith("/models")
        return held(request) if listed else httpx.Response(404, json={})

    registry, _ = provider(answer)
    assert problems(registry, require={"alias": "v1"}) == ()
    (told,) = problems(registry, require={"alias": "v2"})
    assert told.message == f"no version of {FQN} has the alias v2; it has 7 (v1)"
    registry, _ = provider(lambda r: held(r) if "/models" in r.url.path else httpx.Response(403))
    with pytest.raises(ApiError, match="403"):
        problems(registry, require={"alias": "v2"})


# -- filters that are ignored, and what is there twice ---------------------------------------


def test_a_server_that_ignores_filters() -> None:
    other = model(2, name="lapse", fqn="model:acme/fraud/lapse")
    registry, _ = provider(window([other, model(latest_version=version(3))]))
    assert problems(registry, require={"version": "3"}) == ()


def test_two_models_of_one_name() -> None:
    twins = [model(n, latest_version=version(n)) for n in (2, 1)]
    registry, _ = provider(window(twins))
    (told,) = problems(registry)
    assert told.code == "ambiguous-registry-model"
    assert told.message == f"2 models of the registry are {FQN}: m1 ({FQN}), m2 ({FQN})"
    pinned = Resource(Address("RegistryModel", "a"), {"fqn": FQN}, id="m2")
    live = registry.find(pinned)
    assert live is not None
    assert (live.id, registry_facts(live).matching[0].name.number) == ("m2", 2)


def test_two_tenants_with_one_repository_and_model() -> None:
    ours, theirs = model(1, latest_version=version(1)), model(2, fqn="model:other/fraud/churn")
    registry, _ = provider(window([ours, theirs]))
    resource = Resource(Address("RegistryModel", "a"), {"mlRepo": "fraud", "modelName": "churn"})
    live = registry.find(resource)
    assert live is not None
    assert [each.id for each in registry_facts(live).models] == ["m1", "m2"]


def test_two_versions_of_one_alias() -> None:
    versions = [version(n, version_alias="v1") for n in (1, 2)]

    def answer(request: httpx.Request) -> httpx.Response:
        listed = request.url.path.endswith("/models")
        return window([model(latest_version=version(3))] if listed else versions)(request)

    (told,) = problems(provider(answer)[0], require={"alias": "v1"})
    assert told.code == "ambiguous-registry-alias"
    assert "v1 (1), v2 (2)" in told.message


def test_versions_of_another_model_are_left_out() -> None:
    strange = {**version(9, version_alias="v1"), "model_id": "m9"}

    def answer(request: httpx.Request) -> httpx.Response:
        listed = request.url.path.endswith("/models")
        return window([model(latest_version=version(3))] if listed else [strange])(request)

    (told,) = problems(provider(answer)[0], require={"alias": "v1"})
    assert "it has 3" in told.message


# -- what no contract has --------------------------------------------------------------------

ODD = [
    {"framework": {"type": "quantum", "qubits": 7}},
    {"framework": {"type": "sklearn", "model_schema": "none of that"}},
    {"framework": {"type": 5}},
    {"framework": "sklearn"},
    {"framework": {}},
    {"source": {"type": "carrier-pigeon", "loft": "north"}},
    {"source": {"type": "local", "file_or_folder": ["a", "b"]}},
    {"source": {}},
    {"metadata": {"deep": [{"er": None}]}, "unheard": {"of": 1}},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_unknown_types_fail_no_list(odd: dict[str, Any]) -> None:
    registry, _ = client(window([model(1, latest_version=version(1, **odd)), model(2)]))
    found = list(registry.list_models())
    assert [each.id for each in found] == ["m1", "m2"]
    assert found[0].latest_version is not None
    assert found[0].latest_version.number == 1


def test_an_unknown_framework_can_be_required() -> None:
    quantum = version(1, framework={"type": "quantum", "qubits": 7})
    registry, _ = provider(window([model(latest_version=quantum)]))
    assert problems(registry, require={"framework": "quantum"}) == ()
    (told,) = problems(registry, require={"framework": "sklern"})
    assert "framework is quantum, and sklern is required; did you mean 'sklearn'?" in told.message


def test_a_version_whose_manifest_has_no_number() -> None:
    unnumbered = {"id": "v", "fqn": "model-version:acme/fraud/churn:12", "manifest": {}}
    registry, _ = provider(window([model(latest_version=unnumbered)]))
    assert problems(registry, require={"version": "12"}) == ()
    nameless = {**unnumbered, "fqn": "strange"}
    held = {"models": [model(latest_version=nameless)], "model-versions": [nameless]}
    registry, _ = provider(lambda r: window(held[r.url.path.rpartition("/")[2]])(r))
    assert problems(registry) == ()
    (told,) = problems(registry, require={"version": ">=1"})
    assert told.message == f"no version of {FQN} is >=1; it has v"


# -- what is never done ----------------------------------------------------------------------


@pytest.fixture
def idle() -> Iterator[ModelRegistry]:
    registry, server = provider(lambda _: httpx.Response(500))
    yield registry
    registry.close()
    assert server.paths == []


def test_nothing_is_written_run_or_fetched(idle: ModelRegistry) -> None:
    live, call = Live("RegistryModel", "m1", FQN), Call("put", "PUT", "models")
    refused = (
        lambda: idle.send(call, None),
        lambda: idle.wait(Wait("job"), Watch(print, lambda: False)),
        lambda: idle.logs(live, "build", 10),
        lambda: idle.download(live, "there"),
    )
    for attempt in refused:
        with pytest.raises(LiveStateError) as error:
            attempt()
        assert error.value.hint
    assert idle.recover(call, None) is None
    assert (idle.cancel(live), idle.list("RegistryModel")) == ((), ())
    assert idle.prefetch([]) == Prefetched()
    resource = Resource(Address("RegistryModel", "a"), {"fqn": FQN})
    assert idle.read_details(resource, live) is live
