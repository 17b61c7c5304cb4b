"""Reading an ignore file: bounded, UTF-8, and its problems named by file and line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from reconciler.desired.path_problem import InputError, PathProblem
from reconciler.regular_file import open_regular

MAX_BYTES: Final = 2**16
T = TypeVar("T")


def read_ignore_file(path: Path, shown: str, compile: Callable[[Sequence[str]], T]) -> T:
    """What ``compile`` makes of the file's lines; a problem of it has a line's index as its key.

    Raises ``InputError``, and ``OSError`` where the file cannot be read.
    """
    with open_regular(path) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(PathProblem("bad-pattern", f"{shown} is too large"))
    try:
        # Editors of Windows put a byte order mark first.
        return compile(data.decode("utf-8-sig").splitlines())
    except InputError as error:
        raise InputError(*(_in_file(shown, each) for each in error.problems)) from error
    except UnicodeDecodeError as error:
        raise InputError(PathProblem("bad-pattern", f"{shown} is not UTF-8")) from error


def _in_file(file: str, problem: PathProblem) -> PathProblem:
    """The manifest has no key for a line of the file, so that the message names it."""
    line = int(problem.keys[0]) + 1
    return PathProblem(problem.code, f"{file}, line {line}: {problem.message}", problem.hint)
