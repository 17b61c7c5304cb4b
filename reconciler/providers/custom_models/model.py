"""Custom models: live shape, and the writes of the object itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import NOBODY, join, of_object, split
from reconciler.core.ownership import free_identity
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, KnownAfter, StepDraft
from reconciler.errors import ApiError, UnknownOutcome
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
from reconciler.providers.custom_models.object_marker import (
    marked,
    marker_change,
    new_marker,
)
from reconciler.providers.custom_models.slice import Slice, recover_deleted
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

SETTLING = timedelta(seconds=60)
"""How long the creation of one model may take, by its own times."""


def live_model(model: Model) -> Live:
    """The model and its latest version in the manifest's shape, as far as the list shows them."""
    text, written = split(model.description)
    marker = of_object(written, model.id)
    owner = marker.owner if marker else model.user_provided_id
    owner = None if owner == NOBODY else owner
    version = version_facts(model.latest_version)
    return Live(
        kind="CustomModel",
        id=model.id,
        name=model.name,
        owner=owner,
        marker_owner=_marker_owner(model),
        external_id=model.user_provided_id,
        project=marker.project if marker else "",
        marker=marker if owner else None,
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


def _create(context: PlanContext) -> StepDraft:
    resource = context.resource
    if "targetType" not in resource.spec:
        return StepDraft(problems=tuple(missing(resource, "targetType")))
    text, chosen = resource.spec.get("description"), resource.user_provided_id
    body = {key: resource.spec[key] for key in CREATED if resource.spec.get(key) is not None}
    body |= {
        "customModelType": "inference",
        "name": resource.display_name,
        "description": join(text, new_marker(context, {})),
        "userProvidedId": chosen or free_identity(owner_of(context), _identities(context)),
    }
    body |= commit_body(context.options.commit)
    calls = [api.CREATE_MODEL.call(body=body, outputs=("id",))]
    if chosen:
        # An identity of another form does not prove whose the model is; its own id does.
        identity = KnownAfter(context.step(""), "id")
        again = {"description": join(text, new_marker(context, {}, identity))}
        calls.append(api.UPDATE_MODEL.call(identity, body=again))
    return StepDraft("create", "does not exist yet", context.fields, tuple(calls), outputs=("id",))


def _identities(context: PlanContext) -> set[str]:
    """Identities that other models have; one that this model replaces leaves its own."""
    owner, uids = owner_of(context), ("", context.options.uid)
    return {
        live.external_id
        for live in context.catalog.get("CustomModel", ())
        if live.external_id and not (live.owner == owner and live.project in uids)
    }


def _update(context: PlanContext, live: Live) -> StepDraft | None:
    resource, change = context.resource, marker_change(context, live, {})
    body = {f.path: as_sent(f.path, f.new) for f in context.fields if f.path in PATCHED}
    if any(label in body for label in LABELS):
        # Each of the two labels is refused without the other.
        body |= {key: as_sent(key, resource.spec.get(key, live.spec[key])) for key in LABELS}
    text = body.get("description", live.spec["description"])
    draft = marked(change, body, text, (*context.fields, *change.fields))
    if draft is None:
        return None
    if draft.action != "adopt":
        body |= commit_body(context.options.commit)
    return replace(draft, calls=(api.UPDATE_MODEL.call(live.id, body=body),))


def model_delete(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE; the platform refuses it while the model is deployed or being tested."""
    reason = "is to be replaced" if resource else "has no manifest any more"
    return StepDraft("delete", reason, (), (api.DELETE_MODEL.call(live.id),))


# -- writes and their recovery ---------------------------------------------------------------


def _start(client: Client, call: Call, resource: Resource | None) -> Outputs:
    try:
        return {"id": client.send(call, resource).id}
    except UnknownOutcome:
        raise
    except ApiError as error:
        if error.status != 422 or "user provided ID" not in error.message:
            raise
        return {"id": _unlisted(client, call, error)}


def _unlisted(client: Client, call: Call, error: ApiError) -> str:
    """The model that has the identity and that no list shows.

    Lists may leave out a model that never got a version, and searching shows it; the vendor's own
    GitHub action (``_create_or_get_model``) finds it so.  Where nothing is found, the model is one
    that this user may not see.
    """
    identity = call.body["userProvidedId"]
    query = {"customModelType": "inference", "searchFor": call.body["name"]}
    matches = [
        model
        for model in client.every(api.LIST_MODELS, **query)
        if model.user_provided_id == identity
    ]
    if len(matches) == 1 and matches[0].latest_version is None:
        return matches[0].id
    where = f" as {matches[0].id}" if matches else ", and this user does not see it"
    raise ApiError(
        f"a model with the userProvidedId {identity} exists already{where}",
        "Have its owner share it with the user of this token, or give this manifest another "
        "metadata.userProvidedId.",
        status=error.status,
    ) from error


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
