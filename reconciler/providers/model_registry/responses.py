"""Answers of the registry, all fields of its contract; whatever else they hold is kept.

The vendor's own client fails a whole list for one framework it does not know.  Here only what we
rely on must be there, and words that the contract closes are plain text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from reconciler.core.json_value import JsonObject
from reconciler.providers.response import Answered

_NUMBERED = re.compile(r":([0-9]{1,18})$")


class Wire(Answered):
    """An answer in the registry's names (snake case, unlike those of a ``Subject``)."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    WHOSE = "registry"
    HINT = "Check that TFY_HOST is the registry, and which release it runs."


class Subject(Wire):
    """Who made something; ``subjectType`` is user, team, serviceaccount and others."""

    model_config = ConfigDict(alias_generator=to_camel)

    subject_id: str | None = None
    subject_type: str | None = None
    subject_slug: str | None = None
    subject_display_name: str | None = None
    subject_pat_name: str | None = None
    subject_controller_name: str | None = None
    subject_external_identity_slug: str | None = None


class Metric(Wire):
    """One measurement; the same key comes again for every step that was logged."""

    key: str
    value: float | None = None
    timestamp: float | None = None
    step: float | None = None


class Environment(Wire):
    """What the model was made with (``ModelVersionEnvironment``)."""

    python_version: str | None = None
    pip_packages: list[str] | None = None


class Tagged(Wire):
    """Something of several types; of one that is not known, only the type is."""

    type: str | None = None


class Framework(Tagged):
    """A framework without fields of its own, or one that is not known."""


class Transformers(Framework):
    """``TransformersFramework``."""

    library_name: str | None = None
    pipeline_tag: str | None = None
    base_model: str | None = None


class Schema(Wire):
    """The signature of a model (``SklearnModelSchema``, ``XgBoostModelSchema``)."""

    infer_method_name: str | None = None
    inputs: list[JsonObject] = Field(default_factory=list)
    outputs: list[JsonObject] = Field(default_factory=list)


class Pickled(Framework):
    """``SklearnFramework`` and ``XgBoostFramework``, whose model is one file."""

    model_filepath: str | None = None
    serialization_format: str | None = None
    model_schema: Schema | None = None


class Source(Tagged):
    """A source of a type that is not known."""


class StoredSource(Source):
    """``TrueFoundryManagedSource``, which may lack the URI, or ``ExternalBlobStorageSource``."""

    uri: str | None = None


class LocalSource(Source):
    """``LocalModelSource``."""

    file_or_folder: str | None = None


FRAMEWORKS: Mapping[str, type[Framework]] = {
    "transformers": Transformers,
    "sklearn": Pickled,
    "xgboost": Pickled,
    **dict.fromkeys(
        (
            "tensorflow",
            "pytorch",
            "keras",
            "lightgbm",
            "fastai",
            "h2o",
            "onnx",
            "spacy",
            "statsmodels",
            "gluon",
            "paddle",
        ),
        Framework,
    ),
}
SOURCES: Mapping[str, type[Source]] = {
    "truefoundry": StoredSource,
    "external": StoredSource,
    "local": LocalSource,
}


def _tagged(types: Mapping[str, type[Tagged]], other: type[Tagged], value: Any) -> Any:
    """The value as its type says; as one that is not known when it is not as its type says."""
    if value is None or isinstance(value, Tagged):
        return value
    if not isinstance(value, dict):
        return other(type=str(value))
    name = value.get("type")
    named = {**value, "type": None if name is None else str(name)}
    try:
        return types.get(str(name), other).model_validate(named)
    except ValidationError:
        return other.model_validate(named)


class Manifest(Wire):
    """What was said of a version when it was put into the registry (``ModelManifest``)."""

    name: str | None = None
    metadata: JsonObject = Field(default_factory=dict)
    ml_repo: str | None = None
    version: int | None = None
    type: str | None = None
    description: str | None = None
    version_alias: str | None = None
    source: Annotated[
        Source | None, BeforeValidator(lambda value: _tagged(SOURCES, Source, value))
    ] = None
    framework: Annotated[
        Framework | None, BeforeValidator(lambda value: _tagged(FRAMEWORKS, Framework, value))
    ] = None
    environment: Environment | None = None
    step: int | None = None
    run_id: str | None = None


class ModelVersion(Wire):
    """One version of a model."""

    id: str
    fqn: str
    manifest: Manifest
    created_by_subject: Subject | None = None
    ml_repo_id: str | None = None
    model_id: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    usage_code_snippet: str | None = None
    tags: list[str] | None = None
    metrics: list[Metric] | None = None
    deployable: bool | None = None

    @property
    def number(self) -> int | None:
        """Its number; the manifest need not have it, and then the fqn ends in it."""
        if self.manifest.version is not None:
            return self.manifest.version
        found = _NUMBERED.search(self.fqn)
        return int(found[1]) if found else None


class Model(Wire):
    """A model with its latest version; one whose versions were all deleted has none."""

    id: str
    ml_repo_id: str
    name: str
    fqn: str
    type: str | None = None
    created_by_subject: Subject | None = None
    created_at: str | None = None
    updated_at: str | None = None
    latest_version: ModelVersion | None = None
    run_steps: list[float] | None = None

    @property
    def place(self) -> tuple[str, str]:
        """The names of its repository and itself, as its fqn says (``model:tenant/repo/name``)."""
        parts = self.fqn.split("/")
        return (parts[-2] if len(parts) > 1 else "", self.name)
