"""``.dockerignore`` of a Docker context, with Docker's own rules.

Source: https://docs.docker.com/build/concepts/context/#dockerignore-files, and where the page is
silent moby/patternmatcher, which the Docker client and BuildKit use.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.core.fileset import normal_path
from reconciler.desired.glob import ANY, DEEP, FOLDERS, STAR, Glob, Token, UnclosedClass, read_class
from reconciler.desired.ignore import check_length
from reconciler.desired.ignore_file import read_ignore_file
from reconciler.desired.path_problem import InputError, PathProblem

DOCKERFILE: Final = "Dockerfile"
# A file beside the Dockerfile, named after it, takes precedence.
NAMES: Final = ("Dockerfile.dockerignore", ".dockerignore")
_SPECIAL: Final = frozenset("*?[]\\")


@dataclass(frozen=True, slots=True)
class DockerIgnore:
    """The patterns of one ``.dockerignore``, each with whether it is an exception (``!``)."""

    file: str = ""
    patterns: tuple[tuple[Glob, bool], ...] = ()

    def ignores(self, path: str) -> bool:
        """Whether a file of the context is left out.

        The last pattern that matches the file or a folder above it decides.  The Dockerfile and
        the ignore file are always sent: the build needs them.
        """
        if path in (DOCKERFILE, self.file):
            return False
        for glob, negated in reversed(self.patterns):
            if any(glob.match(path)):
                return not negated
        return False

    def prunes(self, folder: str) -> bool:
        """Whether nothing in this folder can count; with exceptions its files are asked."""
        excepts = any(negated for _, negated in self.patterns)
        return not excepts and any(any(glob.match(folder)) for glob, _ in self.patterns)

    def names(self, path: str) -> bool:
        """Whether an exception without wildcards means this very file."""
        literal = (tuple(path), True)
        return any((glob.tokens, negated) == literal for glob, negated in self.patterns)


def read_dockerignore(context: Path) -> DockerIgnore:
    """The rules of a context's folder.  Raises ``InputError``, and ``OSError`` as for any file."""
    for name in NAMES:
        if (context / name).exists():
            return DockerIgnore(name, read_ignore_file(context / name, name, _compiled))
    return DockerIgnore()


def _compiled(lines: Sequence[str]) -> tuple[tuple[Glob, bool], ...]:
    return tuple(_patterns(lines))


def _patterns(lines: Sequence[str]) -> Iterator[tuple[Glob, bool]]:
    for index, line in enumerate(lines):
        check_length(line, index)
        text = normal_path(line).strip()
        if line.startswith("#") or not text:
            continue
        body = text.removeprefix("!").strip()
        if not body:
            raise _bad("an exception without a pattern", index)
        path = _clean(body)
        # "For historical reasons, the pattern . is ignored."
        if path != ".":
            try:
                yield Glob(tuple(_tokens(path))), text.startswith("!")
            except UnclosedClass as error:
                raise _bad("a bracket expression that can match nothing", index) from error
            except ValueError as error:
                raise _bad("not a .dockerignore pattern", index) from error


def _bad(message: str, index: int) -> InputError:
    return InputError(PathProblem("bad-pattern", message, keys=(index,)))


def _clean(body: str) -> str:
    """As Go's ``filepath.Clean``, and without the slash that stands for the context's root."""
    path = posixpath.normpath(body)
    # POSIX keeps two slashes at the start, Go does not.
    return path.lstrip("/") or "/"


def _tokens(path: str) -> Iterator[Token]:
    if path.startswith("**") and not _SPECIAL & set(path[2:]) and path[2:3] != "/":
        # With nothing else in it this one is the end of a path, also of a name: `**.log`.
        yield DEEP
        yield from path[2:]
        return
    at = 0
    while at < len(path):
        char = path[at]
        at += 1
        if path.startswith("**", at - 1):
            at += 1 + path.startswith("/", at + 1)
            yield FOLDERS if at < len(path) else DEEP
        elif char == "[":
            token, at = read_class(path, at, negation="^")
            yield token
        elif char == "\\":
            if at == len(path):
                raise ValueError(path)
            yield path[at]
            at += 1
        else:
            yield {"*": STAR, "?": ANY}.get(char, char)
