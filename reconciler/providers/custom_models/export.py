"""A live environment or model as the spec of a manifest, with only what differs from defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reconciler.core.provider import Export, Named
from reconciler.core.resource import Live
from reconciler.providers.custom_models.environment_version import CONTEXT
from reconciler.providers.custom_models.facts import (
    UserRole,
    VersionFacts,
    environment_facts,
    maker_of,
    model_facts,
)
from reconciler.providers.custom_models.sharing import canonical_role, live_sharing
from reconciler.providers.custom_models.snapshot import COLLECTIONS
from reconciler.providers.custom_models.version_marker import FILES

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

DEFAULTS: Mapping[str, Any] = {
    # POST customModels/ and executionEnvironments/; the labels and the threshold are what a
    # binary model gets without them.
    "programmingLanguage": "other",
    "isPublic": False,
    "predictionThreshold": 0.5,
    "calibratePredictions": True,
    "isTrainingDataForVersionsPermanentlyEnabled": False,
    "replicas": 1,
    "requiresHa": False,
}
LABELS = ("positiveClassLabel", "negativeClassLabel")
DEFAULT_LABELS = ("1", "0")
UNITS = (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))
OWN_KEYS = ("version",)


def export_environment(client: Client, live: Live) -> Export:
    """The settings, the newest version's source, and the users."""
    spec, lost = _settings(live), list[str]()
    latest, folders = environment_facts(live).latest, {}
    if latest is not None:
        version: dict[str, Any] = {}
        if latest.has_context:
            version["dockerContext"] = folders[CONTEXT] = "./context"
        elif latest.uri:
            version["dockerImageUri"] = latest.uri
        else:
            lost.append("its image was uploaded as a file, which the platform does not give back")
        if version:
            labels = {"label": latest.label, "description": latest.description}
            spec["version"] = {**version, **{key: text for key, text in labels.items() if text}}
    return Export({**spec, **_sharing(client, live)}, folders, tuple(lost))


def export_model(client: Client, live: Live, refs: Mapping[str, Named]) -> Export:
    """The settings, the newest version with its files and environment, and the users."""
    spec, facts = _settings(live), model_facts(live)
    labels = tuple(spec.get(key) for key in LABELS)
    if labels == DEFAULT_LABELS:
        spec = {key: value for key, value in spec.items() if key not in LABELS}
    folders: dict[str, str] = {}
    if facts.version is not None:
        spec["version"] = _version(live, facts.version, refs)
        if facts.version.items:
            folders[FILES] = "./files"
    lost = tuple(_lost(facts.version))
    return Export({**spec, **_sharing(client, live)}, folders, lost)


def _lost(version: VersionFacts | None) -> Iterator[str]:
    if version is None:
        return
    if version.commits:
        yield "its files came from a repository; they are taken as files"
    if version.assignment_error:
        yield f"its training data could not be assigned: {version.assignment_error}"


def _settings(live: Live) -> dict[str, Any]:
    """The object's own keys, in the order in which its live shape has them."""
    spec = {key: value for key, value in live.spec.items() if key not in OWN_KEYS}
    return _differing(spec)


def _differing(spec: Mapping[str, Any]) -> dict[str, Any]:
    empty: tuple[Any, ...] = (None, "", [], {})
    kept = {key: value for key, value in spec.items() if value not in empty}
    return {
        key: value for key, value in kept.items() if key not in DEFAULTS or value != DEFAULTS[key]
    }


def _version(live: Live, version: VersionFacts, refs: Mapping[str, Named]) -> dict[str, Any]:
    settings = _differing(live.spec["version"])
    if "maximumMemory" in settings:
        settings["maximumMemory"] = _size(settings["maximumMemory"])
    training = model_facts(live).training
    if training.dataset_id and "trainingData" not in settings:
        data = {
            "datasetId": training.dataset_id,
            "datasetVersionId": training.dataset_version_id,
        }
        settings["trainingData"] = {key: value for key, value in data.items() if value}
        if training.partition_column:
            settings["holdoutData"] = {"partitionColumn": training.partition_column}
    spec: dict[str, Any] = {"environment": _environment(version, refs)}
    if version.items:
        spec["files"] = {"root": "./files"}
    return {**spec, **settings}


def _environment(version: VersionFacts, refs: Mapping[str, Named]) -> dict[str, Any]:
    identity = version.environment_id or ""
    if identity in refs:
        ref = {"ref": refs[identity].name}
        # The model runs on an older version of it; whether it moves is the author's decision.
        older = version.environment_version_id != refs[identity].version
        return {**ref, "follow": "pinned"} if older else ref
    return {"id": identity}


def _size(number: int) -> str | int:
    for unit, size in UNITS:
        if number % size == 0:
            return f"{number // size}{unit}"
    return number


def _sharing(client: Client, live: Live) -> dict[str, Any]:
    """The users beside the one who made the object; that one stays whatever a list says."""
    users = live_sharing(client.list_access(COLLECTIONS[live.kind], live.id))
    maker = maker_of(live)
    owner_alone = set(users) <= {maker} and all(
        canonical_role(user.role) == "OWNER" for user in users.values()
    )
    if owner_alone:
        return {}
    return {"sharing": {"mode": "exact", "users": [_user(*each) for each in sorted(users.items())]}}


def _user(name: str, user: UserRole) -> dict[str, Any]:
    entry: dict[str, Any] = {"username": name, "role": user.role}
    return entry if user.can_share else {**entry, "canShare": False}
