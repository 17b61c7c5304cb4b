"""What is wrong with a model's manifest and can be known without the platform."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.resource import Resource
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import description_problems, problem_at
from reconciler.providers.custom_models.live_version import REQUIREMENTS, has_requirements
from reconciler.providers.custom_models.spec import ORIGINS
from reconciler.providers.custom_models.spec_parts import HoldoutDataPart
from reconciler.providers.custom_models.version_body import FLAG
from reconciler.providers.custom_models.version_marker import FILES

LONGEST_PROVIDED_ID = 100
NAMED_TARGETS = frozenset(
    {"Binary", "Regression", "Multiclass", "TextGeneration", "AgenticWorkflow"}
)
ONLY_FOR = {
    # The page speaks of binary classification alone.  The functional tests of the vendor's GitHub
    # action set it on a regression model and read it back.
    "predictionThreshold": ("Binary", "Regression"),
    "positiveClassLabel": ("Binary",),
    "negativeClassLabel": ("Binary",),
    "classLabels": ("Multiclass",),
}
UNSTRUCTURED = "Unstructured"


def model_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    """Identity, target and data: what the platform would refuse of this manifest."""
    yield from description_problems(resource, scope)
    yield from _identity_problems(resource, scope)
    yield from _derived_problems(resource)
    yield from _build_problems(resource)
    yield from _holdout_problems(resource)
    kind = resource.spec.get("targetType")
    if not resource.id and not any(resource.spec.get(key) for key in ORIGINS):
        yield from _needs(resource, kind)
    if kind is not None:
        yield from _target_problems(resource, kind)
        yield from _data_problems(resource, kind)


def missing(resource: Resource, key: str) -> Iterator[Problem]:
    """The problem of a key that a new model needs."""
    yield problem_at(
        resource, f"spec.{key}", "missing-key",
        f"{key} is needed to create this model", f"Add {key} to its spec.",
    )  # fmt: skip


def _identity_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    identity = resource.user_provided_id or f"{scope}/{resource.address.name}"
    if len(identity) > LONGEST_PROVIDED_ID:
        yield problem_at(
            resource, "metadata.name", "identity-too-long",
            f"the identity {identity!r} has {len(identity)} characters; the platform takes "
            f"{LONGEST_PROVIDED_ID}",
            "Shorten metadata.name or the project's name.",
        )  # fmt: skip


def _derived_problems(resource: Resource) -> Iterator[Problem]:
    """POST fromCustomModel/ and fromModelTemplate/ take no ``userProvidedId``, PATCH neither."""
    origin = next((key for key in ORIGINS if resource.spec.get(key)), None)
    if origin and resource.user_provided_id:
        yield problem_at(
            resource, "metadata.userProvidedId", "no-identity",
            f"a model from a {origin} is known by its marker and can have no userProvidedId",
            f"Take userProvidedId out, or create the model without {origin}.",
        )  # fmt: skip


def _needs(resource: Resource, kind: str | None) -> Iterator[Problem]:
    """Keys without which a model that starts from nothing cannot be made."""
    if kind is None and not resource.user_provided_id:
        yield from missing(resource, "targetType")
    if kind in NAMED_TARGETS and "targetName" not in resource.spec:
        yield from missing(resource, "targetName")
    if kind == "Multiclass" and not resource.spec.get("classLabels"):
        yield from missing(resource, "classLabels")


def _target_problems(resource: Resource, kind: str) -> Iterator[Problem]:
    if kind in NAMED_TARGETS and resource.spec.get("targetName", kind) is None:
        yield from missing(resource, "targetName")
    for key, only in ONLY_FOR.items():
        if kind not in only and resource.spec.get(key) not in (None, []):
            yield problem_at(
                resource, f"spec.{key}", "not-for-target",
                f"{key} is for {' and '.join(only)} models only, and this one is {kind}",
                f"Take {key} out.",
            )  # fmt: skip


def _data_problems(resource: Resource, kind: str) -> Iterator[Problem]:
    """The two pages that say which models take which datasets."""
    tests, version = resource.spec.get("tests"), resource.spec.get("version") or {}
    # POST customModelTests/: "Dataset ID is required for regular (non-unstructured) custom models."
    if tests is not None and kind != UNSTRUCTURED and not tests.get("datasetId"):
        yield problem_at(
            resource, "spec.tests", "missing-key",
            f"a test of a {kind} model needs a dataset", "Add datasetId to spec.tests.",
        )  # fmt: skip
    # versions/: holdout data of its own "should be provided only for unstructured models".
    holdout: HoldoutDataPart = version.get("holdoutData") or HoldoutDataPart()
    if kind != UNSTRUCTURED and holdout.get("datasetId"):
        yield problem_at(
            resource, "spec.version.holdoutData", "not-for-target",
            f"holdout data of its own is for {UNSTRUCTURED} models only, and this one is {kind}",
            "Name the partitionColumn of the training data.",
        )  # fmt: skip


def _holdout_problems(resource: Resource) -> Iterator[Problem]:
    """Holdout data that no request would carry.

    PATCH trainingData/ of a model takes a partition column and no holdout dataset; both belong to
    training data.
    """
    version = resource.spec.get("version") or {}
    holdout: HoldoutDataPart = version.get("holdoutData") or HoldoutDataPart()
    if holdout and not version.get("trainingData"):
        yield problem_at(
            resource, "spec.version.holdoutData", "missing-key",
            "holdoutData is a part of training data, and the version has no trainingData",
            "Add spec.version.trainingData, or take holdoutData out.",
        )  # fmt: skip
    elif holdout.get("datasetId") and not resource.spec.get(FLAG):
        yield problem_at(
            resource, "spec.version.holdoutData.datasetId", "missing-key",
            f"a holdout dataset belongs to a version, which needs {FLAG}: true",
            f"Add spec.{FLAG}: true (for good), or name a partitionColumn.",
        )  # fmt: skip


def _build_problems(resource: Resource) -> Iterator[Problem]:
    """A requested build of a version that will have nothing to build."""
    files = resource.files.get(FILES)
    wanted = (resource.spec.get("version") or {}).get("dependencyBuild")
    if wanted and files is not None and not has_requirements(resource):
        yield problem_at(
            resource, "spec.version.dependencyBuild", "nothing-to-build",
            f"there is nothing to build: the version has no {REQUIREMENTS}",
            f"Add a {REQUIREMENTS} to its files, or take dependencyBuild out.",
        )  # fmt: skip
