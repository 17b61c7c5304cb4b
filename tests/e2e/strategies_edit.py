"""Hypothesis strategies of a repository before and after an edit that the platform can follow."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.support.manifest_strategies import (
    Doc,
    ManifestSet,
    environments,
    manifest_sets,
    models,
)

# Fixed when a model is made, or part of what is: an edit that changes them is refused.
_FIXED = (
    "targetType",
    "targetName",
    "classLabels",
    "positiveClassLabel",
    "negativeClassLabel",
    "predictionThreshold",
    "calibratePredictions",
)
_ONE_WAY = "isTrainingDataForVersionsPermanentlyEnabled"


@dataclass(frozen=True)
class Edit:
    """Each object of before is in after as it was, or written anew, or gone."""

    before: ManifestSet
    after: ManifestSet


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """A set of manifests and an edit of some of them that needs no more leave than --prune."""
    before = draw(manifest_sets())
    documents: list[Doc] = []
    files: dict[str, bytes] = {}
    needed = _needed(before.documents)
    for document in before.documents:
        if document["metadata"]["name"] not in needed and draw(st.integers(0, 3)) == 0:
            continue
        kept, tree = document, _files_of(before, document)
        if draw(st.booleans()):
            kept, tree = draw(_rewritten(document, tree, documents))
        documents.append(kept)
        files |= tree
    return Edit(before, ManifestSet(tuple(documents), files))


def _needed(documents: tuple[Doc, ...]) -> set[str]:
    """Names that others refer to, or that are protected; at least one, as a set is never empty."""
    needed = {documents[0]["metadata"]["name"]}
    for each in documents:
        if each.get("lifecycle", {}).get("protect"):
            needed.add(each["metadata"]["name"])
        needed |= {address.partition("/")[2] for address in each.get("dependsOn", ())}
        reference = each["spec"].get("version", {}).get("environment", {})
        needed |= {reference["ref"]} if "ref" in reference else set()
    return needed


@st.composite
def _rewritten(
    draw: st.DrawFn, old: Doc, tree: dict[str, bytes], earlier: list[Doc]
) -> tuple[Doc, dict[str, bytes]]:
    name = old["metadata"]["name"]
    if old["kind"] == "ExecutionEnvironment":
        new, files = draw(environments(name))
        if "version" in old["spec"] and "version" not in new["spec"]:
            # Models may still refer to it.
            return old | {"spec": {**new["spec"], "version": old["spec"]["version"]}}, tree
        return new, files
    built = [
        each["metadata"]["name"]
        for each in earlier
        if each["kind"] == "ExecutionEnvironment" and "version" in each["spec"]
    ]
    new, files = draw(models(name, built))
    spec = {key: value for key, value in new["spec"].items() if key not in _FIXED}
    spec |= {key: old["spec"][key] for key in _FIXED if key in old["spec"]}
    if old["spec"].get(_ONE_WAY) and _ONE_WAY in spec:
        spec[_ONE_WAY] = True
    return new | {"spec": spec}, files


def _files_of(made: ManifestSet, document: Doc) -> dict[str, bytes]:
    top = "contexts" if document["kind"] == "ExecutionEnvironment" else "models"
    prefix = f"{top}/{document['metadata']['name']}/"
    return {path: content for path, content in made.files.items() if path.startswith(prefix)}
