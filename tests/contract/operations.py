"""All operations of the custom models API: the row of our table, a call of it, and its place.

``product`` says where a run uses the operation; for a deprecated one, why and when.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.custom_models_api import Ground, context, opened
from tests.support.emulator import ANN, PROGRAM

ENVIRONMENTS, MODELS = "executionEnvironments", "customModels"
MODEL = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
TEMPLATE = {"templateId": "t", "resourceBundleId": "b", "secretConfigId": "s"}
SOURCE = {"repositoryId": "r1", "sourcePath": ["src"]}
ROLE = {"data": [{"username": ANN, "role": "EDITOR"}]}


@dataclass(frozen=True)
class Row:
    """One operation; ``arguments`` makes what ``perform`` is called with."""

    name: str
    client: str
    arguments: Callable[[Ground], tuple[Any, ...]]
    product: str
    deprecated: str = ""


def _environment(ground: Ground) -> tuple[str]:
    return (ground.environment,)


def _built(ground: Ground) -> tuple[str, str]:
    return ground.environment, ground.environment_version


def _model(ground: Ground) -> tuple[str]:
    return (ground.model,)


def _version(ground: Ground) -> tuple[str, str]:
    return ground.ids


def _nothing(_: Ground) -> tuple[()]:
    return ()


def _form(ground: Ground, **more: Any) -> dict[str, Any]:
    return {"baseEnvironmentId": ground.public, "isMajorUpdate": True, **more}


def _from_repository(ground: Ground) -> tuple[str, dict[str, Any]]:
    return ground.model, {**SOURCE, "baseEnvironmentId": ground.public}


def _test(ground: Ground) -> tuple[str]:
    return (ground.ended_test(),)


def _after_build(ground: Ground) -> tuple[str, str]:
    ground.ended_build()
    return ground.ids


def _during_build(ground: Ground) -> tuple[str, str]:
    ground.started_build()
    return ground.ids


def _after_impact(ground: Ground) -> tuple[str, str]:
    ground.version  # noqa: B018  # its training data must be read before
    ground.impact()
    return ground.ids


def _trained(ground: Ground) -> tuple[str, dict[str, Any]]:
    ground.version  # noqa: B018  # the new version is made from it
    return ground.model, {"trainingData": {"datasetId": ground.dataset}}


_IMAGE = "the versions' own routes took its place"
_PER_VERSION = "versions carry the data themselves"

ROWS = (
    Row("GET customInferenceImages/{imageId}/featureImpact/", "get_image_impact",
        lambda g: (g.image_impact(),), "none: results of before versions could be tested", _IMAGE),
    Row("POST customInferenceImages/{imageId}/featureImpact/", "start_image_impact",
        lambda g: (g.image(), {"rowCount": 10}), "none: for versions tested as images", _IMAGE),
    Row("GET customModelLimits/", "get_limits", _nothing,
        "plan: maximumMemory and replicas of spec.version"),
    Row("GET customModelTests/", "list_tests",
        lambda g: ({"customModelId": g.plain_model},),
        "plan: how spec.tests stands; logs, cancel; after a lost answer"),
    Row("POST customModelTests/", "start_test", lambda g: (g.test_body(),), "apply: spec.tests"),
    Row("DELETE customModelTests/{customModelTestId}/", "cancel_test",
        lambda g: (g.started_test(),), "cancel"),
    Row("GET customModelTests/{customModelTestId}/", "get_test", _test,
        "apply: waits for spec.tests"),
    Row("GET customModelTests/{customModelTestId}/log/", "get_test_log", _test,
        "logs --test with more than 1,000 lines"),
    Row("GET customModelTests/{customModelTestId}/tail/", "get_test_tail",
        lambda g: (g.ended_test(), {"lines": 5}),
        "logs --test; apply: the end of a failed test's log"),
    Row("GET customModels/", "list_models", _nothing, "plan, apply, drift: live state"),
    Row("POST customModels/", "create_model", lambda _: (MODEL,), "apply: a new model"),
    Row("POST customModels/fromCustomModel/", "copy_model",
        lambda g: ({"customModelId": g.model},), "apply: spec.copyOf"),
    Row("POST customModels/fromModelTemplate/", "create_model_from_template",
        lambda _: (TEMPLATE,), "apply: spec.template"),
    Row("POST customModels/predictionExplanationsInitialization/", "start_explanations_of_model",
        lambda g: ({"customModelId": g.model, "customModelVersionId": g.version},),
        "none: spec.predictionExplanations uses the version's route", _IMAGE),
    Row("DELETE customModels/{customModelId}/", "delete_model", _model,
        "apply --prune; a replace"),
    Row("GET customModels/{customModelId}/", "get_model", _model,
        "apply: waits for model-level training data; after a lost answer"),
    Row("PATCH customModels/{customModelId}/", "update_model",
        lambda g: (g.model, {"description": "d"}), "apply: settings that differ, the marker"),
    Row("GET customModels/{customModelId}/accessControl/", "list_model_access",
        _model, "plan: sharing"),
    Row("PATCH customModels/{customModelId}/accessControl/", "share_model",
        lambda g: (g.model, ROLE), "apply: sharing"),
    Row("GET customModels/{customModelId}/download/", "download_model",
        lambda g: (g.ids[:1]) if g.version else (), "download"),
    Row("PATCH customModels/{customModelId}/trainingData/", "assign_training_data",
        lambda g: (g.plain_model, {"datasetId": g.dataset}),
        "apply: version.trainingData of a model without the version-level flag, with a warning",
        _PER_VERSION),
    Row("GET customModels/{customModelId}/versions/", "list_versions", _model,
        "history; after a lost answer"),
    Row("POST customModels/{customModelId}/versions/", "create_version",
        lambda g: (g.model, _form(g), opened({"custom.py": PROGRAM, "lib/a.py": b""})),
        "apply: the first version"),
    Row("PATCH customModels/{customModelId}/versions/", "create_version_from_latest",
        lambda g: (
            g.model, _form(g, filesToDelete=[g.version and g.item("Main.java")]), opened({"a": b""})
        ),
        "apply: every later version"),
    Row("POST customModels/{customModelId}/versions/fromRepository/",
        "create_version_from_repository", _from_repository, "apply: version.repository"),
    Row("PATCH customModels/{customModelId}/versions/fromRepository/",
        "update_version_from_repository", _from_repository,
        "apply: another ref of version.repository"),
    Row("PATCH customModels/{customModelId}/versions/withTrainingData/",
        "create_version_with_training_data", _trained,
        "none: POST and PATCH versions/ carry the data in the version they make", _PER_VERSION),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/", "get_version",
        _version, "apply: waits for training data; dependencies, the main program's item"),
    Row("PATCH customModels/{customModelId}/versions/{customModelVersionId}/", "update_version",
        lambda g: (*g.ids, {"description": "d"}), "apply: version.description and the marker"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/conversions/",
        "list_conversions", lambda g: (*g.ids, {"isLatest": "true"}),
        "plan: spec.conversion; logs, cancel; after a lost answer"),
    Row("POST customModels/{customModelId}/versions/{customModelVersionId}/conversions/",
        "start_conversion", lambda g: (*g.ids, {"mainProgramItemId": g.item("Main.java")}),
        "apply: spec.conversion"),
    Row("DELETE customModels/{customModelId}/versions/{customModelVersionId}"
        "/conversions/{conversionId}/",
        "stop_conversion", lambda g: (*g.ids, g.started_conversion()), "cancel"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}"
        "/conversions/{conversionId}/",
        "get_conversion", lambda g: (*g.ids, g.ended_conversion()),
        "apply: waits for spec.conversion"),
    Row("DELETE customModels/{customModelId}/versions/{customModelVersionId}/dependencyBuild/",
        "cancel_build", _during_build, "cancel"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/dependencyBuild/",
        "get_build", _after_build, "plan and apply: version.dependencyBuild; cancel"),
    Row("POST customModels/{customModelId}/versions/{customModelVersionId}/dependencyBuild/",
        "start_build", _version, "apply: version.dependencyBuild"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/dependencyBuildLog/",
        "get_build_log", _after_build, "logs --build; apply: the end of a failed build's log"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/download/",
        "download_version", _version,
        "plan: file contents of a version without our marker; after a lost answer"),
    Row("GET customModels/{customModelId}/versions/{customModelVersionId}/featureImpact/",
        "get_impact", _after_impact, "plan and apply: spec.featureImpact"),
    Row("POST customModels/{customModelId}/versions/{customModelVersionId}/featureImpact/",
        "start_impact", lambda g: (*g.ids, {"rowCount": 10}), "apply: spec.featureImpact"),
    Row("POST customModels/{customModelId}/versions/{customModelVersionId}"
        "/predictionExplanationsInitialization/",
        "start_explanations", _version, "apply: spec.predictionExplanations"),
    Row("GET executionEnvironments/", "list_environments", _nothing,
        "plan, apply, drift: live state"),
    Row("POST executionEnvironments/", "create_environment", lambda _: ({"name": "e"},),
        "apply: a new environment"),
    Row("DELETE executionEnvironments/{environmentId}/", "delete_environment", _environment,
        "apply --prune; a replace"),
    Row("GET executionEnvironments/{environmentId}/", "get_environment", _environment,
        "after a lost answer of a delete"),
    Row("PATCH executionEnvironments/{environmentId}/", "update_environment",
        lambda g: (g.environment, {"name": "other"}), "apply: settings that differ, the marker"),
    Row("GET executionEnvironments/{environmentId}/accessControl/", "list_environment_access",
        _environment, "plan: sharing"),
    Row("PATCH executionEnvironments/{environmentId}/accessControl/", "share_environment",
        lambda g: (g.environment, ROLE), "apply: sharing"),
    Row("GET executionEnvironments/{environmentId}/versions/", "list_environment_versions",
        _environment, "history; after a lost answer"),
    Row("POST executionEnvironments/{environmentId}/versions/", "create_environment_version",
        lambda g: (g.environment, {"label": "l", "description": "d"}, context()),
        "apply: spec.version of an environment"),
    Row("GET executionEnvironments/{environmentId}/versions/{environmentVersionId}/",
        "get_environment_version", _built, "apply: waits for the build"),
    Row("GET executionEnvironments/{environmentId}/versions/{environmentVersionId}/buildLog/",
        "get_environment_build_log", _built, "logs; apply: the end of a failed build's log"),
    Row("GET executionEnvironments/{environmentId}/versions/{environmentVersionId}/download/",
        "download_environment_version", _built,
        "plan: contents of a version without our marker; download"),
    Row("POST executionEnvironmentsPermadelete/", "erase_environments",
        lambda g: ({"executionEnvironmentIds": [g.deleted_environment]},),
        "apply: lifecycle.onDelete permanent"),
)  # fmt: skip


def rows() -> Mapping[str, Row]:
    """The table by operation."""
    return {row.name: row for row in ROWS}
