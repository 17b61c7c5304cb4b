"""The initialization of prediction explanations of a model version.

No operation of the API says whether it was done, so the version's marker does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.resource import Resource
from reconciler.core.step import Call, KnownAfter, StepDraft
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.facts import JobFacts, JobState, VersionFacts
from reconciler.providers.custom_models.job import (
    ABSENT,
    DONE,
    Job,
    job_draft,
    job_facts,
    version_ids,
)
from reconciler.providers.custom_models.job_status import follow_status, job_state
from reconciler.providers.custom_models.slice import Slice
from reconciler.providers.custom_models.version_marker import note_call

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

NOTE = "explanations"
READY = "ready"
"""What the marker says of explanations once their job has ended well."""
TIMEOUT = 1800.0


def explanations_draft(context: PlanContext) -> StepDraft | None:
    """Prediction explanations of the newest version must have been initialized."""
    if not context.resource.spec.get("predictionExplanations"):
        return None
    ids = version_ids(context)
    call = api.START_EXPLANATIONS.call(*ids.values(), outputs=("explanationsStatus",))
    status = KnownAfter(context.step("explanations"), "explanationsStatus")
    facts = job_facts(context).explanations or JobState(ABSENT)
    return job_draft(
        context,
        Job(
            "the initialization of prediction explanations",
            "prediction_explanations",
            TIMEOUT,
            state=facts.state,
            why=facts.why,
            follow={"status": facts.status},
            fresh={"status": status},
            calls=(
                call,
                note_call(context, {NOTE: status}),
                note_call(context, {NOTE: READY}),
            ),
            wait_after=2,
        ),
    )


def read_explanations(
    client: Client, resource: Resource, _: str, version: VersionFacts, facts: JobFacts
) -> JobFacts:
    """Adds how the initialization stands, where the manifest wants it."""
    if not resource.spec.get("predictionExplanations"):
        return facts
    noted = version.notes.get(NOTE)
    state = JobState(DONE) if noted == READY else job_state(client, noted)
    return replace(facts, explanations=state)


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return {"explanationsStatus": client.send(call, resource)}


SLICE = Slice(
    start={"start_explanations": _start}, follow={"prediction_explanations": follow_status}
)
