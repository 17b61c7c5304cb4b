"""``RegistryModel``: nothing to do while the registry has what is required, else why it has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.core.kind import FieldRule, Kind, Outputs, Part, PlanContext
from reconciler.core.resource import Live, Resource
from reconciler.core.step import StepDraft
from reconciler.errors import Problem
from reconciler.providers.model_registry.facts import (
    NamedModel,
    RegistryFacts,
    VersionFacts,
    VersionName,
    registry_facts,
)
from reconciler.providers.model_registry.matching import KIND as NAME
from reconciler.providers.model_registry.matching import sought
from reconciler.providers.model_registry.requirements import unmet
from reconciler.providers.model_registry.spec import RegistryModelSpec

MOST_SHOWN = 10


def registry_draft(change: PlanContext) -> StepDraft | None:
    """No step ever; problems, which keep what refers to this model from being planned."""
    problems = tuple(_problems(change.resource, change.live))
    return StepDraft(problems=problems) if problems else None


def _problems(resource: Resource, live: Live | None) -> Iterator[Problem]:
    facts = registry_facts(live)
    if len(facts.models) != 1:
        yield _not_one_model(resource, facts)
    elif len(facts.matching) != 1:
        yield _not_one_version(resource, facts)
    else:
        yield from _unmet(resource, facts.models[0], facts.matching[0])


def _not_one_model(resource: Resource, facts: RegistryFacts) -> Problem:
    path = _named(resource)
    if not facts.models:
        near = ", ".join(facts.near)
        return _problem(
            resource, path, "no-such-registry-model",
            f"the registry shows no model {sought(resource)}",
            f"Did you mean {near}?" if near
            else "Check the spelling, and that the token's user may see its ML repo.",
        )  # fmt: skip
    listed = ", ".join(f"{model.id} ({model.fqn})" for model in facts.models)
    return _problem(
        resource, path, "ambiguous-registry-model",
        f"{len(facts.models)} models of the registry are {sought(resource)}: {listed}",
        "Name one of them by its fqn, or by its id in metadata.id.",
    )  # fmt: skip


def _not_one_version(resource: Resource, facts: RegistryFacts) -> Problem:
    require = resource.spec.get("require") or {}
    fqn, versions = facts.models[0].fqn, facts.versions
    if not versions:
        return _problem(
            resource, _named(resource), "no-registry-version", f"{fqn} has no version yet",
            "Log one first, or name another model.",
        )  # fmt: skip
    alias = require.get("alias")
    if len(facts.matching) > 1:
        ids = ", ".join(f"{each.name.id} ({each.name.number})" for each in facts.matching)
        return _problem(
            resource, "spec.require.alias", "ambiguous-registry-alias",
            f"{len(facts.matching)} versions of {fqn} have the alias {alias}: {ids}",
            "Take it off all but one of them in the registry.",
        )  # fmt: skip
    if alias is not None:
        return _problem(
            resource, "spec.require.alias", "no-registry-version",
            f"no version of {fqn} has the alias {alias}; it has {_listed(versions)}",
            f"Give a version the alias, or change require.alias. {_waiting(resource)}",
        )  # fmt: skip
    return _problem(
        resource, "spec.require.version", "no-registry-version",
        f"no version of {fqn} is {require['version']}; it has {_listed(versions)}",
        f"Log such a version, or change require.version. {_waiting(resource)}",
    )  # fmt: skip


def _named(resource: Resource) -> str:
    return "spec.fqn" if "fqn" in resource.spec else "spec.modelName"


def _listed(versions: Sequence[VersionName]) -> str:
    newest = sorted(versions, key=lambda each: each.number or 0, reverse=True)
    shown = [str(each) for each in newest[:MOST_SHOWN]]
    rest = len(newest) - len(shown)
    return ", ".join([*shown, f"{rest} more"] if rest else shown)


def _unmet(resource: Resource, model: NamedModel, version: VersionFacts) -> Iterator[Problem]:
    require = resource.spec.get("require") or {}
    by_alias = f" (alias {require['alias']})" if "alias" in require else ""
    where = f"version {replace(version.name, alias=None)}{by_alias} of {model.fqn}"
    for index, each in enumerate(unmet(version, require)):
        yield _problem(
            resource, f"spec.require.{each.path}", "requirement-unmet", f"{each}; {where}",
            # Said once: a version may fail in many ways.
            "" if index
            else f"Log a version that meets it, or change require. {_waiting(resource)}",
        )  # fmt: skip


def _waiting(resource: Resource) -> str:
    return f"What refers to {resource.address} is not planned until then."


def registry_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    """What can be known without the registry, beside the form of the manifest."""
    if resource.user_provided_id is not None:
        yield _problem(
            resource, "metadata.userProvidedId", "not-for-kind",
            "a registry model has no userProvidedId",
            "Take it out; metadata.id names one model among several of one name.",
        )  # fmt: skip


def _problem(resource: Resource, path: str, code: str, message: str, hint: str) -> Problem:
    return Problem(code, message, hint, str(resource.address), path)


def registry_outputs(live: Live | None) -> Outputs:
    """What a custom model is tied to: the version by its fqn, and the alias it was found by."""
    matching = registry_facts(live).matching
    if len(matching) != 1:
        return {}
    version, name = matching[0], matching[0].name
    return {
        "id": name.id,
        "fqn": version.fqn,
        "alias": name.alias,
        "byAlias": version.by_alias,
    }


KIND = Kind(
    name=NAME,
    provider="model_registry",
    spec=RegistryModelSpec,
    # Which model it is and what it must be is looked up and checked here, never brought about.
    rules={key: FieldRule(derived=True) for key in ("fqn", "mlRepo", "modelName", "require")},
    parts=(Part("", registry_draft),),
    check=registry_problems,
    outputs=registry_outputs,
    listed=False,
)
