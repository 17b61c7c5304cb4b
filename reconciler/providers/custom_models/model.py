"""Custom models: live shape, and the drafts for the object itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from reconciler.core.kind import FieldRule, FileRole, Kind, Outputs, Part, PlanContext
from reconciler.core.marker import Marker, join, split
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, StepDraft
from reconciler.providers.custom_models.client.responses import Model, Version
from reconciler.providers.custom_models.derived_model import ORIGINS, derive_draft
from reconciler.providers.custom_models.feature_impact import impact_draft
from reconciler.providers.custom_models.jobs import (
    build_draft,
    conversion_draft,
    explanations_draft,
    test_draft,
)
from reconciler.providers.custom_models.model_problems import missing, model_problems
from reconciler.providers.custom_models.model_training import training_draft
from reconciler.providers.custom_models.model_version import (
    live_version,
    version_draft,
    version_facts,
)
from reconciler.providers.custom_models.sharing import share_draft
from reconciler.providers.custom_models.spec import CustomModelSpec

COLLECTION = "customModels"
SETTLING = timedelta(seconds=60)
"""How long the making of one model may take, by its own times."""

PATCHED = (
    "name",
    "description",
    "language",
    "targetName",
    "positiveClassLabel",
    "negativeClassLabel",
    "classLabels",
    "predictionThreshold",
    "isTrainingDataForVersionsPermanentlyEnabled",
)
CREATED = (*PATCHED, "targetType", "calibratePredictions")
LABELS = ("positiveClassLabel", "negativeClassLabel")

# What null means in PATCH customModels/: texts have no null there, the threshold has a default,
# and the labels fall back to these values on the platform's side.
UNSET: Mapping[str, Any] = {
    "description": "",
    "language": "",
    "predictionThreshold": 0.5,
    "positiveClassLabel": "1",
    "negativeClassLabel": "0",
}
SENT_AS_NULL = frozenset({"targetName", *LABELS})

JOBS = ("tests", "featureImpact", "predictionExplanations", "conversion")


def live_model(found: Model) -> Live:
    """The model and its latest version in the manifest's shape, as far as the list tells."""
    text, mark = split(found.description)
    version = found.latest_version
    facts = version_facts(version)
    return Live(
        kind="CustomModel",
        id=found.id,
        name=found.name,
        owner=mark.owner if mark else found.user_provided_id,
        marker_owner=_marker_owner(version),
        external_id=found.user_provided_id,
        in_use=_deployments(found),
        protected=bool(mark and mark.protect),
        spec={
            "name": found.name,
            "description": text,
            "language": found.language,
            "targetType": found.target_type,
            "targetName": found.target_name,
            "positiveClassLabel": found.positive_class_label,
            "negativeClassLabel": found.negative_class_label,
            "classLabels": found.class_labels,
            "predictionThreshold": found.prediction_threshold,
            "calibratePredictions": found.calibrate_predictions,
            "isTrainingDataForVersionsPermanentlyEnabled": (
                found.is_training_data_for_versions_permanently_enabled
            ),
            "version": live_version(version),
        },
        facts={
            "maker": found.created_by,
            "lockedBy": _lock(found),
            "template": found.template.template_id if found.template else None,
            "untouched": _is_untouched(found),
            "training": {
                "datasetId": found.training_dataset_id,
                "datasetVersionId": found.training_dataset_version_id,
                "partitionColumn": found.training_data_partition_column,
                "assigning": found.training_data_assignment_in_progress,
            },
            "version": facts,
        },
        contents={"version.files": facts["content"]} if facts else {},
        uses=_uses(facts),
        commits=_commits(found),
    )


def _marker_owner(version: Version | None) -> str | None:
    mark = split(version.description)[1] if version else None
    return mark.owner if mark else None


def _uses(facts: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    environment = facts and facts["environmentId"]
    return (("ExecutionEnvironment", environment),) if environment else ()


def _commits(found: Model) -> tuple[str, ...]:
    version = found.latest_version
    recorded = (found.git_model_version, version.git_model_version if version else None)
    return tuple(sorted({commit.main_branch_commit_sha for commit in recorded if commit}))


def _is_untouched(found: Model) -> bool:
    """Whether nobody has changed the model since it was made."""
    try:
        made, changed = map(datetime.fromisoformat, (found.created, found.updated))
        return changed - made < SETTLING
    except (ValueError, TypeError):
        return False


def _deployments(found: Model) -> str:
    return f"{found.deployments_count} deployment(s)" if found.deployments_count else ""


def _lock(found: Model) -> str:
    """What forbids other labels and another target (PATCH customModels/), '' for nothing."""
    version = found.latest_version
    if found.deployments_count:
        return _deployments(found)
    data = version.training_data if version else None
    return "training data" if found.training_dataset_id or (data and data.dataset_id) else ""


def model_outputs(live: Live | None) -> Outputs:
    """What others may ask of a model: its id, its latest version, and since when it is so."""
    if live is None:
        return {}
    version = live.facts["version"] or {"id": None, "created": None}
    return {"id": live.id, "versionId": version["id"], "changed": version["created"]}


def _mark(change: PlanContext) -> Marker | None:
    """A model is known by its ``userProvidedId``; a mark protects it, or stands in for that."""
    resource, live = change.resource, change.live
    owner = f"{change.options.scope}/{resource.address.name}"
    # With an id of its own choosing, or none, the mark alone tells whose it is.
    external = resource.user_provided_id or (live and not live.external_id)
    ours = live is None or live.owner == owner
    if resource.lifecycle.protect or (external and ours) or (live and live.protected):
        return Marker(owner, protect=resource.lifecycle.protect)
    return None


def model_draft(change: PlanContext) -> StepDraft | None:
    """POST, or one PATCH with the fields that differ; never a version."""
    return _update(change, change.live) if change.live else _create(change)


def _create(change: PlanContext) -> StepDraft:
    resource = change.resource
    if any(resource.spec.get(key) for key in ORIGINS):
        return derive_draft(change, settings_of(resource))
    if "targetType" not in resource.spec:
        return StepDraft(problems=tuple(missing(resource, "targetType")))
    body = {key: resource.spec[key] for key in CREATED if resource.spec.get(key) is not None}
    body |= {
        "customModelType": "inference",
        "name": resource.display_name,
        "userProvidedId": resource.user_provided_id
        or f"{change.options.scope}/{resource.address.name}",
    }
    mark = _mark(change)
    if mark:
        body["description"] = join(resource.spec.get("description"), mark)
    if change.options.commit:
        body["gitModelVersion"] = change.options.commit
    call = Call("create_model", "POST", f"{COLLECTION}/", body=body, outputs=("id",))
    return StepDraft("create", "does not exist yet", change.fields, (call,), outputs=("id",))


def settings_of(resource: Resource) -> dict[str, Any]:
    """What the manifest says that a PATCH can set, as PATCH customModels/ wants it."""
    written = {key: _sent(key, resource.spec[key]) for key in PATCHED if key in resource.spec}
    return {**written, "name": resource.display_name}


def _update(change: PlanContext, live: Live) -> StepDraft | None:
    resource, mark = change.resource, _mark(change)
    fields = change.fields
    body = {f.path: _sent(f.path, f.new) for f in fields if f.path in PATCHED}
    if any(label in body for label in LABELS):
        # Each of the two labels is refused without the other.
        body |= {key: _sent(key, resource.spec.get(key, live.spec[key])) for key in LABELS}
    protect = bool(mark and mark.protect)
    if protect != live.protected:
        fields = (
            *fields,
            FieldChange("lifecycle.protect", live.protected, protect, "kept in the mark"),
        )
        body["description"] = resource.spec.get("description", live.spec["description"])
    if not body:
        return None
    if "description" in body:
        body["description"] = join(body["description"], mark)
    if change.options.commit:
        body["gitModelVersion"] = change.options.commit
    call = Call("update_model", "PATCH", f"{COLLECTION}/{{id}}/", {"id": live.id}, body)
    return StepDraft("update", "settings differ", fields, (call,))


def _sent(key: str, value: Any) -> Any:
    if value is None and key not in SENT_AS_NULL:
        return UNSET.get(key)
    return value


def model_delete(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE; the platform refuses it while the model is deployed or being tested."""
    call = Call("delete_model", "DELETE", f"{COLLECTION}/{{id}}/", {"id": live.id})
    reason = "is to be replaced" if resource else "has no manifest any more"
    return StepDraft("delete", reason, (), (call,))


DERIVED = (
    "version.environment",
    "version.files",
    "version.repository",
    "version.registryModel",
    "sharing",
    *ORIGINS,
    *JOBS,
)

KIND = Kind(
    name="CustomModel",
    provider="custom_models",
    spec=CustomModelSpec,
    rules={
        **{key: FieldRule(unset=value) for key, value in UNSET.items()},
        **{key: FieldRule(unset=UNSET.get(key), locked_when="lockedBy") for key in SENT_AS_NULL},
        "targetType": FieldRule(create_only=True),
        "calibratePredictions": FieldRule(create_only=True),
        "isTrainingDataForVersionsPermanentlyEnabled": FieldRule(one_way=True),
        "version.description": FieldRule(unset=""),
        "version.maximumMemory": FieldRule(unit="bytes"),
        "version.requiredMetadata": FieldRule(whole=True, unset={}),
        **{key: FieldRule(derived=True) for key in DERIVED},
        **{
            key: FieldRule(write_only=True) for key in ("version.update", "version.dependencyBuild")
        },
        "sharing.users": FieldRule(derived=True, as_set=True),
    },
    references={
        "version.environment.ref": "ExecutionEnvironment",
        "version.registryModel.ref": "RegistryModel",
        "copyOf.ref": "CustomModel",
    },
    files={"version.files": FileRole("tree", 100)},
    parts=(
        Part("", model_draft, ORIGINS),
        Part("version", version_draft, ("version",)),
        Part("training", training_draft),
        # Converting adds files, a test needs the build, the rest needs a model that works; sharing
        # comes last, so that a model that fails its gate keeps its former users.
        Part("conversion", conversion_draft, ("conversion",)),
        Part("build", build_draft),
        Part("test", test_draft, ("tests",)),
        Part("impact", impact_draft, ("featureImpact",)),
        Part("explanations", explanations_draft, ("predictionExplanations",)),
        Part(
            "sharing",
            lambda change: share_draft(change, COLLECTION),
            ("sharing",),
            non_blocking=True,
        ),
    ),
    verbs=frozenset({"read", "create", "update", "replace", "delete"}),
    check=model_problems,
    outputs=model_outputs,
    durable_outputs=("versionId",),
    delete=model_delete,
    rank=2,
)
