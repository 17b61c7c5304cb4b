"""How a model version comes to be: numbers, inherited settings, environment, training data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator import roles
from reconciler.emulator.custom_models import (
    environment_versions,
    model_rules,
    runtime_parameters,
    training,
    version_files,
)
from reconciler.emulator.refusal import invalid
from reconciler.emulator.store import Doc
from reconciler.emulator.world import World

_KIND = "modelVersions"
_ENVIRONMENT = ("baseEnvironmentId", "baseEnvironmentVersionId")
_SETTINGS = (
    "maximumMemory",
    "desiredMemory",
    "replicas",
    "networkEgressPolicy",
    "requiresHa",
    "resourceBundleId",
)
_MEMORY = ("maximumMemory", "desiredMemory")


@dataclass(frozen=True)
class Draft:
    """A requested version: the request's fields, and the version that it starts from."""

    user: str
    given: dict[str, Any]
    files: list[tuple[str, bytes]] = field(default_factory=list)
    basis: Doc | None = None
    origins: dict[str, Doc] = field(default_factory=dict)


def add(world: World, model: Doc, draft: Draft) -> Doc:
    """Store the version that the draft describes, or refuse it."""
    latest = world.store.last_child(_KIND, model["id"])
    base = environment(world, draft, latest)
    settings = _settings(world, draft)
    metadata = _metadata(world, draft, base)
    added = [(path, content, draft.origins.get(path, {})) for path, content in draft.files]
    held = draft.basis["items"] if draft.basis else []
    items = version_files.merged(world, held, draft.given.get("filesToDelete", ()), added)
    data = training.chosen(world, model, draft.given, latest)
    version = {
        "id": world.store.new_id(_KIND),
        "parent": model["id"],
        "user": draft.user,
        **_number(latest, draft.given.get("isMajorUpdate", True)),
        "created": world.now(),
        # Not inherited, since a description is about one version (not documented).
        "description": None,
        **base,
        "settings": settings,
        "requiredMetadataValues": metadata,
        "runtimeParameters": runtime_parameters.merged(
            draft.basis["runtimeParameters"] if draft.basis else [], draft.given
        ),
        "gitModelVersion": draft.given.get("gitModelVersion"),
        "items": items,
        "dependencies": version_files.dependencies(world, items),
        **data,
        "job": None,
    }
    version = world.quirks.new_version(version, draft.basis)
    return training.assign(world, world.store.put(_KIND, version))


def metadata(version: Doc, given: dict[str, Any]) -> dict[str, Any]:
    """What PATCH .../versions/{id}/ changes."""
    changed = {n: v for n, v in given.items() if n in ("description", "gitModelVersion")}
    values = given.get("requiredMetadataValues", given.get("requiredMetadata"))
    if values is None:
        return changed
    held = {pair["fieldName"]: pair["value"] for pair in version["requiredMetadataValues"]}
    moved = [p["fieldName"] for p in values if held.get(p["fieldName"], p["value"]) != p["value"]]
    dropped = held.keys() - {pair["fieldName"] for pair in values}
    if moved or dropped:
        names = ", ".join(sorted({*moved, *dropped}))
        raise invalid({"requiredMetadataValues": f"once set, these cannot be changed: {names}"})
    return {**changed, "requiredMetadataValues": values}


def is_frozen(world: World, version: Doc) -> bool:
    """A version is frozen once it is deployed, is in a model package, or a newer one exists.

    The page names the first and the last.  The functional tests of the vendor's GitHub action make
    a package of a version and expect ``isFrozen``, at which the action makes a major version.
    """
    latest = world.store.last_child(_KIND, version["parent"])
    newer = latest is not None and latest["id"] != version["id"]
    packaged = any(p["versionId"] == version["id"] for p in world.store.all("modelPackages"))
    return newer or packaged or model_rules.is_deployed(world, version["id"])


def seen_model(world: World, model_id: str) -> Doc:
    """The model, if the caller may see it: else 404."""
    return roles.seen(world.store.get("models", model_id), "Custom model")


def editable_model(world: World, model_id: str, denied: int) -> Doc:
    """The model, if the caller may change it."""
    return roles.editable(world.store.get("models", model_id), "Custom model", denied)


def _number(latest: Doc | None, major: bool) -> dict[str, int]:
    """The first version is 1.0 whatever was asked."""
    if latest is None:
        return {"versionMajor": 1, "versionMinor": 0}
    if major:
        return {"versionMajor": latest["versionMajor"] + 1, "versionMinor": 0}
    return {
        "versionMajor": latest["versionMajor"],
        "versionMinor": latest["versionMinor"] + 1,
    }


def environment(world: World, draft: Draft, latest: Doc | None) -> dict[str, str]:
    """The environment and its version: given, else inherited, else the latest that was built."""
    environment_id, version_id = (draft.given.get(name) for name in _ENVIRONMENT)
    if environment_id is None and version_id is None:
        # The pages want one of the two; the clients leave both out of a PATCH and mean "as before".
        if draft.basis is None:
            raise invalid({_ENVIRONMENT[0]: f"give this or {_ENVIRONMENT[1]}"})
        _check_present(world, draft.basis)
        return {name: draft.basis[name] for name in _ENVIRONMENT}
    if version_id is not None:
        version = _environment_version(world, draft.user, version_id)
        if environment_id not in (None, version["parent"]):
            raise invalid({_ENVIRONMENT[1]: "the version is not of the given environment"})
        return dict(zip(_ENVIRONMENT, (version["parent"], version["id"]), strict=True))
    environment = _visible_environment(world, draft.user, environment_id)
    if latest is not None and latest[_ENVIRONMENT[0]] == environment["id"]:
        return {name: latest[name] for name in _ENVIRONMENT}
    built = environment_versions.latest_successful(world, environment["id"])
    if built is None:
        raise invalid({_ENVIRONMENT[0]: "the environment has no successfully built version"})
    return dict(zip(_ENVIRONMENT, (environment["id"], built["id"]), strict=True))


def other_environment(
    world: World, version: Doc, given: dict[str, Any], user: str
) -> dict[str, str]:
    """The environment to run a version on, where an operation may name another than its own."""
    named = ("environmentId", "environmentVersionId")
    wanted = {
        ours: given[name] for ours, name in zip(_ENVIRONMENT, named, strict=True) if name in given
    }
    return environment(world, Draft(user, wanted, basis=version), None)


def _check_present(world: World, basis: Doc) -> None:
    doc = world.store.get("environments", basis[_ENVIRONMENT[0]])
    if doc is None or doc["deleted"]:
        raise invalid({_ENVIRONMENT[0]: "the inherited execution environment was deleted"})


def _visible_environment(world: World, user: str, environment_id: Any) -> Doc:
    doc = world.store.get("environments", environment_id)
    if doc is None or doc["deleted"] or roles.role_of(doc, user) is None:
        raise invalid({_ENVIRONMENT[0]: "execution environment not found"})
    return doc


def _environment_version(world: World, user: str, version_id: Any) -> Doc:
    version = world.store.get("environmentVersions", version_id)
    if version is None:
        raise invalid({_ENVIRONMENT[1]: "execution environment version not found"})
    _visible_environment(world, user, version["parent"])
    status = environment_versions.build_status(world, version)
    if status != environment_versions.SUCCESS:
        raise invalid({_ENVIRONMENT[1]: f"the environment version is not built: {status}"})
    return version


def _settings(world: World, draft: Draft) -> dict[str, Any]:
    """Given settings, else those of the version before; memory and bundle exclude each other.

    The pages of PATCH .../versions/ and .../fromRepository/ name only files as what is taken over;
    that settings are too is not documented.
    """
    given = {name: draft.given[name] for name in _SETTINGS if name in draft.given}
    if given.get("resourceBundleId") is not None:
        clash = [name for name in _MEMORY if given.get(name) is not None]
        if clash:
            raise invalid({clash[0]: "cannot be set together with resourceBundleId"})
    held: dict[str, Any] = dict.fromkeys(_SETTINGS)
    if draft.basis:
        held.update({name: draft.basis["settings"][name] for name in _SETTINGS})
    # One of the excluding settings replaces the other when that one is only inherited, so that no
    # version has both (not documented).
    if given.get("resourceBundleId") is not None:
        held.update(dict.fromkeys(_MEMORY))
    if any(given.get(name) is not None for name in _MEMORY):
        held["resourceBundleId"] = None
    check_limits(world, given)
    return {**held, **given}


def check_limits(world: World, given: dict[str, Any]) -> None:
    """Refuse settings above the account's limits."""
    limits = model_rules.limits(world)
    ceilings = {
        "maximumMemory": limits["maxCustomModelContainerSize"],
        "replicas": limits["maxCustomModelReplicasPerDeployment"],
    }
    wrong = {
        name: f"value is greater than the limit of the account, {most}"
        for name, most in ceilings.items()
        if (given.get(name) or 0) > most
    }
    if wrong:
        raise invalid(wrong)


def _metadata(world: World, draft: Draft, environment: dict[str, str]) -> list[dict[str, str]]:
    """The values that the environment's keys ask for.

    An environment that declares keys takes exactly these; one that declares none takes any (not
    documented), since the pages give no way to declare them.
    """
    base = draft.basis["requiredMetadataValues"] if draft.basis else []
    given = draft.given.get("requiredMetadataValues", draft.given.get("requiredMetadata"))
    values: list[dict[str, str]] = base if given is None else given
    doc = world.store.get("environments", environment[_ENVIRONMENT[0]])
    keys = {key["fieldName"] for key in doc["requiredMetadataKeys"]} if doc else set()
    names = {pair["fieldName"] for pair in values}
    if keys and names != keys:
        expected = ", ".join(sorted(keys))
        raise invalid({"requiredMetadataValues": f"the environment requires exactly: {expected}"})
    return values
