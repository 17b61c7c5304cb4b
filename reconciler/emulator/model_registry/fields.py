"""What the registry takes: manifests of models and of repositories, held to the contract.

The contract allows further keys everywhere; they are kept as they are.
"""

from __future__ import annotations

import json
import re
from typing import Any

from reconciler.emulator.fields import (
    DEEPEST,
    Check,
    Field,
    Fields,
    Invalid,
    Tolerant,
    many,
    mapping,
    one_of,
    shape,
    text,
    too_deep,
    whole,
)

MODEL_VERSION, ML_REPO = "model-version", "ml-repo"
_MANY = 10_000
_ALIAS = re.compile(r"v[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def open_shape(fields: Fields) -> Check:
    """An object of declared fields and any others, which are kept."""
    declared = shape(Tolerant(fields))

    def check(value: Any) -> dict[str, Any]:
        return {**mapping(value), **declared(value)}

    return check


def model_manifest(value: Any) -> dict[str, Any]:
    """The manifest of a model version."""
    return {"type": MODEL_VERSION, "step": 0, **_model(_writable(value))}


def repo_manifest(value: Any) -> dict[str, Any]:
    """The manifest of a repository of models."""
    return {"type": ML_REPO, **_repo(_writable(value))}


def manifest(value: Any) -> dict[str, Any]:
    """A manifest of either type; without ``type`` it is what its keys say."""
    given = mapping(value)
    guessed = ML_REPO if "storage_integration_fqn" in given else MODEL_VERSION
    kind = one_of(MODEL_VERSION, ML_REPO)(given.get("type", guessed))
    return repo_manifest(given) if kind == ML_REPO else model_manifest(given)


def _writable(value: Any) -> Any:
    """What was read may still be too much to write: a number beyond floats, or endless nesting."""
    if too_deep(value):
        raise Invalid(f"is nested in more than {DEEPEST} levels")
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as wrong:
        raise Invalid("holds a number that is out of range") from wrong
    return value


def _alias(value: Any) -> str:
    if not _ALIAS.fullmatch(text(255)(value)):
        raise Invalid("must start with v and hold letters, digits, '.' and '-' after it")
    return str(value)


def _source(value: Any) -> dict[str, Any]:
    """Where the files are; without ``type`` it is what its keys say."""
    given = mapping(value)
    guessed = "local" if "file_or_folder" in given else "truefoundry"
    kind = one_of(*_SOURCES)(given.get("type", guessed))
    return {"type": kind, **_SOURCES[kind](given)}


def _framework(value: Any) -> dict[str, Any]:
    """The official client refuses a whole list for one unknown framework, so none gets in.

    The contract gives every ``type`` a default, so it may be absent; nothing is made up then.
    """
    given = mapping(value)
    if "type" not in given:
        return given
    kind = one_of(*_FRAMEWORKS)(given["type"])
    return _FRAMEWORKS[kind](given)  # type: ignore[no-any-return]  # an object, as its table says


def _constant(word: str) -> Field:
    return Field(one_of(word))


_OBJECTS = many(mapping, _MANY)
_METHODS = {"predict": ("predict",), "any": ("predict", "predict_proba")}


def _signature(methods: str, required: bool) -> Field:
    fields = {
        "infer_method_name": Field(one_of(*_METHODS[methods]), required),
        "inputs": Field(_OBJECTS, True),
        "outputs": Field(_OBJECTS, True),
    }
    return Field(open_shape(fields), null=True)


_LIBRARIES = ("transformers", "sentence-transformers", "diffusers")
_TRANSFORMERS = {
    "library_name": Field(one_of(*_LIBRARIES), null=True),
    "pipeline_tag": Field(text(), null=True),
    "base_model": Field(text(), null=True),
}
_SKLEARN = {
    "model_filepath": Field(text(), null=True),
    "serialization_format": Field(one_of("cloudpickle", "joblib", "pickle"), null=True),
    "model_schema": _signature("any", True),
}
_XGBOOST = {
    "model_filepath": Field(text(), null=True),
    "serialization_format": Field(one_of("cloudpickle", "joblib", "pickle", "json"), null=True),
    "model_schema": _signature("predict", False),
}
_PLAIN = (
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
)
_FRAMEWORKS: dict[str, Check] = {
    "transformers": open_shape(_TRANSFORMERS),
    "sklearn": open_shape(_SKLEARN),
    "xgboost": open_shape(_XGBOOST),
    **dict.fromkeys(_PLAIN, mapping),
}
_SOURCES: dict[str, Check] = {
    "truefoundry": open_shape({"uri": Field(text(), null=True)}),
    "external": open_shape({"uri": Field(text(), required=True)}),
    "local": open_shape({"file_or_folder": Field(text(), required=True)}),
}
_ENVIRONMENT = {
    "python_version": Field(text(), null=True),
    "pip_packages": Field(many(text(), _MANY), null=True),
}
_NAME = text(255, 1)
_model = open_shape(
    {
        # The contract lets both be null, and then nobody could say which model is meant.
        "name": Field(_NAME, required=True),
        "ml_repo": Field(_NAME, required=True),
        "metadata": Field(mapping, required=True),
        "version": Field(whole(1), null=True),
        "type": _constant(MODEL_VERSION),
        "description": Field(text(), null=True),
        "version_alias": Field(_alias, null=True),
        "source": Field(_source, required=True),
        "framework": Field(_framework, null=True),
        "environment": Field(open_shape(_ENVIRONMENT), null=True),
        "step": Field(whole()),
        "run_id": Field(text(), null=True),
    }
)
_COLLABORATOR = {"subject": Field(text(), True), "role_id": Field(text(), True)}
_repo = open_shape(
    {
        "type": _constant(ML_REPO),
        "name": Field(_NAME, required=True),
        "description": Field(text(), null=True),
        "storage_integration_fqn": Field(text(), required=True),
        "collaborators": Field(many(open_shape(_COLLABORATOR), _MANY), null=True),
        "ownedBy": Field(open_shape({"account": Field(text(), True)}), null=True),
    }
)
