"""What decides about an environment or a model without being desired state, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.core.kind import PlanContext
from reconciler.core.resource import Facts, Live, Prefetched
from reconciler.providers.custom_models.client.responses import Limits


@dataclass(frozen=True, slots=True)
class UserRole:
    """One entry of an access list."""

    role: str
    can_share: bool


@dataclass(frozen=True, slots=True)
class BuiltVersionFacts:
    """A version of an execution environment; ``content`` is the digest that its marker records."""

    id: str
    status: str
    label: str
    description: str
    content: str
    uri: str | None
    has_context: bool
    created: str


@dataclass(frozen=True, slots=True)
class EnvironmentFacts(Facts):
    """An execution environment; ``sharing`` is empty unless the manifest manages it."""

    maker: str | None
    on_delete: str
    latest: BuiltVersionFacts | None
    successful: BuiltVersionFacts | None
    sharing: Mapping[str, UserRole] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainingFacts:
    """Training data of the model as a whole."""

    dataset_id: str | None
    dataset_version_id: str | None
    partition_column: str | None
    assigning: bool


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """The latest version of a model.

    ``items`` are item ids by file path; ``trained`` says whether training data is assigned and
    ready.  ``content`` and ``notes`` come from the version's marker; ``content`` is empty where the
    marker does not name the version's id, and ``recorded`` is what such an older marker says.
    ``marked`` says whether the marker is as this tool writes it.
    ``pulled`` says whether every file came from a repository, at ``refs`` and ``commits``.
    """

    id: str
    number: str
    created: str
    frozen: bool
    environment_id: str | None
    environment_version_id: str | None
    items: Mapping[str, str]
    content: str
    recorded: str
    marked: bool
    notes: Mapping[str, str]
    dependencies: int
    refs: tuple[str, ...]
    commits: tuple[str, ...]
    assigning: bool
    assignment_error: str | None
    pulled: bool
    commit: str | None
    trained: bool


@dataclass(frozen=True, slots=True)
class TestFacts:
    """One model test; ``checks`` are statuses by the name of the check."""

    id: str
    status: str
    dataset_id: str | None
    dataset_version_id: str | None
    checks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job stands (``job.ABSENT`` and the others), why it failed, and its status id."""

    state: str
    why: str = ""
    status: str | None = None
    row_count: int | None = None


@dataclass(frozen=True, slots=True)
class ConversionFacts:
    """The newest conversion of the version, and the ids of all of them."""

    id: str
    known: tuple[str, ...]
    state: str
    main_program: str | None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The jobs of the latest version, as far as the manifest manages them."""

    build: str | None = None
    build_start: str | None = None
    tests: tuple[TestFacts, ...] = ()
    impact: JobState | None = None
    explanations: JobState | None = None
    conversion: ConversionFacts | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts(Facts):
    """A custom model; ``locked_by`` says what forbids another target or other labels.

    ``jobs`` is None until the details of the model were read.
    """

    maker: str | None
    locked_by: str
    template: str | None
    untouched: bool
    training: TrainingFacts
    version: VersionFacts | None
    sharing: Mapping[str, UserRole] = field(default_factory=dict)
    jobs: JobFacts | None = None


@dataclass(frozen=True, slots=True)
class ModelLimits(Prefetched):
    """The user's limits; None where no manifest sets something that is limited."""

    limits: Limits | None = None


def environment_facts(live: Live) -> EnvironmentFacts:
    """The facts of a live execution environment."""
    assert isinstance(live.facts, EnvironmentFacts)
    return live.facts


def model_facts(live: Live) -> ModelFacts:
    """The facts of a live custom model."""
    assert isinstance(live.facts, ModelFacts)
    return live.facts


def current_version(context: PlanContext) -> VersionFacts | None:
    """The latest version of the live model; None without a model or a version."""
    return model_facts(context.live).version if context.live else None


def with_users(live: Live, users: Mapping[str, UserRole]) -> Live:
    """The live object of either kind with its access list."""
    assert isinstance(live.facts, EnvironmentFacts | ModelFacts)
    return replace(live, facts=replace(live.facts, sharing=users))


def users_of(live: Live) -> Mapping[str, UserRole]:
    """The access list of either kind."""
    assert isinstance(live.facts, EnvironmentFacts | ModelFacts)
    return live.facts.sharing


def maker_of(live: Live) -> str | None:
    """The user who made an object of either kind."""
    assert isinstance(live.facts, EnvironmentFacts | ModelFacts)
    return live.facts.maker
