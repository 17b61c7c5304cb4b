"""Our client of the model runs API: every operation, and every documented status as our error.

Cases: what each method sends and gives back, both kinds of keys, paging and its end, and each
refusal by real input where there is one, else by a planned fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import ApiError, UnknownOutcome
from reconciler.providers.answer import ContractBroken
from reconciler.providers.model_runs import operations as api
from reconciler.providers.model_runs.client import Client
from tests.support.emulator import ANN, BEN
from tests.support.model_runs_api import NAMES, PATH, Ground
from tests.support.perform import perform

DOCUMENT = json.loads(
    (Path(__file__).parent / "contracts" / "model_runs.openapi.json").read_text(encoding="utf-8")
)
BODY = {"project_name": "analytics", "model_names": NAMES, "full_refresh": True}

Call = Callable[[Client, Ground], Any]
OPERATIONS: dict[str, tuple[str, Call]] = {
    "GET /model-runs": ("list_runs", lambda c, g: list(c.list_runs())),
    "POST /model-runs": ("trigger_run", lambda c, g: c.write(api.TRIGGER_RUN, body=BODY)),
    "GET /model-runs/{runId}": ("get_run", lambda c, g: c.read(api.GET_RUN, g.started("stg_a"))),
    "POST /model-runs/{runId}/cancel": (
        "cancel_run",
        lambda c, g: c.write(api.CANCEL_RUN, g.started("stg_a")),
    ),
    "GET /model-runs/{runId}/steps": ("list_steps", lambda c, g: c.list_steps(g.started("stg_a"))),
    "GET /model-runs/{runId}/steps/{stepId}/test-results": (
        "list_tests",
        lambda c, g: c.list_tests(run := g.started("stg_a"), g.step(run)),
    ),
}
"""Operation -> the client's method, and a call of it that succeeds."""

DOCUMENTED = [
    (f"{method.upper()} {path}", int(status))
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method in ("get", "post")
    for status in operation["responses"]
    if status >= "400"
]


def _restricted(ground: Ground, call: Callable[[Client, str], Any]) -> Any:
    return call(Client(ground.open(ANN)), ground.started("stg_a", project_name="restricted_pay"))


# Refusals that an input brings about; all others need a planned fault.
BY_INPUT: dict[tuple[str, int], Callable[[Ground], Any]] = {
    ("GET /model-runs", 400): lambda g: list(g.client.list_runs("DONE")),
    ("POST /model-runs", 400): lambda g: g.client.write(api.TRIGGER_RUN, body={"project_name": ""}),
    ("POST /model-runs", 403): lambda g: Client(g.open(ANN)).write(
        api.TRIGGER_RUN, body={"project_name": "restricted"}
    ),
    ("GET /model-runs/{runId}", 403): lambda g: _restricted(
        g, lambda c, run: c.read(api.GET_RUN, run)
    ),
    ("GET /model-runs/{runId}", 404): lambda g: g.client.read(api.GET_RUN, "../none"),
    ("POST /model-runs/{runId}/cancel", 400): lambda g: g.client.write(api.CANCEL_RUN, _ended(g)),
    ("POST /model-runs/{runId}/cancel", 403): lambda g: Client(g.open(BEN)).write(
        api.CANCEL_RUN, g.started("stg_a")
    ),
    ("GET /model-runs/{runId}/steps", 403): lambda g: _restricted(g, lambda c, r: c.list_steps(r)),
    ("GET /model-runs/{runId}/steps", 404): lambda g: g.client.list_steps("none"),
    ("GET /model-runs/{runId}/steps/{stepId}/test-results", 403): lambda g: _restricted(
        g, lambda c, run: c.list_tests(run, g.step(run))
    ),
    ("GET /model-runs/{runId}/steps/{stepId}/test-results", 404): lambda g: g.client.list_tests(
        g.started("stg_a"), "none"
    ),
}


def _ended(ground: Ground) -> str:
    run = ground.started("stg_a")
    ground.emulator.clock.sleep(100)
    return run


def test_every_operation_is_in_our_table() -> None:
    declared = {
        f"{method.upper()} {path}"
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
        if method in ("get", "post")
    }
    assert OPERATIONS.keys() == declared
    assert {name for name, _ in OPERATIONS.values()} == api.OPERATIONS.keys()
    for page, (name, _) in OPERATIONS.items():
        ours = api.OPERATIONS[name]
        told = re.sub(r"\{\w+\}", "{}", page)
        assert told == f"{ours.method} /{re.sub('{.*?}', '{}', ours.path)}"
    assert len(declared) == 6


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_method_sends_just_this(operation: str) -> None:
    ground = Ground(job_time=10.0)
    _, call = OPERATIONS[operation]
    call(ground.client, ground)
    method, _, path = operation.partition(" ")
    sent = ground.emulator.log()[-1]
    assert sent["method"] == method
    told = sent["path"].partition("?")[0].removeprefix("/v1/").split("/")
    declared = path.removeprefix("/").split("/")
    assert len(told) == len(declared)
    assert all(a == b or b.startswith("{") for a, b in zip(told, declared, strict=True))
    assert sent["status"] in (200, 201)


def test_a_trigger_sends_what_the_contract_declares() -> None:
    ground = Ground()
    run = ground.client.write(api.TRIGGER_RUN, body=BODY)
    sent = ground.emulator.log()[-1]["body"]
    schema = DOCUMENT["components"]["schemas"]["TriggerModelRunRequest"]
    assert list(Draft202012Validator(schema).iter_errors(sent)) == []
    assert (run.status, run.full_refresh, run.model_names) == ("PENDING", True, NAMES)


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED, ids=str)
def test_a_refusal_is_a_clear_error(operation: str, status: int) -> None:
    ground = Ground(job_time=10.0, token=None)
    method, _, path = operation.partition(" ")
    if (operation, status) in BY_INPUT:
        refused = BY_INPUT[operation, status]
    else:
        pattern = "^/v1" + path.replace("{runId}", "[^/]+").replace("{stepId}", "[^/]+") + "$"
        ground.fail(method, pattern, status)
        # The ground is laid by calls that the planned fault would meet as well.
        refused = _prepared(ground, operation)
    with pytest.raises(ApiError) as caught:
        refused(ground)
    error = caught.value
    assert error.status == status
    assert error.message.startswith(f"{method} v1/model-runs")
    assert f"answered {status}: " in error.message
    assert len(error.hint) > 20
    # A write that the platform failed at may have had its effect; nothing else leaves a doubt.
    assert isinstance(error, UnknownOutcome) is (method == "POST" and status == 500)


def _prepared(ground: Ground, operation: str) -> Callable[[Ground], Any]:
    if operation in ("GET /model-runs", "POST /model-runs"):
        return lambda g: OPERATIONS[operation][1](g.client, g)
    ids = ("run", "step") if operation.endswith("test-results") else ("run",)
    return lambda g: perform(g.client, OPERATIONS[operation][0], *ids)


def test_every_documented_status_is_in_the_cases() -> None:
    assert len(DOCUMENTED) == 4 + 5 + 6 + 5 + 6 + 6
    assert BY_INPUT.keys() <= set(DOCUMENTED)


def test_a_wrong_token_is_refused_with_either_header() -> None:
    ground = Ground(token="secret")
    for key in ({}, {"scheme": "", "header": "X-API-Key"}):
        with pytest.raises(ApiError) as caught:
            list(Client(ground.open("wrong-one", **key)).list_runs())
        assert caught.value.status == 401
        assert "wrong-one" not in caught.value.message
        assert list(Client(ground.open("secret", **key)).list_runs()) == []


def test_the_rate_limit_is_waited_for() -> None:
    ground = Ground()
    ground.emulator.control("POST", "model-runs/rate-limit", {"limit": 1, "seconds": 30})
    assert ground.client.write(api.TRIGGER_RUN, body=BODY).status == "PENDING"
    begun = ground.emulator.clock()
    assert ground.client.write(api.TRIGGER_RUN, body=BODY).status == "PENDING"
    assert ground.emulator.clock() >= begun + 29


@pytest.mark.parametrize("url", ["http://emulator", "http://emulator/", "http://emulator/v1"])
def test_the_setting_may_end_in_the_version(url: str) -> None:
    ground = Ground(url)
    assert list(ground.client.list_runs()) == []
    assert ground.emulator.log()[-1]["path"].partition("?")[0] == PATH


def test_a_list_over_pages() -> None:
    ground = Ground(page_size=2)
    made = [ground.started("stg_a") for _ in range(5)]
    assert [run.id for run in ground.client.list_runs()] == made[::-1]
    assert [run.id for run in ground.client.list_runs("FAILED")] == []


def scripted(*pages: Any) -> Client:
    """A client whose platform answers these pages, the last one again and again."""
    ground, left = Ground(), list(pages)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=left.pop(0) if len(left) > 1 else left[0])

    ground.wire = httpx.MockTransport(answer)
    return Client(ground.open())


def test_a_token_that_comes_back_ends_with_an_error() -> None:
    # A server that cannot read its own token starts again at the first page.
    client = scripted({"data": [{"id": "a", "status": "SUCCESS"}], "next_page_token": "MQ=="})
    with pytest.raises(ContractBroken, match="pages without an end"):
        list(client.list_runs())


def test_an_empty_page_may_lack_its_list_and_still_have_a_next_one() -> None:
    client = scripted({"next_page_token": "MQ=="}, {"data": [{"id": "a", "status": "NEW"}]})
    assert [run.status for run in client.list_runs()] == ["NEW"]


@pytest.mark.parametrize(
    "page",
    [[], "x", {"data": {}}, {"data": [1]}, {"data": [{}]}, {"data": [], "next_page_token": 7}],
)
def test_an_answer_that_breaks_the_contract(page: Any) -> None:
    with pytest.raises(ContractBroken):
        list(scripted(page).list_runs())


def test_what_is_absent_and_what_is_new_are_both_taken() -> None:
    bare = scripted({"id": "a", "status": "SUCCESS", "created_at": "2026-01-02T03:04:05", "x": 1})
    run = bare.read(api.GET_RUN, "a")
    assert run.catalog is None
    assert run.began is not None
    assert run.began.isoformat() == "2026-01-02T03:04:05+00:00"
    odd = scripted({"id": "a", "status": "SUCCESS", "compile_manifest": "{", "extra": {}})
    assert odd.read(api.GET_RUN, "a").catalog is None
    assert (
        scripted({"id": "a", "status": "S", "compile_manifest": "[]"})
        .read(api.GET_RUN, "a")
        .catalog
        is None
    )
