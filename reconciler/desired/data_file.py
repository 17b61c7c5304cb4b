"""YAML files that are data of a model or an image, as opposed to manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.core.kind import Kind
from reconciler.desired.fileset import paths_of
from reconciler.desired.manifest import Manifest
from reconciler.desired.path_problem import InputError, dig, undotted
from reconciler.desired.prepare import ParsedFile
from reconciler.desired.project_path import locate
from reconciler.errors import Problem


@dataclass(frozen=True, slots=True)
class Classified:
    """Files that are manifests, paths of those that are data, and files that could be either."""

    manifests: tuple[ParsedFile, ...]
    left_out: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())


def set_aside(files: Sequence[ParsedFile], kinds: Mapping[str, Kind]) -> Classified:
    """Files inside a folder that a manifest names as its files are data, not manifests.

    Where the folder holds the manifest that names it, manifests and data lie side by side, and
    what looks like a manifest is one.  Elsewhere it is a problem: it is either sent as data or
    meant as a manifest, and a guess would drop a resource in silence.
    """
    roots = _roots(files, kinds)
    manifests: list[ParsedFile] = []
    left_out: list[str] = []
    problems: list[Problem] = []
    for file in files:
        source = file.file.source
        around = [roots[folder] for folder in source.real.parents if folder in roots]
        if not around or (file.looks_ours and all(around)):
            manifests.append(file)
            continue
        left_out.append(source.shown)
        if file.looks_ours:
            message = "a manifest inside a folder that is sent as files of another manifest"
            hint = "Move it out of that folder, or leave it out with spec.exclude of the project."
            problems.append(Problem("manifest-in-files", message, hint, "", "", source.shown, 1, 1))
    return Classified(tuple(manifests), tuple(left_out), tuple(problems))


def _roots(files: Iterable[ParsedFile], kinds: Mapping[str, Kind]) -> dict[Path, bool]:
    """Folders named as files, and whether all manifests that name it lie inside of it."""
    found: dict[Path, bool] = {}
    for file in files:
        for manifest in file.manifests:
            for root in _named(manifest, kinds[manifest.value["kind"]]):
                inside = file.file.source.real.is_relative_to(root)
                found[root] = found.get(root, True) and inside
    return found


def _named(manifest: Manifest, kind: Kind) -> Iterator[Path]:
    for path, role in kind.files.items():
        for text in paths_of(dig(manifest.value, ("spec", *undotted(path))), role):
            try:
                root = locate(text, manifest.file.source)
            except InputError:
                continue
            if root.is_dir():
                yield root
