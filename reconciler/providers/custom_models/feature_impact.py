"""The feature impact of a model version: wanted done, once, with the row count that is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft
from reconciler.errors import Problem
from reconciler.providers.custom_models.derived_model import ORIGINS
from reconciler.providers.custom_models.description import problem_at
from reconciler.providers.custom_models.jobs import (
    ABSENT,
    DONE,
    Job,
    job_draft,
    job_facts,
    version_ids,
)
from reconciler.providers.custom_models.version_mark import note_call


def impact_draft(change: PlanContext) -> StepDraft | None:
    """The newest version must have a feature impact, with this row count where one is said."""
    wanted = change.resource.spec.get("featureImpact")
    if wanted is None:
        return None
    if not _is_trained(change):
        return StepDraft(problems=(_untrained(change),))
    body = {"rowCount": wanted["rowCount"]} if wanted.get("rowCount") else {}
    call = Call(
        "start_impact",
        "POST",
        "customModels/{id}/versions/{version}/featureImpact/",
        version_ids(change),
        body,
        outputs=("impactStatus",),
    )
    status = KnownAfter(change.step("impact"), "impactStatus")
    facts = (job_facts(change) or {}).get("impact") or {"state": ABSENT}
    state = facts["state"]
    if state == DONE and wanted.get("rowCount") not in (None, facts.get("rowCount")):
        state = ABSENT
    return job_draft(
        change,
        Job(
            "the feature impact",
            "feature_impact",
            wanted.get("timeout", 1800),
            state=state,
            why=facts.get("why", ""),
            follow={**version_ids(change), "status": facts.get("status")},
            fresh={**version_ids(change), "status": status},
            # The platform keeps no record of an impact that failed: its status goes in the mark.
            calls=(call, note_call(change, {"impact": status})),
            fields=_impact_fields(wanted, facts),
        ),
    )


def _impact_fields(wanted: Mapping[str, Any], facts: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    rows = wanted.get("rowCount")
    if rows is None:
        return ()
    reason = "computed anew for this version"
    return (FieldChange("featureImpact.rowCount", facts.get("rowCount"), rows, reason),)


def _is_trained(change: PlanContext) -> bool:
    """Whether the version has training data, or may have it from where it was copied."""
    spec, live = change.resource.spec, change.live
    version = spec.get("version") or {}
    if version.get("trainingData") or (live is None and any(spec.get(key) for key in ORIGINS)):
        return True
    if live is None or "trainingData" in version:
        return False
    held = live.spec["version"] or {}
    return bool(held.get("trainingData") or live.facts["training"]["datasetId"])


def _untrained(change: PlanContext) -> Problem:
    # POST featureImpact/ answers 422 without it.
    return problem_at(
        change.resource, "spec.featureImpact", "no-training-data",
        "a feature impact needs training data, and the version has none",
        "Add trainingData to spec.version.",
    )  # fmt: skip
