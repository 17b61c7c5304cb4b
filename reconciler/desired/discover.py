"""Which YAML files the given paths name: the project's own file and the manifests."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.desired.ignore import Patterns, compile_patterns
from reconciler.desired.path_problem import InputError
from reconciler.desired.yaml_text import MAX_BYTES
from reconciler.errors import Problem
from reconciler.regular_file import open_regular, real_path, reason, strange

PROJECT_FILE = "reconciler.yaml"
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Source:
    """One YAML file: how the user names it, and where it is.

    ``real`` is the file itself, ``folder`` the real folder that its relative paths begin at, and
    ``root`` the real folder that they may not leave.
    """

    shown: str
    real: Path
    folder: Path
    root: Path

    @classmethod
    def of(cls, path: Path, root: Path) -> Source:
        """The source of a file that exists."""
        return cls(path.as_posix(), real_path(path), real_path(path.parent), root)


@dataclass(slots=True)
class Discovery:
    """What a search came back with."""

    sources: list[Source] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def find_project(paths: Sequence[Path], project_dir: Path) -> Discovery:
    """``reconciler.yaml`` of the project directory, or of a path that brings its own."""
    discovery = Discovery()
    folders = [project_dir, *(path if path.is_dir() else path.parent for path in paths)]
    named = [folder / PROJECT_FILE for folder in folders]
    for path in {real_path(each): each for each in reversed(named) if each.exists()}.values():
        discovery.sources.append(Source.of(path, _root(path, project_dir)))
    discovery.sources.sort(key=lambda source: source.shown)
    if len(discovery.sources) > 1:
        message = f"more than one {PROJECT_FILE}: {', '.join(s.shown for s in discovery.sources)}"
        hint = "Give paths of one project only."
        discovery.problems.append(
            Problem("two-projects", message, hint, file=discovery.sources[1].shown)
        )
    return discovery


def find_manifests(
    paths: Sequence[Path], project_dir: Path, exclude: Sequence[str], exclude_root: Path
) -> Discovery:
    """Every YAML file under the paths but the excluded and hidden ones, each once, sorted."""
    discovery = Discovery()
    ignored = _compiled(exclude)
    base = real_path(exclude_root)
    seen: set[Path] = set()
    for given in paths:
        root = _root(given, project_dir)
        for path, explicit in _walk(given, discovery):
            source = Source.of(path, root)
            left_out = path.name.startswith(".") or ignored.matches(
                os.path.relpath(source.real, base)
            )
            if source.real in seen:
                continue
            seen.add(source.real)
            if left_out and not explicit:
                discovery.left_out.append(source.shown)
            else:
                _take(source, discovery)
    discovery.sources.sort(key=lambda source: source.shown)
    return discovery


def _take(source: Source, discovery: Discovery) -> None:
    if source.real.is_relative_to(source.root):
        discovery.sources.append(source)
    else:
        message = "a link that leads out of the project directory"
        discovery.problems.append(Problem("link-outside", message, file=source.shown))


def _compiled(exclude: Sequence[str]) -> Patterns:
    try:
        return compile_patterns(exclude)
    except InputError:
        # Already a problem of the project, which is then read as well as it can be.
        return compile_patterns([])


def _root(given: Path, project_dir: Path) -> Path:
    """The project directory, or for a path outside of it that path's own folder."""
    real, project = real_path(given), real_path(project_dir)
    if real.is_relative_to(project):
        return project
    return real if real.is_dir() else real.parent


def _walk(given: Path, discovery: Discovery) -> Iterator[tuple[Path, bool]]:
    if given.is_dir():
        yield from ((path, False) for path in _walk_folder(given, discovery))
    elif given.exists():
        yield given, True
    else:
        message = f"no such file or folder: {given.as_posix()!r}"
        discovery.problems.append(Problem("no-such-path", message, file=given.as_posix()))


def _walk_folder(top: Path, discovery: Discovery) -> Iterator[Path]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            message = f"cannot read the folder: {reason(error)}"
            discovery.problems.append(Problem("unreadable", message, file=folder.as_posix()))
            continue
        for entry in entries:
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith(".") and _named_well(path, discovery):
                    waiting.append(path)
            elif path.is_dir():
                # A link to a folder is not followed: its files may be seen twice, or for ever.
                discovery.left_out.append(path.as_posix())
            elif entry.name.lower().endswith(SUFFIXES) and _named_well(path, discovery):
                yield path


def _named_well(path: Path, discovery: Discovery) -> bool:
    if strange(path.name):
        message = f"a name with control characters: {path.name!r}"
        discovery.problems.append(Problem("file-name", message, file=path.parent.as_posix()))
        return False
    return True


def read_source(source: Source) -> bytes | Problem:
    """The bytes of a file, at most one over the limit; or why it cannot be read."""
    try:
        with open_regular(source.real) as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        return Problem("unreadable", f"cannot read the file: {reason(error)}", file=source.shown)
