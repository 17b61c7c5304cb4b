"""Holdout data that no request would carry is a problem of the manifest, not dropped in silence."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.resource import Address, Resource
from reconciler.providers.custom_models.model_problems import model_problems

FLAG = "isTrainingDataForVersionsPermanentlyEnabled"
DATA = {"datasetId": "a"}
COLUMN = {"partitionColumn": "split"}


def paths(version: dict[str, Any], **spec: Any) -> list[str]:
    made = Resource(
        Address("CustomModel", "churn"),
        {"targetType": "Unstructured", "version": version, **spec},
    )
    return [problem.path for problem in model_problems(made, "fraud")]


@pytest.mark.parametrize("holdout", [DATA, COLUMN])
@pytest.mark.parametrize("version", [{}, {"trainingData": None}])
@pytest.mark.parametrize("flag", [{}, {FLAG: True}, {FLAG: False}])
def test_holdout_data_needs_training_data(holdout: Any, version: Any, flag: Any) -> None:
    assert paths({**version, "holdoutData": holdout}, **flag) == ["spec.version.holdoutData"]


@pytest.mark.parametrize("flag", [{}, {FLAG: False}])
def test_a_holdout_dataset_needs_the_switch(flag: Any) -> None:
    version = {"trainingData": DATA, "holdoutData": DATA}
    assert paths(version, **flag) == ["spec.version.holdoutData.datasetId"]
    assert paths(version, **{FLAG: True}) == []


@pytest.mark.parametrize("flag", [{}, {FLAG: True}])
def test_a_column_and_no_holdout_data_are_fine(flag: Any) -> None:
    assert paths({"trainingData": DATA, "holdoutData": COLUMN}, **flag) == []
    assert paths({"holdoutData": None}, **flag) == []
