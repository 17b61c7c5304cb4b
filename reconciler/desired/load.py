"""The whole way from paths to the desired state; every problem on it is collected, then raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.graph import Graph
from reconciler.core.kind import Kind
from reconciler.core.nearest import did_you_mean
from reconciler.core.resource import Address
from reconciler.desired.data_file import set_aside
from reconciler.desired.digest import digest
from reconciler.desired.discover import Found, Source, find_manifests, find_project, read_source
from reconciler.desired.fault import Fault, shown
from reconciler.desired.link import link
from reconciler.desired.manifest import AppliedPatch, Manifest, ManifestFile
from reconciler.desired.placeholder import Replacer
from reconciler.desired.prepare import Context, Prepared, is_project, prepare
from reconciler.desired.project import Chooser, Project, parse_project, unknown_target
from reconciler.desired.resource_builder import ResourceBuilder
from reconciler.errors import ManifestError, Problem

MAX_DOCUMENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Desired:
    """What the manifests want.

    ``digest`` is independent of files, order and spelling.  ``left_out`` names YAML files that
    were not taken for manifests.  ``whole`` is False when the given paths do not cover the
    project, so that what is not here may still be wanted.
    """

    project: Project
    graph: Graph
    digest: str
    left_out: tuple[str, ...] = ()
    whole: bool = True


def load(
    paths: Sequence[Path],
    project_dir: Path,
    kinds: Mapping[str, Kind],
    *,
    target: str | None = None,
    env: Mapping[str, str] | None = None,
) -> Desired:
    """The desired state under ``paths``, by default under the project directory.

    ``env`` is read for ``${env.NAME}`` of provider settings only.  Raises ``ManifestError`` with
    every problem found.
    """
    loading = _Loading(list(paths) or [project_dir], project_dir, kinds)
    return loading.run(target, env or {})


class _Loading:
    """One load; ``problems`` grows until the end."""

    def __init__(self, paths: Sequence[Path], project_dir: Path, kinds: Mapping[str, Kind]) -> None:
        self._paths = paths
        self._dir = project_dir
        self._kinds = kinds
        self._problems: list[Problem] = []
        self._files: dict[Path, ManifestFile] = {}

    def run(self, target: str | None, env: Mapping[str, str]) -> Desired:
        file = self._project_file()
        project = self._project(file, target, env)
        # Without a sound project nobody can tell which files and values are meant.
        self._raise()
        found = self._found(project, file)
        context = Context(self._kinds, project.variables, self._patches(project, file), file)
        prepared = [prepare(each, context) for each in self._open(found.sources)]
        files = set_aside(prepared, self._kinds)
        self._problems.extend(files.problems)
        whole = self._whole(file)
        graph = self._graph(files.manifests, project, all_read=not found.problems)
        self._check_patches(context.patches, files.manifests, whole=whole)
        self._raise()
        left_out = tuple(sorted((*found.left_out, *files.left_out)))
        return Desired(project, graph, digest(project, graph, self._kinds), left_out, whole)

    # Project

    def _project_file(self) -> ManifestFile | None:
        found = find_project(self._paths, self._dir)
        self._problems.extend(found.problems)
        files = self._open(found.sources)
        return files[0] if files else None

    def _project(
        self, file: ManifestFile | None, target: str | None, env: Mapping[str, str]
    ) -> Project:
        documents = [each for each in file.reading.documents if is_project(each)] if file else []
        if file is None or not documents:
            if target:
                fault = unknown_target(target, {})
                self._problems.append(Problem(fault.code, fault.message, fault.hint))
            return Project()
        document = documents[0]

        def report(fault: Fault) -> None:
            self._problems.append(file.problem(document, fault))

        for extra in documents[1:]:
            fault = Fault("two-projects", "a second Project document", "", ("kind",))
            self._problems.append(file.problem(extra, fault))
        manifest = parse_project(document.value, report)
        if manifest is None:
            # The reader may know better what is wrong with the same place.
            self._problems.extend(file.reading.problems)
            return Project()
        known = {kind.provider for kind in self._kinds.values()}
        return Chooser(manifest, env, known, report).choose(target, file.source.shown)

    def _patches(self, project: Project, file: ManifestFile | None) -> list[AppliedPatch]:
        patches: list[AppliedPatch] = []
        for keys, patch in project.patches:
            assert file is not None  # a patch comes from a project file
            document = next(each for each in file.reading.documents if is_project(each))
            faults: list[Fault] = []
            spec = Replacer(project.variables, faults.append).replace(patch.spec, keys)
            self._problems.extend(file.problem(document, fault) for fault in faults)
            address = Address(patch.kind, patch.name)
            patches.append(AppliedPatch(address, file, document, keys, spec))
        return patches

    def _check_patches(
        self, patches: Sequence[AppliedPatch], files: Sequence[Prepared], *, whole: bool
    ) -> None:
        known = {m.address for file in files for m in file.manifests if m.address}
        for patch in patches:
            if patch.address.kind not in self._kinds:
                guess = did_you_mean(patch.address.kind, self._kinds)
                message = f"unknown kind {shown(patch.address.kind)}{guess}"
                fault = Fault("unknown-kind", message, "", (*patch.keys[:-1], "kind"))
            elif whole and patch.address not in known:
                guess = did_you_mean(str(patch.address), (str(each) for each in known))
                message = f"a patch of {patch.address}, which no manifest defines{guess}"
                fault = Fault("unknown-reference", message, "", (*patch.keys[:-1], "name"))
            else:
                continue
            self._problems.append(patch.file.problem(patch.document, fault))

    # Manifests

    def _found(self, project: Project, file: ManifestFile | None) -> Found:
        base = file.source.path.parent if file else self._dir
        found = find_manifests(self._paths, self._dir, project.exclude, base)
        self._problems.extend(found.problems)
        return found

    def _open(self, sources: Sequence[Source]) -> list[ManifestFile]:
        opened: list[ManifestFile] = []
        for source in sources:
            real = source.path.resolve()
            if real not in self._files:
                data = read_source(source)
                if isinstance(data, Problem):
                    self._problems.append(data)
                    continue
                self._files[real] = ManifestFile(source, data)
            opened.append(self._files[real])
        return opened

    def _graph(self, files: Sequence[Prepared], project: Project, *, all_read: bool) -> Graph:
        before = [problem for file in files for problem in file.problems]
        manifests = [manifest for file in files for manifest in file.manifests]
        whole = all_read and all(file.file.reading.whole for file in files)
        builders = [self._build(manifest, project) for manifest in manifests[:MAX_DOCUMENTS]]
        if len(manifests) > MAX_DOCUMENTS:
            before.append(Problem("too-many-documents", f"more than {MAX_DOCUMENTS} manifests"))
        graph, between = link(builders, all_read=whole)
        own = [b.manifest.problem(fault) for b in builders for fault in b.faults]
        self._problems += [*before, *_unless_at(own, before), *between]
        return graph

    def _build(self, manifest: Manifest, project: Project) -> ResourceBuilder:
        return ResourceBuilder(manifest, self._kinds[manifest.value["kind"]], project.scope)

    def _whole(self, file: ManifestFile | None) -> bool:
        root = (file.source.path.parent if file else self._dir).resolve()
        return any(root.is_relative_to(path.resolve()) for path in self._paths)

    def _raise(self) -> None:
        if self._problems:
            ranked = sorted(
                dict.fromkeys(self._problems),
                key=lambda p: (p.file, p.line, p.column, p.path, p.code, p.message),
            )
            raise ManifestError(ranked)


def _unless_at(problems: Sequence[Problem], known: Sequence[Problem]) -> list[Problem]:
    """Without those at a place of which something more basic is known already."""
    places = {(each.file, each.line, each.column) for each in known}
    return [each for each in problems if (each.file, each.line, each.column) not in places]
