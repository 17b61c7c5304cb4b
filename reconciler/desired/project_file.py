"""``reconciler.yaml`` read for one target: the project, and its patches with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.json_value import JsonObject
from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import Address
from reconciler.desired.manifest import AppliedPatch, ManifestFile
from reconciler.desired.path_problem import Keys, PathProblem, Report, dig, shown
from reconciler.desired.prepare import is_project
from reconciler.desired.project import (
    Project,
    ProjectManifest,
    TargetResolver,
    parse_project,
    unknown_target,
)
from reconciler.desired.variables import Replacer
from reconciler.desired.yaml_reader import Document
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class ProjectInput:
    """What a project file is read with; ``providers`` are the known ones."""

    target: str | None
    env: Mapping[str, str] = field(repr=False)
    providers: frozenset[str]


@dataclass(slots=True)
class ProjectFile:
    """The settled project, its patches by the manifest they change, and what is wrong with it."""

    project: Project
    patches: dict[Address, list[AppliedPatch]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_project(file: ManifestFile | None, given: ProjectInput) -> ProjectFile:
    """The project of this file; a default one without a file or without a Project in it.

    Of a faulty document still comes as much as the manifests can be checked with.
    """
    documents = [each for each in file.yaml.documents if is_project(each)] if file else []
    if file is None or not documents:
        read = ProjectFile(Project(file=file.source.shown if file else ""))
        # A file that could not be read may well have the target.
        if given.target and (file is None or file.yaml.whole):
            problem = unknown_target(given.target, {})
            read.problems.append(Problem(problem.code, problem.message, problem.hint))
        return read
    problems: list[PathProblem] = []
    first, *others = documents
    manifest = parse_project(first.value, problems.append)
    if manifest:
        read = _resolved(manifest, file, first, given, problems.append)
    else:
        read = ProjectFile(_guessed(first.value, given.target, file.source.shown))
    read.problems += [file.locate(first, problem) for problem in problems]
    second = PathProblem(
        "two-projects", "a second Project document", "Keep one of them.", ("kind",)
    )
    read.problems += [file.locate(each, second) for each in others]
    return read


def unused_patches(
    patches: Mapping[Address, list[AppliedPatch]], known: set[Address], kinds: set[str]
) -> list[Problem]:
    """Problems of the patches that no manifest answers to."""
    problems = []
    for address in patches.keys() - known:
        if address.kind in kinds:
            guess = did_you_mean(str(address), (str(each) for each in known))
            message = f"a patch of {address}, which no manifest defines{guess}"
            problem, key = PathProblem("unknown-reference", message), "name"
        else:
            guess = did_you_mean(address.kind, kinds)
            problem, key = (
                PathProblem("unknown-kind", f"unknown kind {shown(address.kind)}{guess}"),
                "kind",
            )
        for patch in patches[address]:
            at = PathProblem(problem.code, problem.message, "", (*patch.keys[:-1], key))
            problems.append(patch.file.locate(patch.document, at))
    return problems


def _resolved(
    manifest: ProjectManifest,
    file: ManifestFile,
    document: Document,
    given: ProjectInput,
    report: Report,
) -> ProjectFile:
    resolver = TargetResolver(manifest, given.env, given.providers, report)
    read = ProjectFile(resolver.resolve(given.target, file.source.shown))
    replacer = Replacer(read.project.variables, report)
    for keys, patch in read.project.patches:
        address = Address(patch.kind, patch.name)
        spec = replacer.replace(patch.spec, keys)
        applied = AppliedPatch(address, file, document, keys, spec)
        read.patches.setdefault(address, []).append(applied)
    return read


def _guessed(value: Any, target: str | None, file: str) -> Project:
    """Variables and exclusions of a document with errors in other places."""
    excluded = dig(value, ("spec", "exclude"))
    exclude = (
        [each for each in excluded if isinstance(each, str)] if isinstance(excluded, list) else []
    )
    variables: JsonObject = {}
    places: tuple[Keys, ...] = (("spec",), ("spec", "targets", target or ""))
    for keys in places:
        found = dig(value, (*keys, "variables"))
        if isinstance(found, dict):
            variables.update(found)
    return Project(variables=variables, exclude=tuple(exclude), file=file)
