"""Jobs of a model version, reconciled and not fired: each is wanted done, once, for this version.

A job that runs is waited for; one that failed stays failed until the version changes or
``--retry-failed`` requests it again; one that is done is not started again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Values, Wait
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.facts import JobFacts, model_facts

ABSENT, RUNNING, FAILED, DONE = "absent", "running", "failed", "done"


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the plan sees it: how it stands, and how to start and follow it.

    ``follow`` are the parameters of its wait when it exists already; ``calls`` start another one
    and ``fresh`` follows what they started.
    """

    noun: str
    operation: str
    timeout: float
    state: str
    why: str = ""
    follow: Values = field(default_factory=dict)
    fresh: Values = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    wait_after: int = 0
    fields: tuple[FieldChange, ...] = ()


def job_draft(context: PlanContext, job: Job) -> StepDraft | None:
    """The step that a job needs now, or None when it is done."""
    if job.state == DONE:
        return None
    if context.own_outputs.get("versionId") is None:
        return StepDraft(problems=(_versionless(context, job),))
    follow = Wait(job.operation, job.follow, job.timeout)
    if job.state == RUNNING:
        return StepDraft("run", f"{job.noun} is running", (), (), (follow,))
    if job.state == FAILED and not context.options.retry_failed:
        reason = f"{job.noun} failed, and the version has not changed"
        return StepDraft("check", f"{reason}: {job.why}" if job.why else reason, (), (), (follow,))
    again = job.state == FAILED
    wait = Wait(job.operation, job.fresh, job.timeout, job.wait_after or len(job.calls))
    reason = f"{job.noun} failed and is to be tried again" if again else f"{job.noun} is to be run"
    outputs = tuple(dict.fromkeys(key for call in job.calls for key in call.outputs))
    return StepDraft("run", reason, job.fields, job.calls, (wait,), outputs)


def is_new_version(context: PlanContext) -> bool:
    """Whether no version exists yet that the jobs could have run for."""
    new = isinstance(context.own_outputs.get("versionId"), KnownAfter | None)
    return context.live is None or new


def job_facts(context: PlanContext) -> JobFacts:
    """What is known of the jobs of the wanted version; nothing when it does not exist yet."""
    if context.live is None or is_new_version(context):
        return JobFacts()
    return model_facts(context.live).jobs or JobFacts()


def version_ids(context: PlanContext) -> Values:
    """The ids of the model and of its version, or what they are known after."""
    return {"id": context.own_outputs["id"], "version": context.own_outputs.get("versionId")}


def _versionless(context: PlanContext, job: Job) -> Problem:
    return problem_at(
        context.resource, "spec.version", "no-version",
        f"{job.noun} needs a version, and the model has none",
        "Add a version to its spec.",
    )  # fmt: skip
