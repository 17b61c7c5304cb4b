"""All resources of a load held against each other: names, references, circles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reconciler.core.graph import Graph
from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import Address
from reconciler.desired.path_problem import PathProblem
from reconciler.desired.resource_builder import Reference, ResourceBuilder
from reconciler.errors import Problem


def resolve(
    builders: Sequence[ResourceBuilder], lost: Collection[str] | None
) -> tuple[Graph, list[Problem]]:
    """The graph, and what is wrong between its members.

    ``lost`` are the names in documents that were refused, None when some could not be read at
    all: a reference to one of them is not reported as wrong.
    """
    first: dict[Address, ResourceBuilder] = {}
    problems: list[Problem] = []
    for builder in builders:
        address = builder.manifest.address
        if address and address in first:
            problems.append(_twice(builder, first[address], address))
        elif address:
            first[address] = builder
    if lost is not None:
        for builder in builders:
            problems.extend(_unresolved(builder, first, lost))
    problems += _same_name(list(first.values()))
    graph = Graph.of(each.resource for each in first.values() if each.resource)
    problems += [_circle(circle, first[circle[0]]) for circle in graph.cycles()]
    return graph, problems


def _twice(builder: ResourceBuilder, first: ResourceBuilder, address: Address) -> Problem:
    document, file = first.manifest.document, first.manifest.file.source.shown
    message = f"{address} is already at {file}:{document.line}:{document.column}"
    hint = "Give one of the two another metadata.name."
    return builder.manifest.locate(
        PathProblem("duplicate-name", message, hint, ("metadata", "name"))
    )


def _same_name(builders: Sequence[ResourceBuilder]) -> Iterator[Problem]:
    """Two manifests of one kind whose objects people could not tell apart on the platform."""
    shown: dict[tuple[str, str], ResourceBuilder] = {}
    for builder in builders:
        resource = builder.resource
        if resource is None or not builder.kind.listed:
            continue
        key = (resource.address.kind, resource.display_name)
        other = shown.setdefault(key, builder).resource
        if other is not None and other is not resource:
            message = f"{other.address} has the same spec.name {resource.display_name!r}"
            hint = "Give one of the two another spec.name."
            problem = PathProblem("duplicate-name", message, hint, ("spec", "name"))
            yield builder.manifest.locate(problem)


def _unresolved(
    builder: ResourceBuilder, known: Collection[Address], lost: Collection[str]
) -> Iterator[Problem]:
    for reference in builder.references:
        if reference.address not in known and reference.address.name not in lost:
            yield builder.manifest.locate(_not_found(reference, known))


def _not_found(reference: Reference, known: Collection[Address]) -> PathProblem:
    kind, name = reference.address
    if reference.keys[0] == "dependsOn":
        guess = did_you_mean(str(reference.address), (str(each) for each in known))
    else:
        guess = did_you_mean(name, (each.name for each in known if each.kind == kind))
    hint = "It must be among the manifests of the paths given."
    return PathProblem(
        "unknown-reference", f"no manifest {reference.address}{guess}", hint, reference.keys
    )


def _circle(circle: tuple[Address, ...], builder: ResourceBuilder) -> Problem:
    keys = next(
        reference.keys for reference in builder.references if reference.address == circle[1]
    )
    message = f"a circle of dependencies: {' -> '.join(str(each) for each in circle)}"
    return builder.manifest.locate(PathProblem("cycle", message, "Take one of them out.", keys))
