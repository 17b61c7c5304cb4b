"""The registry moved, and a run is disturbed at any of its requests: one version, one record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.support.faulty_transport import FAULTS, FaultyWire, Killed
from tests.support.sandbox import Stage

BASE = Path(__file__).parents[1] / "scenarios" / "bases" / "registry"
SVC = "/api/svc/v1"
APPLY = ("-q", "apply", "--auto-approve", "--parallelism", "1")
MOST_RUNS = 4


@contextmanager
def moved() -> Iterator[Stage]:
    """A project whose model was made for version 1, and a registry that has version 2."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "project"
        shutil.copytree(BASE, folder)
        (folder / "lapse.yaml").unlink()
        stage = Stage(folder)
        repo = {"type": "ml-repo", "name": "fraud", "storage_integration_fqn": "s"}
        stage.by_hand("PUT", f"{SVC}/ml-repos", json={"manifest": repo})
        log_version(stage)
        assert stage.run(*APPLY).code == 0
        log_version(stage)
        yield stage


def log_version(stage: Stage) -> None:
    """The registry gets one more version of the model."""
    manifest = {"name": "churn", "ml_repo": "fraud", "metadata": {}, "source": {}}
    stage.by_hand("PUT", f"{SVC}/model-versions", json={"manifest": manifest})


def apply(stage: Stage, at: int = 0, fault: str = "") -> int:
    """Apply with one fault, then again until it is done; the requests of the first run."""
    inner = stage.wire
    wire = stage.wire = FaultyWire(inner, at, fault)  # type: ignore[assignment]
    for _ in range(MOST_RUNS):
        try:
            code = stage.run(*APPLY).code
        except Killed:
            code = -1
        stage.wire = inner
        if code == 0:
            return wire.count
    raise AssertionError(f"not done after {MOST_RUNS} runs")


def versions(stage: Stage) -> list[Any]:
    """The versions of the custom model, oldest first."""
    return list(stage.control("GET", "state")["modelVersions"])


@pytest.mark.parametrize("fault", FAULTS)
def test_any_fault_at_any_request_makes_one_version(fault: str) -> None:
    with moved() as stage:
        requests = apply(stage)
    assert requests > 5
    for at in range(1, requests + 1):
        with moved() as stage:
            apply(stage, at, fault)
            made = versions(stage)
            where = f"{fault} at request {at}"
            assert len(made) == 2, where
            assert "registry=model-version:acme/fraud/churn:2]" in made[1]["description"], where
            assert stage.run("-q", "plan", "--detailed-exitcode").code == 0, where
