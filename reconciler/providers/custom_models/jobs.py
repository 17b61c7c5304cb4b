"""Jobs of a model version, reconciled and not fired: each is wanted done, once, for this version.

A job that runs is waited for; one that failed stays failed until the version changes or
``--retry-failed`` asks for it again; one that was done is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft, Wait
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.version_mark import FILES, note_call

ABSENT, RUNNING, FAILED, DONE = "absent", "running", "failed", "done"
PASSED_TEST = frozenset({"succeeded", "warning"})
RUNNING_TEST = frozenset({"queued", "in_progress", "not_tested"})
RUNNING_BUILD = frozenset({"submitted", "processing"})
STATUS_RUNNING = frozenset({"INITIALIZED", "RUNNING"})
REQUIREMENTS = "requirements.txt"
READY = "ready"
"""What the mark says of explanations once their job has ended well."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the plan sees it: how it stands, and how to start and follow it.

    ``follow`` are the parameters of its wait when it is there already; ``calls`` start it anew
    and ``fresh`` follows what they started.
    """

    noun: str
    operation: str
    timeout: float
    state: str
    why: str = ""
    follow: Mapping[str, Any] | None = None
    fresh: Mapping[str, Any] | None = None
    calls: tuple[Call, ...] = ()
    wait_after: int = 0
    fields: tuple[FieldChange, ...] = ()


def job_draft(change: PlanContext, job: Job) -> StepDraft | None:
    """The step that a job needs now, or None when it is done."""
    if job.state == DONE:
        return None
    if change.own_outputs.get("versionId") is None:
        return StepDraft(problems=(_versionless(change, job),))
    follow = Wait(job.operation, job.follow or {}, job.timeout)
    if job.state == RUNNING:
        return StepDraft("run", f"{job.noun} is under way", (), (), (follow,))
    if job.state == FAILED and not change.options.retry_failed:
        reason = f"{job.noun} failed, and the version has not changed"
        return StepDraft("check", f"{reason}: {job.why}" if job.why else reason, (), (), (follow,))
    again = job.state == FAILED
    wait = Wait(job.operation, job.fresh or {}, job.timeout, job.wait_after or len(job.calls))
    reason = f"{job.noun} failed and is to be tried again" if again else f"{job.noun} is to be run"
    outputs = tuple(dict.fromkeys(key for call in job.calls for key in call.outputs))
    return StepDraft("run", reason, job.fields, job.calls, (wait,), outputs)


def job_facts(change: PlanContext) -> Mapping[str, Any] | None:
    """What is known of the jobs of the version that is wanted; None while there is no such one."""
    if change.live is None or isinstance(change.own_outputs.get("versionId"), KnownAfter | None):
        return None
    return dict(change.live.facts.get("jobs", {}))


def version_ids(change: PlanContext) -> dict[str, Any]:
    """The ids of the model and of its version, or what will tell them."""
    return {"id": change.own_outputs["id"], "version": change.own_outputs.get("versionId")}


def _versionless(change: PlanContext, job: Job) -> Problem:
    return problem_at(
        change.resource, "spec.version", "no-version",
        f"{job.noun} needs a version, and the model has none",
        "Add a version to its spec.",
    )  # fmt: skip


# -- dependency build ------------------------------------------------------------------------


def build_draft(change: PlanContext) -> StepDraft | None:
    """Wanted where the manifest says so, or where the version has dependencies."""
    version = change.resource.spec.get("version")
    wanted = version.get("dependencyBuild") if version else False
    facts = job_facts(change)
    if wanted is False or change.own_outputs.get("versionId") is None:
        return None
    if wanted is None and not _has_dependencies(change, facts):
        return None
    call = Call(
        "start_build",
        "POST",
        "customModels/{id}/versions/{version}/dependencyBuild/",
        # What a requirements file comes to is known only to the platform, once it has the version.
        {
            **version_ids(change),
            "onlyWithDependencies": wanted is None,
            "since": (facts or {}).get("buildStart"),
        },
        outputs=("building",),
    )
    building = {"building": KnownAfter(change.step("build"), "building")}
    status = (facts or {}).get("build")
    return job_draft(
        change,
        Job(
            "the dependency build",
            "dependency_build",
            1800.0,
            state=_build_state(status),
            follow={**version_ids(change), "building": True},
            fresh={**version_ids(change), **building},
            calls=(call,),
        ),
    )


def _has_dependencies(change: PlanContext, facts: Mapping[str, Any] | None) -> bool:
    if facts is not None:
        return bool(facts.get("dependencies"))
    files = change.resource.files.get(FILES)
    entry = files.by_path.get(REQUIREMENTS) if files is not None else None
    return bool(entry and entry.size)


def _build_state(status: str | None) -> str:
    if status is None:
        return ABSENT
    if status in RUNNING_BUILD:
        return RUNNING
    return DONE if status == "success" else FAILED


# -- test gate -------------------------------------------------------------------------------


def test_draft(change: PlanContext) -> StepDraft | None:
    """The newest version must have passed a test with this dataset and these checks."""
    wanted = change.resource.spec.get("tests")
    if not wanted:
        return None
    body = {
        "customModelId": change.own_outputs["id"],
        "customModelVersionId": change.own_outputs.get("versionId"),
    }
    body |= {key: wanted[key] for key in ("datasetId", "datasetVersionId") if wanted.get(key)}
    if wanted.get("checks"):
        body["configuration"] = wanted["checks"]
    facts = job_facts(change) or {}
    params = {**version_ids(change), "known": [test["id"] for test in facts.get("tests", ())]}
    call = Call("start_test", "POST", "customModelTests/", params, body, outputs=("testId",))
    found = _fitting_test(wanted, facts)
    return job_draft(
        change,
        Job(
            "the model test",
            "model_test",
            wanted.get("timeout", 1800),
            state=_test_state(found),
            why=_failed_checks(found),
            follow={"test": found["id"]} if found else None,
            fresh={"test": KnownAfter(change.step("test"), "testId")},
            calls=(call,),
            fields=_test_fields(wanted),
        ),
    )


def _test_fields(wanted: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    shown = {"datasetId": wanted.get("datasetId"), **(wanted.get("checks") or {})}
    return tuple(
        FieldChange(f"tests.{key}", None, value, "what the test is to show")
        for key, value in shown.items()
        if value is not None
    )


def _fitting_test(wanted: Mapping[str, Any], facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The newest test of this version that was run as the manifest wants it."""
    for test in facts.get("tests", ()):
        same_data = all(
            wanted.get(key) in (None, test[key]) for key in ("datasetId", "datasetVersionId")
        )
        if same_data and all(
            _fits(verdict, test["checks"].get(check))
            for check, verdict in (wanted.get("checks") or {}).items()
        ):
            return dict(test)
    return None


def _fits(verdict: str, status: str | None) -> bool:
    # The platform shows how a check ended, not what was asked for: a warning was asked for as a
    # warning, a skipped one as skipped, and a failed one as a failure.
    if status in RUNNING_TEST or status in ("canceled", "aborted", None):
        return True
    if verdict == "skip":
        return True
    if status == "skipped":
        return False
    return status != "warning" if verdict == "fail" else status != "failed"


def _test_state(test: Mapping[str, Any] | None) -> str:
    if test is None:
        return ABSENT
    if test["status"] in RUNNING_TEST:
        return RUNNING
    return DONE if test["status"] in PASSED_TEST else FAILED


def _failed_checks(test: Mapping[str, Any] | None) -> str:
    if test is None:
        return ""
    failed = [name for name, status in test["checks"].items() if status == "failed"]
    return ", ".join(failed) or str(test["status"])


# -- prediction explanations -----------------------------------------------------------------


def explanations_draft(change: PlanContext) -> StepDraft | None:
    """Prediction explanations of the newest version must have been initialized.

    No operation of the API tells whether they were, so the version's mark does.
    """
    if not change.resource.spec.get("predictionExplanations"):
        return None
    call = Call(
        "start_explanations",
        "POST",
        "customModels/{id}/versions/{version}/predictionExplanationsInitialization/",
        version_ids(change),
        outputs=("explanationsStatus",),
    )
    status = KnownAfter(change.step("explanations"), "explanationsStatus")
    facts = (job_facts(change) or {}).get("explanations") or {"state": ABSENT}
    return job_draft(
        change,
        Job(
            "the initialization of prediction explanations",
            "prediction_explanations",
            1800.0,
            state=facts["state"],
            why=facts.get("why", ""),
            follow={"status": facts.get("status")},
            fresh={"status": status},
            calls=(
                call,
                note_call(change, {"explanations": status}),
                note_call(change, {"explanations": READY}),
            ),
            wait_after=2,
        ),
    )


# -- conversion ------------------------------------------------------------------------------


def conversion_draft(change: PlanContext) -> StepDraft | None:
    """The newest version's files must have been converted, starting at the main program."""
    wanted = change.resource.spec.get("conversion")
    if wanted is None:
        return None
    files = change.resource.files.get(FILES)
    if files is not None and wanted["mainProgram"] not in files.by_path:
        return StepDraft(problems=(_no_such_program(change, wanted["mainProgram"]),))
    facts = (job_facts(change) or {}).get("conversion")
    fits = facts is not None and facts["mainProgram"] == wanted["mainProgram"]
    call = Call(
        "start_conversion",
        "POST",
        "customModels/{id}/versions/{version}/conversions/",
        {
            **version_ids(change),
            "mainProgram": wanted["mainProgram"],
            "known": facts["known"] if facts else [],
        },
        outputs=("conversionId",),
    )
    return job_draft(
        change,
        Job(
            f"the conversion of {wanted['mainProgram']}",
            "conversion",
            wanted.get("timeout", 1800),
            state=facts["state"] if facts and fits else ABSENT,
            follow={**version_ids(change), "conversion": facts["id"]} if facts else None,
            fresh={
                **version_ids(change),
                "conversion": KnownAfter(change.step("conversion"), "conversionId"),
            },
            calls=(call,),
        ),
    )


def _no_such_program(change: PlanContext, program: str) -> Problem:
    return problem_at(
        change.resource, "spec.conversion.mainProgram", "no-such-file",
        f"the version has no file {program}",
        "Name a file of the version, relative to its root.",
    )  # fmt: skip
