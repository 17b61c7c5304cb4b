"""Parts of a manifest's spec as the planner reads them, with only the keys that were written.

Each is in normal form and has the keys of a model in ``spec``, so that a misspelt key is an error
of the type checker.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class UserPart(TypedDict):
    """``spec.SharedUser``."""

    username: str
    role: str
    canShare: NotRequired[bool]


class SharingPart(TypedDict):
    """``spec.Sharing``."""

    users: list[UserPart]
    mode: NotRequired[str]


class ImagePart(TypedDict, total=False):
    """``spec.EnvironmentVersion``; ``timeout`` in seconds."""

    dockerContext: str
    dockerImage: str
    dockerImageUri: str
    label: str
    description: str
    timeout: int


class EnvironmentPart(TypedDict, total=False):
    """``spec.EnvironmentRef``."""

    ref: str
    name: str
    id: str
    versionId: str
    follow: str


class RepositoryPart(TypedDict):
    """``spec.Repository``."""

    id: str
    ref: NotRequired[str]
    paths: NotRequired[list[str]]


class TrainingDataPart(TypedDict):
    """``spec.TrainingData``."""

    datasetId: str
    datasetVersionId: NotRequired[str]


class HoldoutDataPart(TypedDict, total=False):
    """``spec.HoldoutData``."""

    datasetId: str
    datasetVersionId: str
    partitionColumn: str


class RegistryPart(TypedDict):
    """``spec.RegistryRef``."""

    ref: str


class VersionPart(TypedDict, total=False):
    """``spec.ModelVersion``; sizes in bytes."""

    environment: EnvironmentPart
    files: Any
    repository: RepositoryPart
    registryModel: RegistryPart
    update: str
    description: str | None
    maximumMemory: int | None
    replicas: int | None
    networkEgressPolicy: str | None
    requiresHa: bool | None
    resourceBundleId: str | None
    requiredMetadata: dict[str, str] | None
    trainingData: TrainingDataPart | None
    holdoutData: HoldoutDataPart | None
    dependencyBuild: bool


class TestsPart(TypedDict, total=False):
    """``spec.Tests``; ``timeout`` in seconds."""

    datasetId: str
    datasetVersionId: str
    checks: dict[str, str]
    timeout: int
