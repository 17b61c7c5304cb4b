"""Our client of the batch inference API: every operation, and every documented status.

Cases: what each method sends and gives back, paging and its end, answers that break the contract,
and each refusal by real input where there is one, else by a planned fault.
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
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.http import Endpoint, Http, Runtime
from tests.support.batch_inference_api import CHAT, LINES, MODEL, Ground, opener
from tests.support.emulator import ANN
from tests.support.perform import perform

DOCUMENT = json.loads(
    (Path(__file__).parent / "contracts" / "batch_inference.openapi.json").read_text("utf-8")
)
Call = Callable[[Client, Ground], Any]
OPERATIONS: dict[str, tuple[str, Call]] = {
    "GET /v1/active-models": ("list_active_models", lambda c, g: c.read(api.LIST_ACTIVE_MODELS)),
    "GET /v1/model-config": ("list_model_config", lambda c, g: c.read(api.LIST_MODEL_CONFIG)),
    "GET /v1/files": ("list_files", lambda c, g: c.list_files()),
    "POST /v1/files": ("upload_file", lambda c, g: upload(c, "in.jsonl")),
    "GET /v1/files/{file_id}/content": (
        "get_content",
        lambda c, g: c.read(api.GET_CONTENT, g.file()),
    ),
    "GET /v1/batches": ("list_batches", lambda c, g: c.list_batches()),
    "POST /v1/batches": (
        "create_batch",
        lambda c, g: c.write(api.CREATE_BATCH, body={"input_file_id": g.file(), "endpoint": CHAT}),
    ),
    "GET /v1/batches/{job_id}": ("get_batch", lambda c, g: c.read(api.GET_BATCH, g.batch())),
    "DELETE /v1/batches/{job_id}": (
        "delete_batch",
        lambda c, g: c.write(api.DELETE_BATCH, g.batch()),
    ),
    "POST /v1/batches/{job_id}/cancel": (
        "cancel_batch",
        lambda c, g: c.write(api.CANCEL_BATCH, g.batch()),
    ),
}
"""Operation -> the client's method, and a call of it that succeeds."""

# Not on the page, only in the official client: nothing of ours needs one file, or takes one away.
NOT_OURS = {"GET /v1/files/{file_id}", "DELETE /v1/files/{file_id}"}

DECLARED = {
    f"{method.upper()} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if method in ("get", "post", "delete")
}
DOCUMENTED = [
    (name, int(status))
    for name in OPERATIONS
    for status in DECLARED[name]["responses"]
    if status >= "400"
]
# Refusals that an input brings about; all others need a planned fault.
BY_INPUT: dict[tuple[str, int], Call] = {
    ("GET /v1/files/{file_id}/content", 404): lambda c, g: c.read(api.GET_CONTENT, "../none"),
    ("POST /v1/batches", 404): lambda c, g: c.write(
        api.CREATE_BATCH, body={"input_file_id": "none"}
    ),
    ("POST /v1/batches", 422): lambda c, g: c.write(
        api.CREATE_BATCH, body={"completion_window": "1h"}
    ),
    ("GET /v1/batches/{job_id}", 404): lambda c, g: c.read(api.GET_BATCH, "none"),
    ("DELETE /v1/batches/{job_id}", 404): lambda c, g: c.write(api.DELETE_BATCH, "none"),
    ("POST /v1/batches/{job_id}/cancel", 404): lambda c, g: c.write(api.CANCEL_BATCH, "none"),
    ("POST /v1/batches/{job_id}/cancel", 422): lambda c, g: c.write(
        api.CANCEL_BATCH, g.ended()["id"]
    ),
}
TOO_LARGE = ("POST /v1/files", 422)


def upload(client: Client, name: str) -> Any:
    """Our client's upload of the input under this name."""
    return perform(client, "upload_file", {"purpose": "batch"}, {"file": (name, opener())})


def test_every_operation_of_the_page_is_in_our_table() -> None:
    assert OPERATIONS.keys() == DECLARED.keys() - NOT_OURS
    ours = api.OPERATIONS
    assert {name for name, _ in OPERATIONS.values()} == ours.keys()
    for page, (name, _) in OPERATIONS.items():
        told = re.sub(r"\{\w+\}", "{}", page)
        assert told == f"{ours[name].method} /v1/{re.sub('{.*?}', '{}', ours[name].path)}"
    assert len(OPERATIONS) == 10
    assert {DECLARED[name]["x-source"] for name in NOT_OURS} == {"openai-sdk"}


@pytest.mark.parametrize("url", ["http://emulator", "http://emulator/v1", "http://emulator/v1/"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_method_sends_just_this(operation: str, url: str) -> None:
    ground = Ground(url, job_time=10.0)
    OPERATIONS[operation][1](ground.client, ground)
    method, _, path = operation.partition(" ")
    sent = ground.emulator.log()[-1]
    assert (sent["method"], sent["status"]) == (method, 200)
    told, declared = sent["path"].partition("?")[0].split("/"), path.split("/")
    assert len(told) == len(declared)
    assert all(a == b or b.startswith("{") for a, b in zip(told, declared, strict=True))


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED, ids=str)
def test_a_refusal_is_a_clear_error(operation: str, status: int) -> None:
    ground = Ground(job_time=10.0, token=None)
    call = BY_INPUT.get((operation, status)) or OPERATIONS[operation][1]
    method, _, path = operation.partition(" ")
    # Objects that a call needs are made before anything is refused.
    made = call if status == 401 else _planned(ground, operation, status, call)
    client = Client(_locked().open("wrong")) if status == 401 else ground.client
    with pytest.raises(ApiError) as caught:
        made(client, ground)
    error = caught.value
    assert error.status == status
    assert not isinstance(error, UnknownOutcome)
    assert error.message.startswith(f"{method} {path.partition('{')[0].removeprefix('/')}")
    assert f"answered {status}: " in error.message
    assert len(error.hint) > 20


def _locked() -> Ground:
    return Ground(token="the-right-one")


def _planned(ground: Ground, operation: str, status: int, call: Call) -> Call:
    if (operation, status) in BY_INPUT:
        return call
    if (operation, status) == TOO_LARGE:
        ground.emulator.control("POST", "batches/limits", {"bytes": 10})
        return call

    def refused(client: Client, _: Ground) -> Any:
        method, _, path = operation.partition(" ")
        pattern = path.replace("{file_id}", "[^/]+").replace("{job_id}", "[^/]+")
        held = _Held(ground)
        ground.fail(method, f"^{pattern}$", status)
        return call(client, held)  # type: ignore[arg-type]

    return refused


class _Held:
    """What a call needs, made beforehand."""

    def __init__(self, ground: Ground) -> None:
        made, started = ground.file(), ground.batch()
        self.file = lambda: made
        self.batch = lambda: started


@pytest.mark.parametrize("operation", ["GET /v1/active-models", "GET /v1/model-config"])
@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_the_open_lists_can_be_refused_as_well(operation: str, status: int) -> None:
    ground = Ground()
    ground.fail("GET", f"^{operation.removeprefix('GET ')}$", status)
    with pytest.raises(ApiError) as caught:
        OPERATIONS[operation][1](ground.client, ground)
    assert caught.value.status == status


@pytest.mark.parametrize("operation", [n for n in OPERATIONS if not n.startswith("GET")])
def test_a_write_that_the_server_lost_is_of_unknown_outcome(operation: str) -> None:
    ground = Ground(job_time=10.0)
    with pytest.raises(UnknownOutcome) as caught:
        _planned(ground, operation, 500, OPERATIONS[operation][1])(ground.client, ground)
    assert caught.value.status == 500
    assert ground.emulator.clock.slept == []


def test_what_is_wrong_with_which_field_is_told() -> None:
    ground = Ground()
    with pytest.raises(ApiError) as caught:
        ground.client.write(api.CREATE_BATCH, body={"endpoint": "/v1/nowhere"})
    assert "body.input_file_id: is required" in caught.value.message
    assert "body.endpoint: " in caught.value.message
    assert "{" not in caught.value.message


def test_a_batch_sends_what_the_contract_declares() -> None:
    ground = Ground(job_time=10.0)
    body = {
        "input_file_id": ground.file(),
        "endpoint": CHAT,
        "completion_window": "24h",
        "metadata": {"reconciler_owner": "fraud/smoke"},
    }
    batch = ground.client.write(api.CREATE_BATCH, body=body)
    sent = ground.emulator.log()[-1]["body"]
    schema = {**DOCUMENT["components"]["schemas"]["BatchCreate"]}
    schema["properties"] = {k: v for k, v in schema["properties"].items() if k != "metadata"}
    assert list(Draft202012Validator(schema).iter_errors(sent)) == []
    assert (batch.status, batch.metadata) == ("validating", body["metadata"])


def test_what_is_uploaded_comes_back() -> None:
    ground = Ground()
    file = upload(ground.client, "smoke.jsonl")
    assert (file.filename, file.bytes, file.status) == ("smoke.jsonl", len(LINES), "processed")
    assert ground.client.read(api.GET_CONTENT, file.id) == LINES


def test_models_have_prices_and_a_context_length() -> None:
    ground = Ground()
    assert MODEL in ground.client.read(api.LIST_ACTIVE_MODELS).active_models
    (config,) = [
        each
        for each in ground.client.read(api.LIST_MODEL_CONFIG).active_models
        if each.name == MODEL
    ]
    assert (config.input_price_cents, config.output_price_cents) == (3, 5)
    assert config.context_length == 131_072


def test_all_pages_are_read_newest_first() -> None:
    ground = Ground(page_size=2)
    made = [ground.batch() for _ in range(5)]
    assert [batch.id for batch in ground.client.list_batches()] == made[::-1]
    assert len(ground.client.list_files()) == 10


def test_files_of_others_are_not_seen() -> None:
    ground = Ground()
    ground.file()
    assert Client(ground.open(ANN)).list_files() == []


def answered(*answers: Any) -> tuple[Client, list[httpx.Request]]:
    """A client of a server that gives these answers; the last one for ever."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        assert len(asked) < 20
        return httpx.Response(200, json=answers[min(len(asked), len(answers)) - 1])

    outside = Runtime(httpx.MockTransport(handle), lambda _: None)
    return Client(Http(Endpoint("https://platform.test", "t"), outside)), asked


def batch(identity: str = "b", **more: Any) -> dict[str, Any]:
    """A batch with no more than the contract promises."""
    return {"id": identity, "input_file_id": "f", "status": "completed", "created_at": 1, **more}


def test_a_server_that_does_not_page_is_asked_once() -> None:
    client, asked = answered({"data": [batch()]})
    assert [each.id for each in client.list_batches()] == ["b"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "page",
    [
        {"data": [batch()], "has_more": True},
        {"data": [{"id": 7}], "has_more": True},
        {"data": ["b"], "has_more": True},
    ],
)
def test_a_list_without_an_end_is_refused(page: Any) -> None:
    client, asked = answered(page)
    with pytest.raises(ContractBroken):
        client.list_batches()
    assert len(asked) <= 2


@pytest.mark.parametrize("page", [[], {}, {"data": None}, {"data": [{}]}, {"data": [3]}])
def test_what_is_no_page_is_refused(page: Any) -> None:
    with pytest.raises(ContractBroken):
        answered(page)[0].list_batches()


def test_an_empty_page_ends_a_list() -> None:
    client, _ = answered({"data": [batch()], "has_more": True}, {"data": [], "has_more": True})
    assert len(client.list_batches()) == 1


def test_a_write_whose_answer_cannot_be_read_has_an_unknown_outcome() -> None:
    client, _ = answered({"id": 7})
    with pytest.raises(UnknownOutcome) as caught:
        client.write(api.CREATE_BATCH, body={})
    assert "Batch breaks its contract at: id" in caught.value.message


@pytest.mark.parametrize(
    "errors",
    [
        [{"code": "x", "line": 3, "message": "wrong"}],
        {"object": "list", "data": [{"code": "x", "line": 3, "message": "wrong"}]},
    ],
)
def test_errors_are_read_in_both_shapes(errors: Any) -> None:
    found = answered(batch(status="failed", errors=errors))[0].read(api.GET_BATCH, "b")
    assert [(each.line, each.message) for each in found.reasons] == [(3, "wrong")]


@pytest.mark.parametrize("errors", [None, [], {}, {"data": None}, "wrong", [3]])
def test_errors_may_be_missing(errors: Any) -> None:
    assert answered(batch(errors=errors))[0].read(api.GET_BATCH, "b").reasons == []
