"""Execution environments: live shape, the writes of the object itself, and their recovery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import Marker, join, of_object, split
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, KnownAfter, StepDraft
from reconciler.errors import ApiError, LiveStateError, UnknownOutcome
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import BuiltVersion, Environment
from reconciler.providers.custom_models.concurrency import AGAIN
from reconciler.providers.custom_models.description import COMMIT, ON_DELETE
from reconciler.providers.custom_models.facts import (
    BuiltVersionFacts,
    EnvironmentFacts,
    environment_facts,
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

SOFT, PERMANENT = "softDelete", "permanent"
SETTINGS = ("name", "description", "programmingLanguage", "useCases")


def live_environment(environment: Environment) -> Live:
    """The environment in the manifest's shape, as far as the list shows it."""
    text, written = split(environment.description)
    marker = of_object(written, environment.id)
    deployments = environment.deployments_count
    return Live(
        kind="ExecutionEnvironment",
        id=environment.id,
        name=environment.name,
        owner=marker.owner if marker else None,
        project=marker.project if marker else "",
        marker=marker,
        protected=bool(marker and marker.protect),
        in_use=f"{deployments} deployment(s)" if deployments else "",
        spec={
            "name": environment.name,
            "description": text,
            "programmingLanguage": environment.programming_language,
            "useCases": sorted(environment.use_cases),
            "isPublic": environment.is_public,
        },
        facts=EnvironmentFacts(
            maker=environment.username,
            on_delete=marker.note(ON_DELETE) or SOFT if marker else SOFT,
            latest=_version_facts(environment.latest_version),
            successful=_version_facts(environment.latest_successful_version),
        ),
        commits=_commits(environment.latest_version),
    )


def _commits(version: BuiltVersion | None) -> tuple[str, ...]:
    marker = split(version.description)[1] if version else None
    commit = marker.note(COMMIT) if marker else ""
    return (commit,) if commit else ()


def _version_facts(version: BuiltVersion | None) -> BuiltVersionFacts | None:
    if version is None:
        return None
    text, marker = split(version.description)
    return BuiltVersionFacts(
        id=version.id,
        status=version.build_status,
        label=version.label or "",
        description=text,
        content=marker.content if marker else "",
        uri=version.source_docker_image_uri,
        has_context=bool(version.docker_context),
        created=version.created,
    )


def environment_outputs(live: Live | None) -> Outputs:
    """What a model version needs of an environment: its id and newest usable version."""
    if live is None:
        return {}
    version = environment_facts(live).successful
    return {
        "id": live.id,
        "versionId": version.id if version else None,
        "changed": version.created if version else None,
    }


# -- what is wanted --------------------------------------------------------------------------


def environment_draft(context: PlanContext) -> StepDraft | None:
    """POST, or one PATCH with the fields that differ; the marker goes with the description."""
    return _update(context, context.live) if context.live else _create(context)


def _create(context: PlanContext) -> StepDraft:
    """POST, then the marker once more: only the answer tells the id that proves whose it is."""
    resource, text = context.resource, context.resource.spec.get("description")
    body = {key: resource.spec[key] for key in (*SETTINGS, "isPublic") if key in resource.spec}
    notes = _notes(resource)
    body["name"] = resource.display_name
    body["description"] = join(text, new_marker(context, notes))
    create = api.CREATE_ENVIRONMENT.call(body=body, outputs=("id",))
    identity = KnownAfter(context.step(""), "id")
    again = {"description": join(text, new_marker(context, notes, identity))}
    calls = (create, api.UPDATE_ENVIRONMENT.call(identity, body=again))
    return StepDraft("create", "does not exist yet", context.fields, calls, outputs=("id",))


def _notes(resource: Resource) -> dict[str, str]:
    # A permanent delete is wanted only once the manifest that asks for it is gone.
    on_delete = resource.lifecycle.on_delete
    return {ON_DELETE: on_delete} if on_delete == PERMANENT else {}


def _update(context: PlanContext, live: Live) -> StepDraft | None:
    resource = context.resource
    body = {f.path: f.new for f in context.fields if f.path in SETTINGS}
    change = marker_change(context, live, _notes(resource))
    fields = (*context.fields, *change.fields)
    old, new = environment_facts(live).on_delete, resource.lifecycle.on_delete
    if old != new:
        # It is a note of the marker, so the description must be written.
        body.setdefault("description", "")
        fields = (*fields, FieldChange("lifecycle.onDelete", old, new, "kept in the marker"))
    text = resource.spec.get("description", live.spec["description"])
    draft = marked(change, body, text, fields)
    return draft and replace(draft, calls=(api.UPDATE_ENVIRONMENT.call(live.id, body=body),))


def environment_delete(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE only marks it as deleted; ``onDelete: permanent`` then erases it for good."""
    calls = [api.DELETE_ENVIRONMENT.call(live.id)]
    facts = environment_facts(live)
    on_delete = resource.lifecycle.on_delete if resource else facts.on_delete
    if on_delete == PERMANENT:
        body = {"executionEnvironmentIds": [live.id]}
        calls.append(api.ERASE_ENVIRONMENTS.call(body=body))
    reason = "is to be replaced" if resource else "has no manifest any more"
    if on_delete == PERMANENT:
        reason += ", and is erased for good (onDelete: permanent)"
    return StepDraft("delete", reason, (), tuple(calls))


# -- writes and their recovery ---------------------------------------------------------------


def _create_one(client: Client, call: Call, resource: Resource | None) -> Outputs:
    created = client.send(call, resource).id
    _keep_one(client, call, created)
    return {"id": created}


def _keep_one(client: Client, call: Call, created: str) -> None:
    """Of two environments with one marker the older stays; LiveStateError when that is not ours.

    Ours is empty and nobody uses it yet: it is deleted again.
    """
    owner, twins = _with_marker_of(client, call)
    first = min(twins, key=lambda twin: (twin.created, twin.id), default=None)
    if first is None or first.id == created:
        return
    twin = f"execution environment {first.id} was created for {owner} at the same moment"
    try:
        client.write(api.DELETE_ENVIRONMENT, created)
    except ApiError as error:
        raise LiveStateError(
            f"{twin}, and ours, {created}, could not be deleted again: {error.message}",
            f"Delete {created}, and run again.",
        ) from error
    raise LiveStateError(f"{twin}; ours, {created}, was deleted again", AGAIN)


def _with_marker_of(client: Client, call: Call) -> tuple[str, list[Environment]]:
    marker = split(call.body["description"])[1]
    owner = marker.owner if marker else ""
    matches = [
        environment
        for environment in client.every(api.LIST_ENVIRONMENTS)
        if marker and _is_of(environment, marker)
    ]
    return owner, matches


def _is_of(environment: Environment, marker: Marker) -> bool:
    seen = of_object(split(environment.description)[1], environment.id)
    return bool(seen and (seen.owner, seen.project) == (marker.owner, marker.project))


def _recover_created(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    owner, matches = _with_marker_of(client, call)
    ids = [environment.id for environment in matches]
    return only_one(ids, "id", f"execution environments of {owner}")


def _recover_deleted(client: Client, call: Call, _: Resource | None) -> Outputs | None:
    return recover_deleted(lambda: client.read(api.GET_ENVIRONMENT, call.path_params["id"]))


def _erase(client: Client, call: Call, resource: Resource | None) -> Outputs:
    try:
        client.send(call, resource)
    except UnknownOutcome:
        raise
    except ApiError as error:
        if error.status == 404:
            return {}  # erased before, by a sending whose answer was lost
        ids = ", ".join(call.body["executionEnvironmentIds"])
        raise ApiError(
            f"{error.message}; {ids} is deleted, but not erased",
            "No later run can see it: have an administrator erase it, by this id.",
            status=error.status,
        ) from error
    return {}


SLICE = Slice(
    start={"create_environment": _create_one, "erase_environments": _erase},
    recover={"create_environment": _recover_created, "delete_environment": _recover_deleted},
)
