"""The whole way from paths to the desired state; every problem on it is collected, then raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from reconciler.core.graph import Graph
from reconciler.core.kind import Kind
from reconciler.core.resource import Address
from reconciler.desired.data_file import set_aside
from reconciler.desired.digest import digest
from reconciler.desired.discover import Discovery, Source, find_manifests, find_project, read_source
from reconciler.desired.fileset import FileReader
from reconciler.desired.manifest import Manifest, ManifestFile
from reconciler.desired.path_problem import PathProblem, dig, undotted
from reconciler.desired.prepare import Context, ParsedFile, prepare
from reconciler.desired.project import Project
from reconciler.desired.project_file import ProjectInput, read_project, unused_patches
from reconciler.desired.resolve import resolve
from reconciler.desired.resource_builder import ResourceBuilder
from reconciler.errors import ManifestError, Problem
from reconciler.regular_file import real_path

MAX_DOCUMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Desired:
    """What the manifests want.

    ``digest`` is independent of files, order and spelling.  ``left_out`` names YAML files that
    were not taken for manifests.  ``whole`` is False when the given paths do not cover the
    project, so that what is not here may still be wanted.  ``warnings`` stop nothing.
    """

    project: Project
    graph: Graph
    digest: str
    left_out: tuple[str, ...] = ()
    whole: bool = True
    warnings: tuple[Problem, ...] = ()
    manifests: Mapping[str, Manifest] = field(default_factory=dict, compare=False, repr=False)
    """The manifests by address, with the places of their values."""
    locate: Callable[[Problem], Problem] = field(
        default=lambda problem: problem, compare=False, repr=False
    )
    """Gives a problem that was found later, at a key path of a manifest, its file and line."""


def load(
    paths: Sequence[Path],
    project_dir: Path,
    kinds: Mapping[str, Kind],
    *,
    target: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Desired:
    """The desired state under ``paths``, by default under the project directory.

    ``env`` is read for ``${env.NAME}`` of provider settings, and to find git.  Raises
    ``ManifestError`` with every problem found.
    """
    loading = _Loading(list(paths) or [project_dir], project_dir, kinds)
    return loading.run(target, env or {})


class _Loading:
    """One load; the problems grow until the end.

    ``_basic`` are those of reading; what else is said of the same place is then only noise.
    """

    def __init__(self, paths: Sequence[Path], project_dir: Path, kinds: Mapping[str, Kind]) -> None:
        self._paths = paths
        self._dir = project_dir
        self._kinds = kinds
        self._basic: list[Problem] = []
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._files: dict[Path, ManifestFile] = {}
        self._by_address: dict[str, Manifest] = {}
        self._documents = 0
        self._unread = False
        self._env: Mapping[str, str] = {}

    def run(self, target: str | None, env: Mapping[str, str]) -> Desired:
        self._env = env
        file = self._project_file()
        providers = frozenset(kind.provider for kind in self._kinds.values())
        read = read_project(file, ProjectInput(target, env, providers))
        self._problems += read.problems
        project = read.project
        discovery = self._manifests(project, file)
        context = Context(self._kinds, project.variables, read.patches, file)
        files = set_aside(
            [prepare(each, context) for each in self._open(discovery.sources)], self._kinds
        )
        self._problems += files.problems
        graph = self._graph(files.manifests, project)
        whole = self._whole(file)
        if whole:
            self._problems += unused_patches(
                read.patches, self._known(files.manifests), set(self._kinds)
            )
        self._raise()
        left_out = tuple(sorted((*discovery.left_out, *files.left_out)))
        whole_digest = digest(project, graph, self._kinds)
        warnings = tuple(sorted(self._warnings, key=_place))
        return Desired(
            project,
            graph,
            whole_digest,
            left_out,
            whole,
            warnings,
            manifests=self._by_address,
            locate=self._locate,
        )

    def _locate(self, problem: Problem) -> Problem:
        manifest = self._by_address.get(problem.address)
        if manifest is None or not problem.path:
            return problem
        keys = undotted(problem.path)
        # The key may be one that is missing: the nearest one that is written is the place then.
        while keys and dig(manifest.value, keys) is None:
            keys = keys[:-1]
        located = manifest.locate(PathProblem(problem.code, problem.message, problem.hint, keys))
        return replace(problem, file=located.file, line=located.line, column=located.column)

    def _project_file(self) -> ManifestFile | None:
        discovery = find_project(self._paths, self._dir)
        self._problems += discovery.problems
        files = self._open(discovery.sources)
        if files:
            self._basic += files[0].yaml.problems
        return files[0] if files else None

    def _manifests(self, project: Project, file: ManifestFile | None) -> Discovery:
        base = file.source.folder if file else self._dir
        discovery = find_manifests(self._paths, self._dir, project.exclude, base)
        self._basic += discovery.problems
        self._unread |= bool(discovery.problems)
        return discovery

    def _open(self, sources: Sequence[Source]) -> list[ManifestFile]:
        opened: list[ManifestFile] = []
        for source in sources:
            if source.real not in self._files:
                data = read_source(source)
                if isinstance(data, Problem):
                    self._basic.append(data)
                    self._unread = True
                    continue
                self._files[source.real] = ManifestFile(source, data)
                self._documents += len(self._files[source.real].yaml.documents)
            if self._documents > MAX_DOCUMENTS:
                message = f"more than {MAX_DOCUMENTS} documents"
                self._basic.append(Problem("too-many-documents", message, file=source.shown))
                return []
            opened.append(self._files[source.real])
        return opened

    def _graph(self, files: Sequence[ParsedFile], project: Project) -> Graph:
        self._basic += [problem for file in files for problem in file.problems]
        manifests = [manifest for file in files for manifest in file.manifests]
        reader = FileReader(self._env)
        builders = [
            ResourceBuilder(manifest, self._kinds[manifest.value["kind"]], project.scope, reader)
            for manifest in manifests
        ]
        self._warnings += [b.manifest.locate(each) for b in builders for each in b.warnings]
        self._by_address = {str(b.manifest.address): b.manifest for b in builders}
        graph, between = resolve(builders, self._lost(files))
        self._problems += [b.manifest.locate(each) for b in builders for each in b.problems]
        self._problems += between
        return graph

    def _lost(self, files: Sequence[ParsedFile]) -> set[str] | None:
        if self._unread or not all(file.file.yaml.whole for file in files):
            return None
        return {name for file in files for name in file.refused}

    def _known(self, files: Sequence[ParsedFile]) -> set[Address]:
        return {each.address for file in files for each in file.manifests if each.address}

    def _whole(self, file: ManifestFile | None) -> bool:
        root = real_path(file.source.folder if file else self._dir)
        return any(root.is_relative_to(real_path(path)) for path in self._paths)

    def _raise(self) -> None:
        places = {(each.file, each.line, each.column) for each in self._basic}
        others = [p for p in self._problems if (p.file, p.line, p.column) not in places]
        problems = dict.fromkeys((*self._basic, *others))
        if problems:
            raise ManifestError(sorted(problems, key=_place))


def _place(problem: Problem) -> tuple[str, int, int, str, str]:
    # Problems at one place keep their order: that of the lines of a data file.
    p = problem
    return (p.file, p.line, p.column, p.path, p.code)
