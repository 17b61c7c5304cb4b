"""The table of operations of a family.

Cases: a row is found by its name, a name is taken once, every family's client sends by its table.
"""

from __future__ import annotations

import pytest

from reconciler.providers.batch_inference import operations as batch_inference
from reconciler.providers.custom_models.client import operations as custom_models
from reconciler.providers.model_registry import operations as model_registry
from reconciler.providers.model_runs import operations as model_runs
from reconciler.providers.operation import NONE, Operation, OperationTable, nothing

TABLES = (batch_inference, custom_models, model_registry, model_runs)


def test_a_row_is_found_by_its_name() -> None:
    table = OperationTable()
    row = table.add(Operation("stop", "DELETE", "jobs/{job}", nothing, NONE))
    assert table == {"stop": row}


def test_a_name_is_taken_once() -> None:
    table = OperationTable()
    table.add(Operation("stop", "DELETE", "jobs/{job}", nothing, NONE))
    with pytest.raises(ValueError, match="stop"):
        table.add(Operation("stop", "POST", "jobs/{job}/stop", nothing, NONE))


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.__name__)
def test_every_operation_of_a_family_is_in_its_table(module: object) -> None:
    rows = [value for value in vars(module).values() if isinstance(value, Operation)]
    assert rows
    assert vars(module)["OPERATIONS"] == {row.name: row for row in rows}


def test_each_list_of_the_registry_has_two_roots() -> None:
    assert model_registry.ROOTS.keys() == model_registry.OPERATIONS.keys()
