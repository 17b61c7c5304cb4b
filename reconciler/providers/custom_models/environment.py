"""Execution environments: live shape, and the drafts for the object and its newest version."""

from __future__ import annotations

from typing import Any

from reconciler.core.kind import FieldRule, FileRole, Kind, Outputs, Part, PlanContext
from reconciler.core.marker import join, split
from reconciler.core.resource import Live, Resource
from reconciler.core.step import Call, FieldChange, StepDraft
from reconciler.providers.custom_models.client.responses import BuiltVersion, Environment
from reconciler.providers.custom_models.description import ON_DELETE, description_problems, marked
from reconciler.providers.custom_models.environment_version import version_draft
from reconciler.providers.custom_models.sharing import share_draft
from reconciler.providers.custom_models.spec import ExecutionEnvironmentSpec

COLLECTION = "executionEnvironments"
SOFT, PERMANENT = "softDelete", "permanent"
SOURCES = ("dockerContext", "dockerImage", "dockerImageUri")
SETTINGS = ("name", "description", "programmingLanguage", "useCases")
BUILDING = frozenset({"submitted", "processing"})


def live_environment(found: Environment) -> Live:
    """The environment in the manifest's shape, as far as the list tells."""
    text, mark = split(found.description)
    return Live(
        kind="ExecutionEnvironment",
        id=found.id,
        name=found.name,
        owner=mark.owner if mark else None,
        protected=bool(mark and mark.protect),
        in_use=f"{found.deployments_count} deployment(s)" if found.deployments_count else "",
        spec={
            "name": found.name,
            "description": text,
            "programmingLanguage": found.programming_language,
            "useCases": sorted(found.use_cases),
            "isPublic": found.is_public,
        },
        facts={
            "maker": found.username,
            "onDelete": mark.notes.get(ON_DELETE, SOFT) if mark else SOFT,
            "latest": _version_facts(found.latest_version),
            "successful": _version_facts(found.latest_successful_version),
        },
    )


def _version_facts(version: BuiltVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    text, mark = split(version.description)
    return {
        "id": version.id,
        "status": version.build_status,
        "label": version.label or "",
        "description": text,
        "content": mark.content if mark else "",
        "uri": version.source_docker_image_uri,
        "hasContext": bool(version.docker_context),
        "created": version.created,
    }


def environment_outputs(live: Live | None) -> Outputs:
    """What a model version needs of an environment: its id and newest usable version."""
    if live is None:
        return {}
    version = live.facts["successful"] or {"id": None, "created": None}
    return {"id": live.id, "versionId": version["id"], "changed": version["created"]}


def environment_draft(change: PlanContext) -> StepDraft | None:
    """POST, or one PATCH with the fields that differ; the mark is written with the description."""
    return _update(change, change.live) if change.live else _create(change)


def _create(change: PlanContext) -> StepDraft:
    resource = change.resource
    body = {key: resource.spec[key] for key in (*SETTINGS, "isPublic") if key in resource.spec}
    body["name"] = resource.display_name
    body["description"] = join(resource.spec.get("description"), marked(change))
    call = Call("create_environment", "POST", f"{COLLECTION}/", body=body, outputs=("id",))
    return StepDraft("create", "does not exist yet", change.fields, (call,), outputs=("id",))


def _update(change: PlanContext, live: Live) -> StepDraft | None:
    resource, mark = change.resource, marked(change)
    body = {f.path: f.new for f in change.fields if f.path in SETTINGS}
    fields = change.fields
    wish = resource.lifecycle
    kept = {
        "lifecycle.protect": (live.protected, wish.protect),
        "lifecycle.onDelete": (live.facts["onDelete"], wish.on_delete),
    }
    for path, (old, new) in kept.items():
        if mark and old != new:
            fields = (*fields, FieldChange(path, old, new, "kept in the mark"))
            text = resource.spec.get("description", live.spec["description"])
            body.setdefault("description", text)
    if not body:
        return None
    if "description" in body:
        body["description"] = join(body["description"], mark)
    call = Call("update_environment", "PATCH", f"{COLLECTION}/{{id}}/", {"id": live.id}, body)
    return StepDraft("update", "settings differ", fields, (call,))


def environment_delete(live: Live, resource: Resource | None) -> StepDraft:
    """DELETE only marks it as deleted; ``onDelete: permanent`` then erases it for good."""
    calls = [Call("delete_environment", "DELETE", f"{COLLECTION}/{{id}}/", {"id": live.id})]
    wish = resource.lifecycle.on_delete if resource else live.facts["onDelete"]
    if wish == PERMANENT:
        erased, path = {"ids": [live.id]}, "executionEnvironmentsPermadelete/"
        calls.append(Call("erase_environments", "POST", path, body=erased))
    reason = "is to be replaced" if resource else "has no manifest any more"
    if wish == PERMANENT:
        reason += ", and is erased for good (onDelete: permanent)"
    return StepDraft("delete", reason, (), tuple(calls))


KIND = Kind(
    name="ExecutionEnvironment",
    provider="custom_models",
    spec=ExecutionEnvironmentSpec,
    rules={
        "description": FieldRule(unset=""),
        "useCases": FieldRule(as_set=True),
        "isPublic": FieldRule(create_only=True),
        "version": FieldRule(derived=True),
        "sharing": FieldRule(derived=True),
        "sharing.users": FieldRule(derived=True, as_set=True),
    },
    files={"version.dockerContext": FileRole("context"), "version.dockerImage": FileRole("blob")},
    parts=(
        Part("", environment_draft),
        Part("version", version_draft, ("version",)),
        Part(
            "sharing",
            lambda change: share_draft(change, COLLECTION),
            ("sharing",),
            non_blocking=True,
        ),
    ),
    verbs=frozenset({"read", "create", "update", "replace", "delete"}),
    check=description_problems,
    outputs=environment_outputs,
    durable_outputs=("versionId",),
    delete=environment_delete,
    rank=1,
)
