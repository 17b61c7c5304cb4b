"""The Project document: its models, and what it says once a target is chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from reconciler.core.json_value import JsonObject
from reconciler.core.nearest import did_you_mean
from reconciler.core.ownership import Ownership
from reconciler.core.spec import Spec
from reconciler.desired import name
from reconciler.desired.explain import explain
from reconciler.desired.ignore import compile_patterns
from reconciler.desired.path_problem import InputError, Keys, PathProblem, Report, shown
from reconciler.desired.provider_settings import check_settings, token_keys, tokens_in
from reconciler.desired.variables import Replacer, Variable

DEFAULT_SCOPE: Final = "default"

ProjectUid = Annotated[str, StringConstraints(pattern=name.UID)]
ProjectName = Annotated[str, StringConstraints(pattern=name.PROJECT)]
VariableName = Annotated[str, StringConstraints(pattern=name.VARIABLE)]
Percent = Annotated[int, Field(ge=0, le=100)]


def _variable(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise PydanticCustomError("variable", "must be a text, a number or a boolean")
    if isinstance(value, str) and "${" in value:
        raise PydanticCustomError(
            "variable", "a variable cannot be made of others or of the environment"
        )
    return value


VariableValue = Annotated[
    Any,
    AfterValidator(_variable),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]


def _pattern(text: str) -> str:
    try:
        compile_patterns([text])
    except InputError as error:
        # pydantic reports a ValueError as a problem of the field.
        raise ValueError(str(error)) from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Variables = dict[VariableName, VariableValue]
Providers = dict[str, dict[str, str]]


class Policy(Spec):
    """How much one run may delete or change."""

    prune: bool = False
    max_delete_percent: Percent = 30
    max_change_percent: Percent = 100


class Patch(Spec):
    """A JSON merge patch of one manifest's ``spec``; null removes a key."""

    kind: str
    name: str
    spec: JsonObject


class Target(Spec):
    """What differs when this target is chosen with ``--target``."""

    variables: Variables = Field(default_factory=dict)
    providers: Providers = Field(default_factory=dict)
    policy: Policy = Field(default_factory=Policy)
    patches: list[Patch] = Field(default_factory=list)


class ProjectSpec(Spec):
    """What holds for all manifests of the project."""

    exclude: list[Pattern] = Field(default_factory=list)
    variables: Variables = Field(default_factory=dict)
    providers: Providers = Field(default_factory=dict)
    policy: Policy = Field(default_factory=Policy)
    targets: dict[ProjectName, Target] = Field(default_factory=dict)


class ProjectMetadata(Spec):
    """The name is the scope in which the project owns live objects.

    ``uid`` tells two projects of one name apart; ``formerly`` are earlier names of the project.
    """

    name: ProjectName
    uid: ProjectUid = ""
    formerly: list[ProjectName] = Field(default_factory=list)


class ProjectManifest(Spec):
    """The one Project document, in ``reconciler.yaml``."""

    api_version: Literal["reconciler/v1"]
    kind: Literal["Project"]
    metadata: ProjectMetadata
    spec: ProjectSpec = Field(default_factory=ProjectSpec)


@dataclass(frozen=True, slots=True)
class Project:
    """What the project says for the chosen target.

    ``declared`` is False where no Project document says what is here.
    ``providers`` hold settings with the environment filled in and may be secret.  ``missing``
    names, per provider and setting, the environment variable that was not set: an error only
    for whoever uses that provider.  ``patches`` carry the keys that lead to each one's ``spec``.
    """

    name: str = DEFAULT_SCOPE
    uid: str = ""
    formerly: tuple[str, ...] = ()
    declared: bool = False
    target: str | None = None
    policy: Policy = field(default_factory=Policy)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    providers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    missing: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    patches: tuple[tuple[Keys, Patch], ...] = ()
    file: str = ""

    @property
    def scope(self) -> str:
        """The ownership scope: the name, or ``name/target``."""
        return self._scoped(self.name)

    @property
    def ownership(self) -> Ownership:
        """Which live objects are this project's."""
        return Ownership(self.scope, self.uid, tuple(map(self._scoped, self.formerly)))

    def _scoped(self, name: str) -> str:
        return f"{name}/{self.target}" if self.target else name


def parse_project(value: object, report: Report) -> ProjectManifest | None:
    """The document as a value, or None after its problems were reported."""
    try:
        return ProjectManifest.model_validate(value)
    except ValidationError as error:
        for problem in explain(error, ProjectManifest):
            report(problem)
        return None


class TargetResolver:
    """Settles a project for one target; what cannot be settled is reported."""

    def __init__(
        self,
        manifest: ProjectManifest,
        env: Mapping[str, str],
        known: Collection[str],
        report: Report,
    ) -> None:
        self._manifest = manifest
        self._env = env
        self._known = known
        self._report = report

    def resolve(self, target: str | None, file: str) -> Project:
        """The project as it is for ``target``; an unknown target is reported."""
        spec = self._manifest.spec
        chosen = spec.targets.get(target) if target else None
        if target and chosen is None:
            self._report(unknown_target(target, spec.targets))
        layer = chosen or Target()
        variables = {**spec.variables, **layer.variables}
        providers, missing = self._settings(target, layer, variables)
        keys: Keys = ("spec", "targets", target or "", "patches")
        return Project(
            name=self._manifest.metadata.name,
            uid=self._manifest.metadata.uid,
            formerly=tuple(self._manifest.metadata.formerly),
            declared=True,
            target=target,
            policy=Policy.model_validate({**spec.policy.written(), **layer.policy.written()}),
            variables=variables,
            providers=providers,
            missing=missing,
            exclude=tuple(spec.exclude),
            targets=tuple(sorted(spec.targets)),
            patches=tuple(((*keys, i, "spec"), each) for i, each in enumerate(layer.patches)),
            file=file,
        )

    def _settings(
        self, target: str | None, layer: Target, variables: Mapping[str, Variable]
    ) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
        self._check(self._manifest.spec.providers, ("spec", "providers"))
        for title, each in self._manifest.spec.targets.items():
            self._check(each.providers, ("spec", "targets", title, "providers"), target=True)
        settings: dict[str, dict[str, str]] = {}
        missing: dict[str, dict[str, str]] = {}
        for provider, setting, text, keys in self._merged(target, layer):
            replacer = Replacer(variables, self._report, self._env)
            value = replacer.replace(text, keys)
            if replacer.missing:
                missing.setdefault(provider, {})[setting] = replacer.missing[0]
            else:
                settings.setdefault(provider, {})[setting] = str(value)
        return settings, missing

    def _merged(self, target: str | None, layer: Target) -> list[tuple[str, str, str, Keys]]:
        merged: dict[tuple[str, str], tuple[str, Keys]] = {}
        base: Keys = ("spec", "providers")
        above: Keys = ("spec", "targets", target or "", "providers")
        for keys, providers in ((base, self._manifest.spec.providers), (above, layer.providers)):
            for provider, settings in providers.items():
                # A token of any name belongs to the endpoint it was written beside.
                for replaced in tokens_in(provider, settings) and token_keys(provider):
                    merged.pop((provider, replaced), None)
                for setting, text in settings.items():
                    merged[provider, setting] = (text, (*keys, provider, setting))
        return [(*which, *value) for which, value in merged.items()]

    def _check(self, providers: Providers, keys: Keys, *, target: bool = False) -> None:
        for provider, settings in providers.items():
            if provider not in self._known:
                guess = did_you_mean(provider, self._known)
                message = f"unknown provider {shown(provider)}{guess}"
                hint = f"Providers: {', '.join(sorted(self._known))}."
                self._report(
                    PathProblem("unknown-provider", message, hint, (*keys, provider), True)
                )
            check_settings(provider, settings, (*keys, provider), self._report, target=target)


def unknown_target(target: str, targets: Mapping[str, object]) -> PathProblem:
    """The problem of a ``--target`` that the project does not have."""
    message = f"unknown target {shown(target)}{did_you_mean(target, targets)}"
    known = ", ".join(sorted(targets)) or "none"
    return PathProblem("unknown-target", message, f"Targets of this project: {known}.")
