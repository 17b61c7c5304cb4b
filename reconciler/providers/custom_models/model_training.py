"""Training data of the model as a whole: the platform's older way, where the newer is not enabled.

PATCH customModels/{id}/trainingData/ is deprecated; versions carry the data themselves once
``isTrainingDataForVersionsPermanentlyEnabled`` is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reconciler.core.diff import same
from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at

FLAG = "isTrainingDataForVersionsPermanentlyEnabled"
DATA = ("trainingData", "holdoutData")
TIMEOUT = 1800.0


def by_version(change: PlanContext) -> bool:
    """Whether data belongs to versions, because the manifest or the live model says so."""
    live = change.live.spec.get(FLAG) if change.live else None
    return bool(change.resource.spec.get(FLAG, live))


def training_draft(change: PlanContext) -> StepDraft | None:
    """Assign the data to the model, with a warning about the newer way."""
    version = change.resource.spec.get("version") or {}
    if by_version(change) or not version.get("trainingData"):
        return None
    wanted = _wanted(version)
    if change.live and change.live.facts["training"]["assigning"]:
        params = {"id": change.own_outputs["id"], "status": ""}
        wait = Wait("model_training", params, TIMEOUT)
        return StepDraft("run", "the model still gets its training data", (), (), (wait,))
    live = change.live.facts["training"] if change.live else {}
    fields = tuple(
        FieldChange(f"version.trainingData.{key}", live.get(key), value, "differs on the model")
        for key, value in wanted.items()
        if not same(live.get(key), value)
    )
    warnings = tuple(_warning(change))
    if not fields:
        return StepDraft(problems=warnings)
    call = Call(
        "assign_training_data",
        "PATCH",
        "customModels/{id}/trainingData/",
        {"id": change.own_outputs["id"]},
        wanted,
        outputs=("trainingStatus",),
    )
    status = KnownAfter(change.step("training"), "trainingStatus")
    params = {"id": change.own_outputs["id"], "status": status}
    wait = Wait("model_training", params, TIMEOUT, after=1)
    action = "update" if change.live else "create"
    reason = "gives the model its training data"
    return StepDraft(action, reason, fields, (call,), (wait,), problems=warnings)


def _wanted(version: dict[str, Any]) -> dict[str, Any]:
    data, holdout = version["trainingData"], version.get("holdoutData") or {}
    wanted = {key: data[key] for key in ("datasetId", "datasetVersionId") if data.get(key)}
    if holdout.get("partitionColumn"):
        wanted["partitionColumn"] = holdout["partitionColumn"]
    return wanted


def _warning(change: PlanContext) -> Iterator[Problem]:
    problem = problem_at(
        change.resource, "spec.version.trainingData", "model-level-training-data",
        "this model keeps training data for all its versions at once, a way that is deprecated",
        f"{FLAG}: true in its spec moves it to the versions, for good.",
    )  # fmt: skip
    yield replace(problem, warning=True)
