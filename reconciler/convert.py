"""Definitions of the vendor's GitHub action as manifests, and what cannot be carried over.

The keys are those of https://github.com/datarobot-oss/custom-models-action
(``src/schema_validator.py``): one model in a file, or a list under ``datarobot_models``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from reconciler.desired.manifest_text import manifest_text
from reconciler.errors import SettingsError

MODEL_ID, MODELS = "user_provided_model_id", "datarobot_models"
DEPLOYMENTS = ("user_provided_deployment_id", "datarobot_deployments")
SETTINGS = {
    "name": "name",
    "description": "description",
    "language": "language",
    "target_name": "targetName",
    "positive_class_label": "positiveClassLabel",
    "negative_class_label": "negativeClassLabel",
    "class_labels": "classLabels",
    "prediction_threshold": "predictionThreshold",
}
VERSION = {
    "memory": "maximumMemory",
    "replicas": "replicas",
    "egress_network_policy": "networkEgressPolicy",
}
CHECKS = {"null_value_imputation": "nullValueImputation", "side_effects": "sideEffects"}
DATA = ("training_dataset_id", "holdout_dataset_id", "partitioning_column")
GLOBS = ("include_glob_pattern", "exclude_glob_pattern")
NO_KEY = "no key of a manifest says this"


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that no manifest takes over: where it is written, and why."""

    place: str
    what: str
    why: str = NO_KEY


@dataclass(slots=True)
class Converted:
    """The manifests by their paths, and what was lost."""

    manifests: dict[Path, str] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Definition:
    """One model of the action: its mapping, its folder, and the node that tells its lines."""

    values: Mapping[str, Any]
    folder: Path
    file: Path
    node: Any


def convert(directory: Path, into: Path, namespace: str = "") -> Converted:
    """Read every definition below a folder.  Writes nothing; SettingsError when there is none."""
    converted, definitions = Converted(), list[_Definition]()
    for path in sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")]):
        definitions += _definitions(path, directory, converted)
    if not definitions:
        raise SettingsError(
            f"no model of the GitHub action is defined in {directory}",
            f"A definition has the key {MODEL_ID} or {MODELS}.",
        )
    files = sorted({each.file for each in definitions})
    for each in definitions:
        identity = str(each.values[MODEL_ID])
        if namespace and not identity.startswith(f"{namespace}/"):
            identity = f"{namespace}/{identity}"
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", identity).strip("-._")[:63] or "model"
        path = into / f"{name}.yaml"
        if path in converted.manifests:
            raise SettingsError(
                f"{each.file}: {identity} has the name of another model", "Rename one of them."
            )
        spec = _Spec(each, into, files, converted.lost).made()
        metadata = {"name": name, "userProvidedId": identity}
        converted.manifests[path] = manifest_text("CustomModel", metadata, spec)
    return converted


def _definitions(path: Path, directory: Path, converted: Converted) -> Iterator[_Definition]:
    try:
        text = path.read_text(encoding="utf-8")
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
        values = list(yaml.safe_load_all(text))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return  # of another tool: its own templates need not be YAML
    for node, value in zip(nodes, values, strict=True):
        if not isinstance(value, Mapping):
            continue
        if any(key in value for key in DEPLOYMENTS):
            why = "deployments are not managed"
            converted.lost.append(Lost(f"{path}:{node.start_mark.line + 1}", "deployment", why))
        elif MODELS in value:
            entries = _node(node, MODELS)
            for index, entry in enumerate(value[MODELS]):
                folder = directory / str(entry["model_path"])
                inner = _node(entries.value[index], "model_metadata")
                yield _Definition(entry["model_metadata"], folder, path, inner)
        elif MODEL_ID in value and "target_type" in value:
            yield _Definition(value, path.parent, path, node)


def _node(node: Any, *keys: str) -> Any:
    for key in keys:
        node = next((value for name, value in node.value if name.value == key), node)
    return node


class _Spec:
    """Builds the spec of one model."""

    def __init__(
        self, of: _Definition, into: Path, files: Sequence[Path], lost: list[Lost]
    ) -> None:
        self._of, self._into, self._files, self._lost = of, into, files, lost

    def made(self) -> dict[str, Any]:
        """The spec of the manifest, keys in the order of its reference."""
        values = self._of.values
        settings, version = values.get("settings") or {}, values.get("version") or {}
        self._rest((), values, (MODEL_ID, "target_type", "settings", "version", "test"))
        self._rest(("settings",), settings, (*SETTINGS, *DATA))
        own = any(key in version for key in DATA)
        spec = {SETTINGS[key]: settings[key] for key in SETTINGS if key in settings}
        spec = {
            **{key: spec[key] for key in ("name", "description", "language") if key in spec},
            "targetType": _target_type(str(values["target_type"])),
            **spec,
            **({"isTrainingDataForVersionsPermanentlyEnabled": True} if own else {}),
            "version": self._version(version, version if own else settings),
        }
        tests = self._tests(values.get("test") or {})
        return {**spec, **({"tests": tests} if tests else {})}

    def _rest(self, keys: tuple[str, ...], values: Mapping[str, Any], known: Sequence[str]) -> None:
        for key in values:
            if key not in known:
                self._lose((*keys, key))

    def _lose(self, keys: tuple[str, ...], why: str = NO_KEY) -> None:
        line = _node(self._of.node, *keys).start_mark.line + 1
        self._lost.append(Lost(f"{self._of.file}:{line}", ".".join(keys), why))

    def _version(self, version: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        self._rest(("version",), version, ("model_environment_id", *GLOBS, *VERSION, *DATA))
        spec: dict[str, Any] = {"environment": {"id": version["model_environment_id"]}}
        sets = self._file_sets(*(list(version.get(key) or ()) for key in GLOBS))
        spec["files"] = sets[0] if len(sets) == 1 else sets
        spec |= {VERSION[key]: version[key] for key in VERSION if key in version}
        if "training_dataset_id" in data:
            spec["trainingData"] = {"datasetId": data["training_dataset_id"]}
        if "holdout_dataset_id" in data:
            spec["holdoutData"] = {"datasetId": data["holdout_dataset_id"]}
        elif "partitioning_column" in data:
            spec["holdoutData"] = {"partitionColumn": data["partitioning_column"]}
        return spec

    def _file_sets(self, include: list[str], exclude: list[str]) -> list[dict[str, Any]]:
        """The model's folder, and each folder beside it that a pattern with ``..`` names."""
        folder = self._of.folder
        own = [_pattern(each) for each in include if not each.startswith("../")]
        hidden = [_pattern(each) for each in exclude]
        # The action leaves out its own definitions.
        inside = [each for each in self._files if each.is_relative_to(folder)]
        hidden += [f"/{each.relative_to(folder).as_posix()}" for each in inside]
        sets = [self._set(folder, own, hidden)] if own or not include else []
        for pattern in include:
            if pattern.startswith("../"):
                place, _, rest = pattern.rpartition("/")
                under = place.lstrip("./")
                extra = self._set(folder / place, [_pattern(rest)], [])
                sets.append({**extra, "under": under} if under else extra)
        return sets

    def _set(self, folder: Path, include: list[str], exclude: list[str]) -> dict[str, Any]:
        root = Path(os.path.relpath(folder, self._into)).as_posix()
        spec: dict[str, Any] = {"root": root}
        if include and include != ["**"]:
            spec["include"] = include
        return {**spec, **({"exclude": exclude} if exclude else {})}

    def _tests(self, test: Mapping[str, Any]) -> dict[str, Any]:
        if test.get("skip"):
            self._lose(("test",), "it is skipped; write tests to have a gate")
            return {}
        self._rest(("test",), test, ("skip", "test_data_id", "checks"))
        checks = test.get("checks") or {}
        self._rest(("test", "checks"), checks, tuple(CHECKS))
        verdicts = {CHECKS[key]: _verdict(checks[key]) for key in CHECKS if key in checks}
        data = {"datasetId": test["test_data_id"]} if "test_data_id" in test else {}
        return {**data, **({"checks": verdicts} if verdicts else {})}


def _target_type(text: str) -> str:
    if text.startswith("Unstructured"):
        return "Unstructured"
    return {"Anomaly Detection": "Anomaly"}.get(text, text)


def _verdict(check: Mapping[str, Any]) -> str:
    if not check.get("enabled"):
        return "skip"
    return "fail" if check.get("block_deployment_if_fails") else "warn"


def _pattern(text: str) -> str:
    """A glob of the action as a pattern of .gitignore: it begins at the model's folder."""
    rest = text.removeprefix("./")
    return rest if rest.startswith("**") else f"/{rest.lstrip('/')}"


def write(converted: Converted) -> Iterator[str]:
    """Write the manifests; what is there already stays as it is.  Yields a line for each."""
    for path, text in converted.manifests.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            yield f"kept     {path}"
        else:
            yield f"written  {path}"
