"""One table of operations: the call that a plan shows is the request that is sent.

Cases: every write of every family as it is, with another method, with another path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.errors import ApiError
from reconciler.providers.batch_inference.operations import OPERATIONS as BATCH_INFERENCE
from reconciler.providers.client import OperationClient
from reconciler.providers.custom_models.client.operations import OPERATIONS as CUSTOM_MODELS
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.providers.model_runs.operations import OPERATIONS as MODEL_RUNS
from reconciler.providers.operation import NONE, Operation

Table = Mapping[str, Operation[Any]]
Change = Callable[[Operation[Any]], Operation[Any]]

ROOT = "https://platform.test/api/v2"
WRITES = [
    pytest.param(table, operation, id=f"{family} {operation.name}")
    for family, table in (
        ("custom_models", CUSTOM_MODELS),
        ("model_runs", MODEL_RUNS),
        ("batch_inference", BATCH_INFERENCE),
    )
    for operation in table.values()
    if operation.method != "GET"
]
CHANGES: Mapping[str, Change] = {
    "as it is": lambda operation: operation,
    "another method": lambda operation: replace(operation, method="PUT"),
    "another path": lambda operation: replace(operation, path=f"other/{operation.path}"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("table", "operation"), WRITES)
def test_a_change_of_the_table_changes_plan_and_request_together(
    table: Table, operation: Operation[Any], change: str
) -> None:
    row = CHANGES[change](operation)
    values = [f"id {number}" for number, _ in enumerate(operation.path_names)]
    body = {} if operation.form == NONE else {"name": "churn"}
    call = row.call(*values, body=body)
    assert (call.method, call.path) == (row.method, row.path)
    request = sent({**table, row.name: row}, call)
    path = row.path.format_map({key: f"id {n}" for n, key in enumerate(row.path_names)})
    assert (request.method, str(request.url)) == (row.method, f"{ROOT}/{path.replace(' ', '%20')}")
    assert (b"churn" in request.content) is bool(body)


def sent(table: Table, call: Any) -> httpx.Request:
    """The one request of a planned call, which the platform refuses."""
    requests: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        request.read()
        requests.append(request)
        return httpx.Response(422, json={"message": "recorded only"})

    runtime = Runtime(httpx.MockTransport(refuse), sleep=lambda _: None)
    http = Http(Endpoint(ROOT, "a-long-token"), runtime)
    with pytest.raises(ApiError, match="recorded only"):
        OperationClient(http, table).send(call, None)
    (request,) = requests
    return request
