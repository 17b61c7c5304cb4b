"""One table of operations: the call that a plan shows is the request that is sent.

Cases: every write of every family as it is, with another method, with another path.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.core.plan_json import plain_data
from reconciler.providers.batch_inference import operations as batches
from reconciler.providers.client import OperationClient
from reconciler.providers.custom_models.client import operations as models
from reconciler.providers.http import Endpoint, Http, Runtime
from reconciler.providers.model_runs import operations as runs
from reconciler.providers.operation import Operation
from tests.scenarios.planned_calls import is_sent_as

Table = Mapping[str, Operation[Any]]
Change = Callable[[Operation[Any]], Operation[Any]]

WRITES = [
    pytest.param(table, operation, id=f"{family} {operation.name}")
    for family, table in (
        ("custom_models", models.OPERATIONS),
        ("model_runs", runs.OPERATIONS),
        ("batch_inference", batches.OPERATIONS),
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
    changed = CHANGES[change](operation)
    values = [f"id-{number}" for number, _ in enumerate(operation.path_names)]
    body = {} if operation.form == "none" else {"name": "churn", "size": 3, "flag": True}
    call = changed.call(*values, body=body)
    (request,) = sent({**table, operation.name: changed}, call)
    shown = {
        "method": call.method,
        "path": call.path,
        "pathParams": plain_data(call.path_params),
        "body": plain_data(call.body),
        "uploads": [],
    }
    assert is_sent_as(shown, request)
    before = {**shown, "method": operation.method, "path": operation.path}
    assert is_sent_as(before, request) == (change == "as it is")


def sent(table: Table, call: Any) -> list[dict[str, Any]]:
    """The requests of one planned call, as the emulator's log would have them."""
    log: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        log.append({"method": request.method, "path": request.url.path, **_body(request)})
        return httpx.Response(422, json={"message": "recorded only"})

    runtime = Runtime(httpx.MockTransport(answer), sleep=lambda _: None)
    http = Http(Endpoint("https://platform.test/api/v2", "a-long-token"), runtime)
    with pytest.raises(Exception, match="recorded only"):
        OperationClient(http, table).send(call, None)
    return log


def _body(request: httpx.Request) -> dict[str, Any]:
    content = request.read()
    if "multipart" in request.headers.get("content-type", ""):
        return {"fields": _fields(content.decode()), "files": []}
    return {"body": json.loads(content)} if content else {}


def _fields(form: str) -> dict[str, str]:
    parts = [part.partition("\r\n\r\n") for part in form.split("--")]
    return {
        head.partition('name="')[2].partition('"')[0]: value.rstrip("\r\n")
        for head, _, value in parts
        if 'name="' in head
    }
