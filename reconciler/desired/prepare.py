"""The documents of a file as manifests: variables replaced, patches applied, others refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.core.kind import Kind
from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import Address
from reconciler.desired.envelope import API_VERSION
from reconciler.desired.manifest import AppliedPatch, Manifest, ManifestFile
from reconciler.desired.merge_patch import merge
from reconciler.desired.path_problem import PathProblem, dig, shown
from reconciler.desired.variables import Replacer, Variable
from reconciler.desired.yaml_reader import Document
from reconciler.errors import Problem

PROJECT: Final = "Project"


@dataclass(frozen=True, slots=True)
class Context:
    """What holds for every document of a load."""

    kinds: Mapping[str, Kind]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    patches: Mapping[Address, Sequence[AppliedPatch]] = field(default_factory=dict)
    project_file: ManifestFile | None = None


@dataclass(slots=True)
class ParsedFile:
    """One file's manifests and problems.

    ``refused`` are the names in documents that became no manifest.  ``looks_ours`` is true also
    when a word of them is mistyped.
    """

    file: ManifestFile
    manifests: list[Manifest] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    looks_ours: bool = False


def prepare(file: ManifestFile, context: Context) -> ParsedFile:
    """The manifests of one file; a document of another tool is a problem of it."""
    parsed = ParsedFile(file, problems=list(file.yaml.problems))
    for document in file.yaml.documents:
        parsed.looks_ours |= _looks_ours(document.value, context.kinds)
        if file is context.project_file and is_project(document):
            continue
        problem = _foreign(document.value, context.kinds)
        if problem:
            parsed.problems.append(file.locate(document, problem))
            name = dig(document.value, ("metadata", "name"))
            parsed.refused += [name] if isinstance(name, str) else []
        else:
            parsed.manifests.append(_manifest(document, parsed, context))
    return parsed


def is_project(document: Document) -> bool:
    """Whether this is a Project document."""
    return dig(document.value, ("kind",)) == PROJECT


def _looks_ours(value: Any, kinds: Mapping[str, Kind]) -> bool:
    version, kind = dig(value, ("apiVersion",)), dig(value, ("kind",))
    named = isinstance(version, str) and version.casefold().startswith("reconciler")
    return named or (isinstance(kind, str) and (kind in kinds or kind == PROJECT))


def _foreign(value: Any, kinds: Mapping[str, Kind]) -> PathProblem | None:
    hint = "Leave files of other tools out with spec.exclude of the project."
    if not isinstance(value, dict):
        return PathProblem("not-a-manifest", "a document that is not a mapping", hint)
    version, kind = value.get("apiVersion"), value.get("kind")
    if version != API_VERSION:
        said = shown(version) if "apiVersion" in value else "missing"
        message = f"apiVersion is {said}; manifests say {API_VERSION}"
        return PathProblem("not-a-manifest", message, hint, ("apiVersion",))
    if kind == PROJECT:
        message = "the Project document belongs in reconciler.yaml at the root of the project"
        return PathProblem("misplaced-project", message, "", ("kind",))
    if not isinstance(kind, str) or kind not in kinds:
        known = sorted([*kinds, PROJECT])
        guess = did_you_mean(kind, known) if isinstance(kind, str) else ""
        message = f"unknown kind {shown(kind)}{guess}" if "kind" in value else "missing key 'kind'"
        return PathProblem("unknown-kind", message, f"Kinds: {', '.join(known)}.", ("kind",))
    return None


def _manifest(document: Document, parsed: ParsedFile, context: Context) -> Manifest:
    problems: list[PathProblem] = []
    value = Replacer(context.variables, problems.append).replace(document.value)
    manifest = Manifest(parsed.file, document, value)
    parsed.problems.extend(manifest.locate(problem) for problem in problems)
    patches = tuple(context.patches.get(manifest.address, ())) if manifest.address else ()
    for patch in patches:
        value = {**value, "spec": merge(value.get("spec"), patch.spec)}
    return Manifest(parsed.file, document, value, patches)
