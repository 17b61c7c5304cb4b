"""Every operation that counts in the three smaller contracts is in the table, and the other way."""

from __future__ import annotations

import json
import re

import pytest

from tests.contract.other_operations import API_ROOT, CONTRACTS, OTHERS, TABLES, OtherRow

FROM_CLIENTS = {"registry_models": {"list_versions"}}
"""Operations that the vendor's client sends and its contract does not have."""

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
    assert row.method in TABLES.get(row.contract, {row.method: None})
    assert row.route
    assert "200" in row.statuses or "201" in row.statuses


@pytest.mark.parametrize("row", OTHERS, ids=lambda row: row.name)
def test_our_table_has_the_method_and_path_of_the_contract(row: OtherRow) -> None:
    method, path = row.name.split(" ", 1)
    declared = f"{method} {API_ROOT.sub('', path)}"
    assert re.sub(r"\{\w+\}", "{}", row.ours) == re.sub(r"\{\w+\}", "{}", declared)


@pytest.mark.parametrize("contract", TABLES)
def test_every_operation_of_our_table_is_in_the_contract(contract: str) -> None:
    known = {row.method for row in OTHERS if row.contract == contract}
    assert known | FROM_CLIENTS.get(contract, set()) == TABLES[contract].keys()
