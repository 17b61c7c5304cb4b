"""The table of operations is whole: contract, client, emulator and the rendered page agree."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, ExitStack

import pytest

from reconciler.providers.custom_models.client.operations import OPERATIONS
from tests.contract.operations import ROWS, Row, rows
from tests.contract.operations_page import PAGE, page, route
from tests.support.contract import operations
from tests.support.custom_models_api import Ground
from tests.support.perform import perform


def test_the_contract_has_fifty_four_operations_and_the_table_the_same_ones() -> None:
    assert len(ROWS) == len(rows()) == 54
    assert rows().keys() == operations().keys()


def test_every_operation_of_our_table_is_in_the_contract() -> None:
    # A status is not an operation of this API, but following a job needs it.
    assert {row.client for row in ROWS} == OPERATIONS.keys() - {"get_status"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_our_table_has_the_method_and_path_of_the_contract(row: Row) -> None:
    ours, declared = OPERATIONS[row.client], operations()[row.name]
    assert ours.method == declared.method
    path = declared.path.removeprefix("/api/v2/")
    assert re.sub(r"\{\w+\}", "{}", ours.path) == re.sub(r"\{\w+\}", "{}", path)


def test_the_deprecated_ones_are_marked() -> None:
    marked = {row.name for row in ROWS if row.deprecated}
    assert marked == {
        "GET customInferenceImages/{imageId}/featureImpact/",
        "POST customInferenceImages/{imageId}/featureImpact/",
        "POST customModels/predictionExplanationsInitialization/",
        "PATCH customModels/{customModelId}/trainingData/",
        "PATCH customModels/{customModelId}/versions/withTrainingData/",
    }


def test_every_operation_has_a_route_of_its_own() -> None:
    routes = {name: route(operation) for name, operation in operations().items()}
    assert len(routes) == 54
    # Both kinds of object are shared by the same two functions.
    assert len(set(routes.values())) == 52


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_client_sends_just_this(row: Row) -> None:
    ground = Ground()
    arguments = row.arguments(ground)
    ground.sent()
    with ExitStack() as stack:
        made = perform(ground.client, row.client, *arguments)
        if isinstance(made, AbstractContextManager):
            stack.enter_context(made)
    operation = operations()[row.name]
    ((method, path),) = ground.sent()
    assert method == operation.method
    assert operation.matches(path)
    successes = {status for status in operation.statuses if status < 400} | {200}
    assert ground.wire.seen.pop(row.name) <= successes
    assert ground.wire.seen == {}
    ground.wire.check()


@pytest.mark.parametrize("status", [200, 201])
def test_a_changed_model_may_be_answered_by_either_status(status: int) -> None:
    ground = Ground()
    ground.emulator.control("POST", "statuses", {"modelPatched": status})
    perform(ground.client, "update_model", ground.model, {"description": "after"})
    assert ground.wire.seen["PATCH customModels/{customModelId}/"] == {status}
    assert perform(ground.client, "get_model", ground.model).description == "after"
    ground.wire.check()


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.contract.operations_page"
