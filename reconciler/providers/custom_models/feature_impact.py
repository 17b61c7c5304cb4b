"""The feature impact of a model version: wanted done, once, with the manifest's row count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource, SpecPart
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import ApiError, JobFailed, Problem, UnknownOutcome
from reconciler.providers.answer import LOST_HINT
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import (
    JobFacts,
    JobState,
    VersionFacts,
    model_facts,
)
from reconciler.providers.custom_models.job import (
    ABSENT,
    DONE,
    RUNNING,
    Job,
    job_draft,
    job_facts,
    version_ids,
)
from reconciler.providers.custom_models.job_status import (
    STATUS_RUNNING,
    follow_status,
    job_state,
)
from reconciler.providers.custom_models.slice import RETRY, Poll, Slice
from reconciler.providers.custom_models.spec import ORIGINS
from reconciler.providers.custom_models.version_marker import note_call

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

NOTE = "impact"

# -- what is wanted --------------------------------------------------------------------------


def impact_draft(context: PlanContext) -> StepDraft | None:
    """The newest version must have a feature impact, with the wanted row count if there is one."""
    wanted = context.resource.spec.get("featureImpact")
    if wanted is None:
        return None
    if not _is_trained(context):
        return StepDraft(problems=(_untrained(context),))
    rows, ids = wanted.get("rowCount"), version_ids(context)
    call = api.START_IMPACT.call(
        *ids.values(), body={"rowCount": rows} if rows else {}, outputs=("impactStatus",)
    )
    status = KnownAfter(context.step("impact"), "impactStatus")
    facts = job_facts(context).impact or JobState(ABSENT)
    outdated = facts.state == DONE and rows not in (None, facts.row_count)
    return job_draft(
        context,
        Job(
            "the feature impact",
            "feature_impact",
            wanted.get("timeout", 1800),
            state=ABSENT if outdated else facts.state,
            why=facts.why,
            follow={**ids, "status": facts.status},
            fresh={**ids, "status": status},
            # The platform keeps no record of an impact that failed: its status goes in the marker.
            calls=(call, note_call(context, {NOTE: status})),
            fields=_fields(rows, facts),
        ),
    )


def _fields(rows: int | None, facts: JobState) -> tuple[FieldChange, ...]:
    if rows is None:
        return ()
    reason = "computed for this version"
    return (FieldChange("featureImpact.rowCount", facts.row_count, rows, reason),)


def _is_trained(context: PlanContext) -> bool:
    """Whether the version has training data, or may have it from where it was copied."""
    spec, live = context.resource.spec, context.live
    version = spec.get("version") or {}
    if version.get("trainingData") or (live is None and any(spec.get(key) for key in ORIGINS)):
        return True
    if live is None or "trainingData" in version:
        return False
    current: SpecPart = live.spec["version"] or {}
    return bool(current.get("trainingData") or model_facts(live).training.dataset_id)


def _untrained(context: PlanContext) -> Problem:
    # POST featureImpact/ answers 422 without it.
    return problem_at(
        context.resource, "spec.featureImpact", "no-training-data",
        "a feature impact needs training data, and the version has none",
        "Add trainingData to spec.version.",
    )  # fmt: skip


# -- live state ------------------------------------------------------------------------------


def read_impact(
    client: Client, resource: Resource, model: str, version: VersionFacts, facts: JobFacts
) -> JobFacts:
    """Adds how the feature impact stands, where the manifest wants one."""
    if "featureImpact" not in resource.spec:
        return facts
    return replace(facts, impact=_state(client, model, version))


def _state(client: Client, model: str, version: VersionFacts) -> JobState:
    noted = job_state(client, version.notes.get(NOTE))
    try:
        impact = client.read(api.GET_IMPACT, model, version.id)
    except ApiError as error:
        # 404: none was computed, so one that was requested has failed, or runs still.
        if error.status == 404:
            return noted if noted.state != DONE else JobState(ABSENT)
        # 422: one is being computed, or training data to compute it from is missing.
        if error.status == 422:
            return JobState(RUNNING, status=noted.status) if version.trained else noted
        raise
    return JobState(DONE, row_count=impact.row_count)


# -- writes, recovery and waits --------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    try:
        return {"impactStatus": client.send(call, resource)}
    except UnknownOutcome:
        raise
    except ApiError as error:
        # 404 is what the platform answers when it was submitted before.
        if error.status == 404:
            raise UnknownOutcome(error.message, LOST_HINT) from error
        raise


def _recover(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    ids = call.path_params["id"], call.path_params["version"]
    try:
        impact = client.read(api.GET_IMPACT, *ids)
    except ApiError as error:
        # 422: it is being computed; 404: none exists.
        return {"impactStatus": ""} if error.status == 422 else None
    rows = call.body.get("rowCount")
    return {"impactStatus": ""} if rows in (None, impact.row_count) else None


def _follow(client: Client, wait: Wait, poll: Poll) -> Outputs:
    ids = wait.params["id"], wait.params["version"]
    if wait.params["status"]:
        follow_status(client, wait, poll)
    # Otherwise it was started by a run that was cut off before it could note the job's status.
    elif poll(lambda: _computing(client, *ids), STATUS_RUNNING) == "ERROR":
        raise JobFailed(f"the feature impact of version {ids[1]} failed", RETRY)
    impact = client.read(api.GET_IMPACT, *ids)
    rows = [
        {"feature": score.feature_name, "impact": f"{score.impact_normalized:.3f}"}
        for score in impact.feature_impacts
    ]
    return {"table": rows, "rowCount": impact.row_count}


def _computing(client: Client, model: str, version: str) -> str:
    try:
        client.read(api.GET_IMPACT, model, version)
    except ApiError as error:
        if error.status in (404, 422):
            return "RUNNING" if error.status == 422 else "ERROR"
        raise
    return "COMPLETED"


SLICE = Slice(
    start={"start_impact": _start},
    recover={"start_impact": _recover},
    follow={"feature_impact": _follow},
)
