"""Every operation that counts in the three smaller contracts is in the table, and the other way."""

from __future__ import annotations

import json

import pytest

from reconciler.providers.batch_inference.operations import OPERATIONS as batch_inference
from reconciler.providers.model_registry.operations import OPERATIONS as model_registry
from reconciler.providers.model_runs.operations import OPERATIONS as model_runs
from tests.contract.other_operations import CONTRACTS, OTHERS, OtherRow

TABLES = {
    "registry_models": model_registry,
    "model_runs": model_runs,
    "batch_inference": batch_inference,
}
VERBS = ("get", "post", "put", "patch", "delete")


def counted(contract: str) -> set[str]:
    """The operations that the vendor's page has; where no source is noted, all of them."""
    paths = json.loads((CONTRACTS / f"{contract}.openapi.json").read_text("utf-8"))["paths"]
    return {
        f"{verb.upper()} {path}"
        for path, verbs in paths.items()
        for verb, operation in verbs.items()
        if verb in VERBS and operation.get("x-source", "page") == "page"
    }


@pytest.mark.parametrize("contract", ["registry_models", "model_runs", "batch_inference"])
def test_the_table_is_whole(contract: str) -> None:
    assert {row.name for row in OTHERS if row.contract == contract} == counted(contract)


def test_there_are_seventeen() -> None:
    assert len(OTHERS) == 17


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row.name)
def test_each_is_in_our_table_and_has_a_route(row: OtherRow) -> None:
    assert row.method in TABLES[row.contract]
    assert row.route
    assert "200" in row.statuses or "201" in row.statuses
