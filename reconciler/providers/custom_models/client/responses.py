"""What we rely on in the platform's answers; everything else in them is ignored."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from reconciler.core.json_value import JsonObject
from reconciler.providers.response import Answered


class Wire(Answered):
    """An answer in the platform's names; what is missing in it breaks the contract."""

    model_config = ConfigDict(alias_generator=to_camel)

    HINT = "Check that the endpoint is the API (it ends in /api/v2) and which release it runs."


class Created(Wire):
    """The id of what was created; the rest of the object is not relied on."""

    id: str


class Access(Wire):
    """One entry of an ``accessControl/`` page."""

    username: str
    role: str
    can_share: bool = False


class BuiltVersion(Wire):
    """An execution environment version (``ExecutionEnvironmentVersionResponse``)."""

    id: str
    build_status: str
    description: str | None = None
    label: str | None = None
    docker_context: str | None = None
    source_docker_image_uri: str | None = None
    created: str = ""


class BuildLog(Wire):
    """The log of an environment build (``ExecutionEnvironmentVersionBuildLogResponse``)."""

    log: str | None = None
    error: str | None = None

    @property
    def text(self) -> str:
        """The log, then the error."""
        return "\n".join(each for each in (self.log, self.error) if each)


class Environment(Wire):
    """An execution environment (``ExecutionEnvironmentResponse``)."""

    id: str
    name: str
    description: str | None = None
    programming_language: str | None = None
    use_cases: list[str] = Field(default_factory=list)
    is_public: bool | None = None
    username: str | None = None
    deployments_count: int | None = None
    created: str = ""
    latest_version: BuiltVersion | None = None
    latest_successful_version: BuiltVersion | None = None


class Item(Wire):
    """One file of a model version, with its commit where it came from a repository."""

    id: str
    file_path: str
    ref: str | None = None
    commit_sha: str | None = None


class MetadataValue(Wire):
    """One required-metadata value of a version."""

    field_name: str
    value: str


class AssignmentError(Wire):
    """Why a dataset could not be assigned; the message may be null without an error."""

    message: str | None = None


class AssignedData(Wire):
    """Training or holdout data of a version."""

    dataset_id: str | None = None
    dataset_version_id: str | None = None
    partition_column: str | None = None
    assignment_in_progress: bool = False
    assignment_error: AssignmentError | None = None


class Commit(Wire):
    """The git facts that a version or model carries."""

    main_branch_commit_sha: str
    ref_name: str | None = None


class Version(Wire):
    """A custom model version (``CustomModelVersionResponse``)."""

    id: str
    version_major: int
    version_minor: int
    is_frozen: bool = False
    description: str | None = None
    items: list[Item] = Field(default_factory=list)
    base_environment_id: str | None = None
    base_environment_version_id: str | None = None
    maximum_memory: int | None = None
    network_egress_policy: str | None = None
    replicas: int | None = None
    requires_ha: bool | None = None
    resource_bundle_id: str | None = None
    required_metadata_values: list[MetadataValue] | None = None
    training_data: AssignedData | None = None
    holdout_data: AssignedData | None = None
    git_model_version: Commit | None = None
    created: str = ""
    dependencies: list[JsonObject] = Field(default_factory=list)

    @property
    def number(self) -> str:
        """``major.minor``."""
        return f"{self.version_major}.{self.version_minor}"


class TemplateName(Wire):
    """The template that a model was made from."""

    template_id: str


class Model(Wire):
    """A custom model (``CustomModelResponse``)."""

    id: str
    name: str
    created: str = ""
    updated: str = ""
    template: TemplateName | None = None
    description: str | None = None
    language: str | None = None
    target_type: str | None = None
    target_name: str | None = None
    positive_class_label: str | None = None
    negative_class_label: str | None = None
    class_labels: list[str] | None = None
    prediction_threshold: float | None = None
    calibrate_predictions: bool | None = None
    is_training_data_for_versions_permanently_enabled: bool | None = None
    user_provided_id: str | None = None
    created_by: str | None = None
    deployments_count: int = 0
    training_dataset_id: str | None = None
    training_dataset_version_id: str | None = None
    training_data_partition_column: str | None = None
    training_data_assignment_in_progress: bool = False
    git_model_version: Commit | None = None
    latest_version: Version | None = None


class FromTemplate(Wire):
    """What a template made: a model and its version."""

    custom_model_id: str
    custom_model_version_id: str


class Limits(Wire):
    """What the user may ask for (``CustomModelResourceLimits``); null means no limit."""

    max_custom_model_container_size: int | None = None
    max_custom_model_replicas_per_deployment: int | None = None


class Build(Wire):
    """A dependency build (``BaseDependencyBuildMetadataResponse``)."""

    build_status: str
    build_start: str = ""


class CheckResult(Wire):
    """One check of a model test."""

    status: str
    message: str = ""


class VersionName(Wire):
    """The version that a test ran."""

    id: str


class ModelTest(Wire):
    """A model test (``CustomModelTestsResponse``)."""

    id: str
    overall_status: str
    custom_model_version: VersionName | None = None
    custom_model_image_id: str | None = None
    image_type: str | None = None
    dataset_id: str | None = None
    dataset_version_id: str | None = None
    testing_status: dict[str, CheckResult] = Field(default_factory=dict)
    created: str = ""


class LogTail(Wire):
    """The last lines of a test's log."""

    log: str | None = None


class StartedConversion(Wire):
    """The id of the conversion that was started."""

    conversion_id: str


class Conversion(Wire):
    """A conversion to a JAR (``ConversionResponse``)."""

    id: str
    conversion_in_progress: bool | None = None
    conversion_succeeded: bool | None = None
    main_program_item_id: str | None = None
    log_message: str | None = None
    should_stop: bool = False


class FeatureScore(Wire):
    """How much one feature matters."""

    feature_name: str
    impact_normalized: float
    impact_unnormalized: float


class Impact(Wire):
    """Feature impact (``FeatureImpactResponse``)."""

    row_count: int | None = None
    feature_impacts: list[FeatureScore] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """The status of a job: its state in capitals, a message, and the URL of its result or ''."""

    state: str
    message: str
    location: str
