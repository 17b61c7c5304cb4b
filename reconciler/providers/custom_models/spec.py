"""Manifest models of ``ExecutionEnvironment`` and ``CustomModel``.

Lengths, ranges and enums are those of the request bodies in the API contract (POST and PATCH of
``executionEnvironments/``, ``customModels/`` and their ``versions/``).  A field may be null only
where the API can unset it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from reconciler.core.spec import BRANCHES, Bytes, Duration, Spec, absent, at_most_one, exactly_one

ORIGINS = ("template", "copyOf")
"""Keys of a model that comes from a template, or is a copy of another."""

MIN_MEMORY, MAX_MEMORY = 128 * 2**20, 14 * 2**30

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text = Annotated[str, StringConstraints(max_length=10_000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Label = Annotated[str, StringConstraints(max_length=100)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\s/]+$")]
Memory = Annotated[Bytes, Field(ge=MIN_MEMORY, le=MAX_MEMORY)]

Language = Literal["python", "r", "java", "julia", "legacy", "other"]
UseCase = Literal[
    "customModel", "notebook", "gpu", "customApplication", "sparkApplication", "customJob"
]
TargetType = Literal[
    "Binary",
    "Regression",
    "Multiclass",
    "Anomaly",
    "Transform",
    "TextGeneration",
    "GeoPoint",
    "Unstructured",
    "VectorDatabase",
    "AgenticWorkflow",
]
Role = Literal[
    "ADMIN",
    "CONSUMER",
    "DATA_SCIENTIST",
    "EDITOR",
    "OBSERVER",
    "OWNER",
    "READ_ONLY",
    "READ_WRITE",
    "USER",
]
Verdict = Literal["fail", "warn", "skip"]


class SharedUser(Spec):
    """One user's role; ``canShare`` is compared only where it is written."""

    username: Name
    role: Role
    can_share: bool = absent()


class Sharing(Spec):
    """Who may use the object; ``exact`` makes the list the truth, ``additive`` never revokes."""

    mode: Literal["exact", "additive"] = "exact"
    users: list[SharedUser]

    @model_validator(mode="after")
    def _each_user_once(self) -> Sharing:
        names = [user.username for user in self.users]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"user named twice: {', '.join(twice)}")
        return self


class EnvironmentVersion(Spec):
    """One image, from exactly one of the three sources the API builds from."""

    docker_context: str = absent()
    docker_image: str = absent()
    docker_image_uri: Word = absent()
    label: Annotated[str, StringConstraints(max_length=50)] = ""
    description: Text = ""
    timeout: Duration = 1800

    @model_validator(mode="after")
    def _one_source(self) -> EnvironmentVersion:
        exactly_one(self, "docker_context", "docker_image", "docker_image_uri")
        return self


class ExecutionEnvironmentSpec(Spec):
    """An execution environment and its newest version."""

    name: Name = absent()
    description: Text | None = None
    programming_language: Language = absent()
    use_cases: list[UseCase] = absent()
    is_public: bool = absent()
    version: EnvironmentVersion = absent()
    sharing: Sharing = absent()


class EnvironmentRef(Spec):
    """The environment of a version: our own by ``ref``, or a live one by ``name`` or ``id``."""

    ref: str = absent()
    name: Name = absent()
    id: Id = absent()
    version_id: Id = absent()
    follow: Literal["latest", "pinned"] = absent()

    @model_validator(mode="after")
    def _one_environment(self) -> EnvironmentRef:
        exactly_one(self, "ref", "name", "id")
        if self.version_id and not self.id:
            raise ValueError("versionId goes with id only")
        if self.version_id and self.follow == "latest":
            raise ValueError("versionId pins the version; follow: latest contradicts it")
        return self


class ModelFiles(Spec):
    """A folder whose files make up the version; patterns as in a ``.gitignore``.

    ``under`` is the folder of the version that they come to lie in.  What git ignores is left
    out, unless ``gitIgnored: include``.
    """

    root: Annotated[str, StringConstraints(min_length=1)]
    under: Annotated[str, StringConstraints(min_length=1)] = absent()
    include: list[str] = absent()
    exclude: list[str] = absent()
    git_ignored: Literal["include", "exclude"] = absent()


FileSets = Annotated[
    Annotated[ModelFiles, Tag(BRANCHES[0])]
    | Annotated[list[ModelFiles], Field(min_length=1, max_length=100), Tag(BRANCHES[1])],
    Discriminator(lambda value: BRANCHES[isinstance(value, list)]),
]
"""One folder, or a list of folders whose files make up the version together."""


class Repository(Spec):
    """Files taken from a repository that the platform knows."""

    id: Id
    ref: Word = absent()
    paths: Annotated[list[Word], Field(max_length=100)] = absent()


class TrainingData(Spec):
    """The dataset a version was trained on."""

    dataset_id: Id
    dataset_version_id: Id = absent()


class HoldoutData(Spec):
    """The held-out rows: a dataset of its own, or a column that marks them."""

    dataset_id: Id = absent()
    dataset_version_id: Id = absent()
    partition_column: Word = absent()

    @model_validator(mode="after")
    def _one_source(self) -> HoldoutData:
        exactly_one(self, "dataset_id", "partition_column")
        if self.dataset_version_id and not self.dataset_id:
            raise ValueError("datasetVersionId goes with datasetId only")
        return self


class RegistryRef(Spec):
    """A registry model of this project that the version is tied to."""

    ref: str


class ModelVersion(Spec):
    """What the newest version of a model should hold."""

    environment: EnvironmentRef = absent()
    files: FileSets = absent()
    repository: Repository = absent()
    registry_model: RegistryRef = absent()
    update: Literal["auto", "major", "minor"] = "auto"
    description: Text | None = None
    maximum_memory: Memory | None = None
    replicas: Annotated[int, Field(ge=1, le=8)] | None = None
    network_egress_policy: Literal["NONE", "PUBLIC"] | None = None
    requires_ha: bool | None = None
    resource_bundle_id: Id | None = None
    required_metadata: dict[Name, Label] | None = None
    training_data: TrainingData | None = None
    holdout_data: HoldoutData | None = None
    dependency_build: bool = absent()

    @model_validator(mode="after")
    def _exclusions(self) -> ModelVersion:
        at_most_one(self, "files", "repository")
        at_most_one(self, "maximum_memory", "resource_bundle_id")
        return self


class Checks(Spec):
    """What a failed check of a model test means; not every check knows every verdict."""

    error_check: Literal["fail", "skip"] = absent()
    null_value_imputation: Verdict = absent()
    long_running_service: Literal["fail"] = absent()
    side_effects: Verdict = absent()


class Tests(Spec):
    """A gate: the newest version must have passed a test with these settings."""

    dataset_id: Id = absent()
    dataset_version_id: Id = absent()
    checks: Checks = absent()
    timeout: Duration = 1800

    @model_validator(mode="after")
    def _version_of_a_dataset(self) -> Tests:
        if self.dataset_version_id and not self.dataset_id:
            raise ValueError("datasetVersionId goes with datasetId only")
        return self


class FeatureImpact(Spec):
    """The newest version must have a feature impact; row count as in POST featureImpact/."""

    row_count: Annotated[int, Field(ge=10, le=100_000)] = absent()
    timeout: Duration = 1800


class Conversion(Spec):
    """The newest version's files are to be converted to a JAR, starting at ``mainProgram``."""

    main_program: Annotated[str, StringConstraints(min_length=1)]
    timeout: Duration = 1800


class Template(Spec):
    """The model template that the model comes from."""

    template_id: Id
    resource_bundle_id: Id
    secret_config_id: Id


class CopyOf(Spec):
    """The model that this one starts as a copy of."""

    id: Id = absent()
    ref: str = absent()

    @model_validator(mode="after")
    def _one_model(self) -> CopyOf:
        exactly_one(self, "id", "ref")
        return self


class CustomModelSpec(Spec):
    """A custom inference model, its newest version, its gates and its sharing."""

    name: Name = absent()
    description: Text | None = None
    language: Annotated[str, StringConstraints(max_length=500)] | None = None
    target_type: TargetType = absent()
    target_name: Word | None = None
    positive_class_label: Word | None = None
    negative_class_label: Word | None = None
    class_labels: Annotated[list[str], Field(max_length=100)] = absent()
    prediction_threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    calibrate_predictions: bool = absent()
    is_training_data_for_versions_permanently_enabled: bool = absent()
    template: Template = absent()
    copy_of: CopyOf = absent()
    version: ModelVersion = absent()
    tests: Tests = absent()
    feature_impact: FeatureImpact = absent()
    prediction_explanations: bool = absent()
    conversion: Conversion = absent()
    sharing: Sharing = absent()

    @model_validator(mode="after")
    def _origin(self) -> CustomModelSpec:
        at_most_one(self, "template", "copy_of")
        return self

    @model_validator(mode="after")
    def _labels_differ(self) -> CustomModelSpec:
        labels = self.class_labels
        if labels is not None and not 2 <= len(labels) == len(set(labels)):
            raise ValueError("classLabels are two or more, and differ")
        if self.positive_class_label and self.positive_class_label == self.negative_class_label:
            raise ValueError("positiveClassLabel and negativeClassLabel differ")
        return self

    @model_validator(mode="after")
    def _labels_in_pairs(self) -> CustomModelSpec:
        # PATCH customModels/: each of the two labels requires the other.
        if (self.positive_class_label is None) != (self.negative_class_label is None):
            raise ValueError("positiveClassLabel and negativeClassLabel go together")
        return self
