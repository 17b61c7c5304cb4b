"""Training data of the model as a whole: the platform's older way, where the newer is not enabled.

PATCH customModels/{id}/trainingData/ is deprecated; versions carry the data themselves once
``isTrainingDataForVersionsPermanentlyEnabled`` is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.diff import same
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import Problem
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import TrainingFacts, model_facts
from reconciler.providers.custom_models.job_status import follow_status
from reconciler.providers.custom_models.slice import Poll, Slice
from reconciler.providers.custom_models.spec_parts import (
    HoldoutDataPart,
    TrainingDataPart,
    VersionPart,
)
from reconciler.providers.custom_models.version_body import FLAG, by_version

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

TIMEOUT = 1800.0


def training_draft(context: PlanContext) -> StepDraft | None:
    """Assign the data to the model, with a warning about the newer way."""
    version: VersionPart = context.resource.spec.get("version") or VersionPart()
    data = version.get("trainingData")
    if by_version(context) or not data:
        return None
    model = context.own_outputs["id"]
    current = model_facts(context.live).training if context.live else None
    if current and current.assigning:
        wait = Wait("model_training", {"id": model, "status": ""}, TIMEOUT)
        reason = "training data is still being assigned to the model"
        return StepDraft("run", reason, (), (), (wait,))
    wanted, warnings = _wanted(data, version), tuple(_warning(context))
    fields = tuple(_fields(wanted, current))
    if not fields:
        return StepDraft(problems=warnings)
    call = api.ASSIGN_TRAINING_DATA.call(model, body=wanted, outputs=("trainingStatus",))
    status = KnownAfter(context.step("training"), "trainingStatus")
    wait = Wait("model_training", {"id": model, "status": status}, TIMEOUT, after=1)
    action = "update" if context.live else "create"
    reason = "assigns training data to the model"
    return StepDraft(action, reason, fields, (call,), (wait,), problems=warnings)


def _wanted(data: TrainingDataPart, version: VersionPart) -> dict[str, str]:
    holdout = version.get("holdoutData") or HoldoutDataPart()
    wanted = {
        "datasetId": data["datasetId"],
        "datasetVersionId": data.get("datasetVersionId", ""),
        "partitionColumn": holdout.get("partitionColumn", ""),
    }
    return {key: value for key, value in wanted.items() if value}


def _fields(wanted: Mapping[str, str], current: TrainingFacts | None) -> Iterator[FieldChange]:
    live = _body_of(current) if current else {}
    for key, value in wanted.items():
        if not same(live.get(key), value):
            path, reason = f"version.trainingData.{key}", "differs on the model"
            yield FieldChange(path, live.get(key), value, reason)


def _body_of(current: TrainingFacts) -> dict[str, str | None]:
    return {
        "datasetId": current.dataset_id,
        "datasetVersionId": current.dataset_version_id,
        "partitionColumn": current.partition_column,
    }


def _warning(context: PlanContext) -> Iterator[Problem]:
    problem = problem_at(
        context.resource, "spec.version.trainingData", "model-level-training-data",
        "this model keeps training data for all its versions at once, a way that is deprecated",
        f"{FLAG}: true in its spec moves it to the versions, for good.",
    )  # fmt: skip
    yield replace(problem, warning=True)


# -- writes, recovery and waits --------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return {"trainingStatus": client.send(call, resource)}


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    model = client.read(api.GET_MODEL, call.path_params["id"])
    live = {
        "datasetId": model.training_dataset_id,
        "datasetVersionId": model.training_dataset_version_id,
        "partitionColumn": model.training_data_partition_column,
    }
    assigned = all(live[key] == value for key, value in call.body.items())
    if assigned or model.training_data_assignment_in_progress:
        return {"trainingStatus": ""}
    return None


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    if wait.params["status"]:
        return follow_status(client, wait, poll)

    def status() -> str:
        model = client.read(api.GET_MODEL, wait.params["id"])
        return "assigning" if model.training_data_assignment_in_progress else "assigned"

    # Started, but the answer that named the job was lost.
    poll(status, frozenset({"assigning"}))
    return {}


SLICE = Slice(
    start={"assign_training_data": _start},
    recover={"assign_training_data": _recover},
    follow={"model_training": _follow},
)
