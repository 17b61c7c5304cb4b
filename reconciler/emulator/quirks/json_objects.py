"""The objects of a JSON answer: finding them, and the keys that each kind may lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


def objects(body: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value, the outer ones first; changes are seen while it runs."""
    if isinstance(body, dict):
        yield body
        for value in list(body.values()):
            yield from objects(value)
    elif isinstance(body, list):
        for value in body:
            yield from objects(value)


@dataclass(frozen=True)
class Kind:
    """One kind of object: keys that only it has, and keys that its schema does not require.

    ``texts`` are optional numbers, texts, flags and lists; ``objects`` are objects that may be
    absent.
    """

    known_by: frozenset[str]
    texts: tuple[str, ...]
    objects: tuple[str, ...] = ()


def kind_of(value: dict[str, Any]) -> Kind | None:
    """The kind of an object in an answer."""
    return next((kind for kind in _KINDS if kind.known_by <= value.keys()), None)


_SETTINGS = (
    "maximumMemory",
    "desiredMemory",
    "replicas",
    "networkEgressPolicy",
    "requiresHa",
    "resourceBundleId",
)
# From the response schemas of the four APIs: what is not in their lists of required keys.  Two are
# required and absent all the same until there is a version: latestVersion and template.
_KINDS = (
    Kind(
        frozenset({"customModelType", "targetType"}),
        (
            *_SETTINGS,
            "classLabels",
            "negativeClassLabel",
            "playgroundId",
            "positiveClassLabel",
            "predictionThreshold",
            "targetName",
            "trainingDataFileName",
            "trainingDataPartitionColumn",
            "trainingDatasetId",
            "trainingDatasetVersionId",
            "userProvidedId",
        ),
        ("latestVersion", "template", "gitModelVersion"),
    ),
    Kind(
        frozenset({"versionMajor", "versionMinor"}),
        (
            *_SETTINGS,
            "baseEnvironmentId",
            "baseEnvironmentVersionId",
            "dependencies",
            "requiredMetadataValues",
        ),
        ("gitModelVersion", "holdoutData", "trainingData", "requiredMetadata"),
    ),
    Kind(frozenset({"overallStatus", "testingStatus"}), (*_SETTINGS, "imageType")),
    Kind(
        frozenset({"mainProgramItemId", "customModelVersionId"}),
        ("conversionInProgress", "conversionSucceeded", "logMessage", "shouldStop"),
        ("generatedMetadata",),
    ),
    Kind(
        frozenset({"programmingLanguage", "useCases"}),
        ("deploymentsCount",),
        ("latestVersion", "latestSuccessfulVersion"),
    ),
    Kind(frozenset({"buildStatus", "environmentId"}), ("buildId", "sourceDockerImageUri")),
    Kind(
        frozenset({"subjectId", "subjectType"}),
        (
            "subjectSlug",
            "subjectDisplayName",
            "subjectPatName",
            "subjectControllerName",
            "subjectExternalIdentitySlug",
        ),
    ),
    Kind(
        frozenset({"ml_repo_id", "model_id"}),
        ("usage_code_snippet", "tags", "metrics", "deployable"),
    ),
    Kind(frozenset({"ml_repo_id", "run_steps"}), ("type",), ("latest_version",)),
    Kind(
        frozenset({"source", "metadata"}),
        ("description", "version_alias", "run_id", "step"),
        ("framework", "environment"),
    ),
    Kind(frozenset({"storage_integration_fqn"}), ("description", "collaborators"), ("ownedBy",)),
    Kind(
        frozenset({"trigger_type"}),
        ("model_names", "compile_manifest", "started_at", "finished_at", "error_message"),
        ("compile_diagnostics",),
    ),
    Kind(
        frozenset({"compiled_sql"}),
        ("rows_affected", "started_at", "finished_at", "error_message"),
    ),
    Kind(frozenset({"run_step_id"}), ("rows_returned", "error_message")),
    Kind(
        frozenset({"input_file_id", "completion_window"}),
        (
            "output_file_id",
            "error_file_id",
            "in_progress_at",
            "expires_at",
            "finalizing_at",
            "completed_at",
            "failed_at",
            "expired_at",
            "cancelling_at",
            "cancelled_at",
            "model",
        ),
        ("errors", "metadata", "request_counts", "usage"),
    ),
    Kind(frozenset({"filename", "purpose"}), ("expires_at", "status_details")),
)
