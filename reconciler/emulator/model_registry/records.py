"""Models, their versions and their repositories as the registry keeps them."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.fields import Invalid
from reconciler.emulator.refusal import Refusal, invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World, caller, current, iso, user_id

REPOS, MODELS, VERSIONS = "registryRepos", "registryModels", "registryVersions"
TENANT = "registryTenant"
_TENANT_NAME = "acme"


def tenant(world: World) -> str:
    """The name that every ``fqn`` begins with."""
    held = world.store.get("settings", TENANT)
    return str(held["values"]["name"]) if held else _TENANT_NAME


def found(kind: str, doc_id: str, what: str) -> Doc:
    """The document, or 404."""
    doc = current().store.get(kind, doc_id)
    if doc is None:
        raise Refusal(404, f"{what} {doc_id} not found")
    return doc


def repo_named(name: str) -> Doc | None:
    """The repository of this name; names are unique."""
    return next((r for r in current().store.all(REPOS) if r["manifest"]["name"] == name), None)


def put_repo(manifest: Doc) -> Doc:
    """Make the repository, or give the one of this name the manifest."""
    world, held = current(), repo_named(manifest["name"])
    if held:
        return world.store.change(REPOS, held, manifest=manifest)
    doc = {
        "id": world.store.new_id(REPOS),
        "manifest": manifest,
        "user": caller(),
        "created": world.clock(),
    }
    return world.store.put(REPOS, doc)


def drop_repo(repo: Doc) -> None:
    """Remove a repository with all that is in it."""
    for model in current().store.children(MODELS, repo["id"]):
        drop_model(model)
    current().store.drop(REPOS, repo["id"])


def drop_model(model: Doc) -> None:
    """Remove a model with its versions."""
    for version in current().store.children(VERSIONS, model["id"]):
        current().store.drop(VERSIONS, version["id"])
    current().store.drop(MODELS, model["id"])


def version_of(manifest: Doc) -> Doc | None:
    """The stored version that a manifest means: by its number or, without one, by its alias."""
    model = _model(manifest)
    versions = current().store.children(VERSIONS, model["id"]) if model else []
    number, alias = manifest.get("version"), manifest.get("version_alias")
    if number is not None:
        return next((v for v in versions if v["number"] == number), None)
    return next(
        (v for v in versions if alias and v["manifest"].get("version_alias") == alias), None
    )


def doomed(manifest: Doc) -> Doc:
    """The version that a manifest asks to delete."""
    if manifest.get("version") is None and manifest.get("version_alias") is None:
        problem = Invalid("version or version_alias is required to delete a model version")
        raise invalid({"manifest": problem.problem})
    version = version_of(manifest)
    if version is None:
        raise Refusal(404, f"Version of model {manifest['name']} not found")
    return version


def updated_by(manifest: Doc) -> Doc | None:
    """The version that a manifest would change: only a number means one that is there.

    An alias does not: it moves to the new version.
    """
    return version_of(manifest) if manifest.get("version") is not None else None


def repo_of(manifest: Doc) -> Doc:
    """The repository that a model's manifest names: it must be there."""
    repo = repo_named(manifest["ml_repo"])
    if repo is None:
        raise Refusal(404, f"ML Repo {manifest['ml_repo']} not found")
    return repo


def put_version(manifest: Doc) -> Doc:
    """Make the next version, or the one with the manifest's number, or change that one."""
    world, repo = current(), repo_of(manifest)
    model = _model(manifest) or _new_model(repo, manifest["name"])
    held = updated_by(manifest)
    number = manifest.get("version") or model["last"] + 1
    complete = {**manifest, "version": number}
    _take_alias(model, manifest.get("version_alias"), number)
    last = max(model["last"], number)
    world.store.change(MODELS, model, last=last, updated=world.clock())
    if held:
        return world.store.change(VERSIONS, held, manifest=complete, updated=world.clock())
    return world.store.put(VERSIONS, _new_version(model, number, complete))


def tag(version: Doc, tags: list[str], force: bool) -> None:
    """Give the version these tags; one that another version bears moves only when forced."""
    store = current().store
    others = [v for v in store.children(VERSIONS, version["parent"]) if v["id"] != version["id"]]
    used = [name for name in tags if any(name in other["tags"] for other in others)]
    if used and not force:
        # The client would try 409 again and again, and the contract does not have it.
        raise invalid({"tags": f"in use by another version: {', '.join(used)}"})
    for other in others:
        if set(used) & set(other["tags"]):
            kept = [name for name in other["tags"] if name not in used]
            store.change(VERSIONS, other, tags=kept)
    store.change(VERSIONS, version, tags=list(dict.fromkeys(tags)))


def metrics(version: Doc) -> list[Doc]:
    """What was measured: the numbers of ``metadata.metrics``, and what a test control gave.

    On the platform they come from the runs that logged the model; the emulator has no such runs.
    """
    manifest, moment = version["manifest"], int(version["updated"] * 1000)
    metrics = manifest["metadata"].get("metrics")
    rows = {
        key: {"key": key, "value": value, "timestamp": moment, "step": manifest["step"]}
        for key, value in (metrics.items() if isinstance(metrics, dict) else ())
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return list({**rows, **version["metrics"]}.values())


def is_deployable(version: Doc) -> bool:
    """As a test control said; else as ``metadata.deployable`` says."""
    said = version["deployable"]
    return bool(version["manifest"]["metadata"].get("deployable") is True if said is None else said)


def shown_subject(username: str) -> Doc:
    """A user as the registry shows one."""
    return {
        "subjectId": user_id(username),
        "subjectType": "user",
        "subjectSlug": username,
        "subjectDisplayName": username,
    }


def shown_time(moment: float) -> str:
    """A moment as the registry writes it."""
    return iso(moment)


def _model(manifest: Doc) -> Doc | None:
    repo = repo_named(manifest["ml_repo"])
    models = current().store.children(MODELS, repo["id"]) if repo else []
    return next((model for model in models if model["name"] == manifest["name"]), None)


def _new_model(repo: Doc, name: str) -> Doc:
    world = current()
    return world.store.put(
        MODELS,
        {
            "id": world.store.new_id(MODELS),
            "parent": repo["id"],
            "name": name,
            "user": caller(),
            "created": world.clock(),
            "updated": world.clock(),
            # The highest number ever given: a deleted version's number is not used again.
            "last": 0,
        },
    )


def _new_version(model: Doc, number: int, manifest: Doc) -> Doc:
    world = current()
    return {
        "id": world.store.new_id(VERSIONS),
        "parent": model["id"],
        "number": number,
        "manifest": manifest,
        "user": caller(),
        "created": world.clock(),
        "updated": world.clock(),
        "tags": [],
        "metrics": {},
        "deployable": None,
    }


def _take_alias(model: Doc, alias: Any, number: int) -> None:
    """An alias means one version of a model: the new holder takes it from the old one."""
    for other in current().store.children(VERSIONS, model["id"]):
        if alias and other["number"] != number and other["manifest"].get("version_alias") == alias:
            kept = {**other["manifest"], "version_alias": None}
            current().store.change(VERSIONS, other, manifest=kept)
