"""Custom models: live shape, and the writes of the object itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import Marker, join, split
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, StepDraft
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Model
from reconciler.providers.custom_models.commit_body import commit_body
from reconciler.providers.custom_models.description import owner_of
from reconciler.providers.custom_models.facts import (
    ModelFacts,
    TrainingFacts,
    VersionFacts,
    model_facts,
)
from reconciler.providers.custom_models.live_version import live_version, version_facts
from reconciler.providers.custom_models.model_problems import missing
from reconciler.providers.custom_models.model_settings import (
    CREATED,
    LABELS,
    PATCHED,
    as_sent,
)
from reconciler.providers.custom_models.slice import Slice, recover_deleted
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

SETTLING = timedelta(seconds=60)
"""How long the creation of one model may take, by its own times."""


def live_model(model: Model) -> Live:
    """The model and its latest version in the manifest's shape, as far as the list shows them."""
    text, marker = split(model.description)
    version = version_facts(model.latest_version)
    return Live(
        kind="CustomModel",
        id=model.id,
        name=model.name,
        owner=marker.owner if marker else model.user_provided_id,
        marker_owner=_marker_owner(model),
        external_id=model.user_provided_id,
        in_use=_deployments(model),
        protected=bool(marker and marker.protect),
        spec=_live_spec(model, text),
        facts=ModelFacts(
            maker=model.created_by,
            locked_by=_lock(model),
            template=model.template.template_id if model.template else None,
            untouched=_is_untouched(model),
            training=TrainingFacts(
                model.training_dataset_id,
                model.training_dataset_version_id,
                model.training_data_partition_column,
                model.training_data_assignment_in_progress,
            ),
            version=version,
        ),
        contents={"version.files": version.content} if version else {},
        uses=_uses(version),
        commits=_commits(model),
    )


def _live_spec(model: Model, text: str) -> JsonObject:
    return {
        "name": model.name,
        "description": text,
        "language": model.language,
        "targetType": model.target_type,
        "targetName": model.target_name,
        "positiveClassLabel": model.positive_class_label,
        "negativeClassLabel": model.negative_class_label,
        "classLabels": model.class_labels,
        "predictionThreshold": model.prediction_threshold,
        "calibratePredictions": model.calibrate_predictions,
        "isTrainingDataForVersionsPermanentlyEnabled": (
            model.is_training_data_for_versions_permanently_enabled
        ),
        "version": live_version(model.latest_version),
    }


def _marker_owner(model: Model) -> str | None:
    marker = split(model.latest_version.description)[1] if model.latest_version else None
    return marker.owner if marker else None


def _uses(version: VersionFacts | None) -> tuple[tuple[str, str], ...]:
    environment = version.environment_id if version else None
    return (("ExecutionEnvironment", environment),) if environment else ()


def _commits(model: Model) -> tuple[str, ...]:
    version = model.latest_version
    recorded = (model.git_model_version, version.git_model_version if version else None)
    return tuple(sorted({commit.main_branch_commit_sha for commit in recorded if commit}))


def _is_untouched(model: Model) -> bool:
    """Whether the model has not been changed since it was created."""
    try:
        created, updated = map(datetime.fromisoformat, (model.created, model.updated))
        return updated - created < SETTLING
    except (ValueError, TypeError):
        return False


def _deployments(model: Model) -> str:
    return f"{model.deployments_count} deployment(s)" if model.deployments_count else ""


def _lock(model: Model) -> str:
    """What forbids other labels and another target (PATCH customModels/), '' for nothing."""
    version = model.latest_version
    if model.deployments_count:
        return _deployments(model)
    data = version.training_data if version else None
    return "training data" if model.training_dataset_id or (data and data.dataset_id) else ""


def locked_by(live: Live) -> str:
    """What forbids another target and other labels of a live model."""
    return model_facts(live).locked_by


def model_outputs(live: Live | None) -> Outputs:
    """What others may ask of a model: its id, its latest version, and since when it is so."""
    if live is None:
        return {}
    version = model_facts(live).version
    return {
        "id": live.id,
        "versionId": version.id if version else None,
        "changed": version.created if version else None,
    }


# -- what is wanted --------------------------------------------------------------------------


def model_draft(context: PlanContext) -> StepDraft | None:
    """POST, or one PATCH with the fields that differ; never a version."""
    return _update(context, context.live) if context.live else _create(context)


def _marker(context: PlanContext) -> Marker | None:
    """A model is known by its ``userProvidedId``; a marker protects it, or stands in for that."""
    resource, live = context.resource, context.live
    owner = owner_of(context)
    # With an id of its own choosing, or none, the marker alone says whose it is.
    external = resource.user_provided_id or (live and not live.external_id)
    ours = live is None or live.owner == owner
    if resource.lifecycle.protect or (external and ours) or (live and live.protected):
        return Marker(owner, protect=resource.lifecycle.protect)
    return None


def _create(context: PlanContext) -> StepDraft:
    resource = context.resource
    if "targetType" not in resource.spec:
        return StepDraft(problems=tuple(missing(resource, "targetType")))
    body = {key: resource.spec[key] for key in CREATED if resource.spec.get(key) is not None}
    body |= {
        "customModelType": "inference",
        "name": resource.display_name,
        "userProvidedId": resource.user_provided_id or owner_of(context),
    }
    marker = _marker(context)
    if marker:
        body["description"] = join(resource.spec.get("description"), marker)
    body |= commit_body(context.options.commit)
    call = api.CREATE_MODEL.call(body=body, outputs=("id",))
    return StepDraft("create", "does not exist yet", context.fields, (call,), outputs=("id",))


def _update(context: PlanContext, live: Live) -> StepDraft | None:
    resource, marker = context.resource, _marker(context)
    fields = context.fields
    body = {f.path: as_sent(f.path, f.new) for f in fields if f.path in PATCHED}
    if any(label in body for label in LABELS):
        # Each of the two labels is refused without the other.
        body |= {key: as_sent(key, resource.spec.get(key, live.spec[key])) for key in LABELS}
    protect = bool(marker and marker.protect)
    if protect != live.protected:
        change = FieldChange("lifecycle.protect", live.protected, protect, "kept in the marker")
        fields = (*fields, change)
        body["description"] = resource.spec.get("description", live.spec["description"])
    if not body:
        return None
    if "description" in body:
        body["description"] = join(body["description"], marker)
    body |= commit_body(context.options.commit)
    call = api.UPDATE_MODEL.call(live.id, body=body)
    return StepDraft("update", "settings differ", fields, (call,))


def model_delete(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE; the platform refuses it while the model is deployed or being tested."""
    reason = "is to be replaced" if resource else "has no manifest any more"
    return StepDraft("delete", reason, (), (api.DELETE_MODEL.call(live.id),))


# -- writes and their recovery ---------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    return {"id": client.send(call, resource).id}


def _recover_created(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    identity = call.body["userProvidedId"]
    matches = [model.id for model in client.list_models() if model.user_provided_id == identity]
    return only_one(matches, "id", f"custom models with the userProvidedId {identity}")


def _recover_deleted(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    return recover_deleted(lambda: client.read(api.GET_MODEL, call.path_params["id"]))


SLICE = Slice(
    start={"create_model": _start},
    recover={"create_model": _recover_created, "delete_model": _recover_deleted},
)
