"""Which files of a folder count: gitignore patterns, nested ignore files, and constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import pathspec

from reconciler.desired.path_problem import InputError, PathProblem

IGNORE_FILE: Final = ".reconcilerignore"
_NEVER: Final = frozenset({".git", IGNORE_FILE, "__pycache__", ".DS_Store"})
MAX_PATTERNS, MAX_LENGTH, MAX_WILDCARDS = 1_000, 1_000, 8


def compile_patterns(lines: Sequence[str]) -> pathspec.GitIgnoreSpec:
    """The patterns as one matcher.

    Raises ``InputError`` for a pattern that is not gitignore syntax or too costly to match; its
    only key is the pattern's index, from 0.
    """
    return _compiled(tuple(lines))


@lru_cache(maxsize=256)
def _compiled(lines: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    # Most models of a project have the same few patterns.
    if len(lines) > MAX_PATTERNS:
        raise _bad_pattern(f"more than {MAX_PATTERNS} patterns", MAX_PATTERNS)
    for index, line in enumerate(lines):
        # Each wildcard can multiply the work of a match by the length of a name.
        if len(line) > MAX_LENGTH or line.count("*") + line.count("?") > MAX_WILDCARDS:
            raise _bad_pattern("a pattern that is too long or has too many wildcards", index)
        try:
            pathspec.GitIgnoreSpec.from_lines([line])
        except ValueError as error:
            raise _bad_pattern("not a gitignore pattern", index) from error
    return pathspec.GitIgnoreSpec.from_lines(lines)


def _bad_pattern(message: str, index: int) -> InputError:
    return InputError(PathProblem("bad-pattern", message, keys=(index,)))


def never_counts(name: str) -> bool:
    """Whether a file or folder of this name is left out whatever the patterns say."""
    return name in _NEVER or name.endswith(".pyc")


@dataclass(frozen=True, slots=True)
class Rules:
    """The ignore files in force for a folder: each with the length of the path it starts at."""

    levels: tuple[tuple[int, pathspec.GitIgnoreSpec], ...] = ()
    negates: bool = False

    def below(self, folder: str, patterns: pathspec.GitIgnoreSpec) -> Rules:
        """The rules for this folder and what lies in it, its own patterns added."""
        level = (len(folder) + 1 if folder else 0, patterns)
        negates = any(pattern.include is False for pattern in patterns.patterns)
        return Rules((*self.levels, level), self.negates or negates)

    def verdict(self, path: str) -> bool | None:
        """Of a file: True leaves it out, False keeps it, None says nothing; the deepest decides."""
        for start, patterns in reversed(self.levels):
            said = patterns.check_file(path[start:]).include
            if said is not None:
                return said
        return None

    def prunes(self, folder: str) -> bool:
        """Whether nothing in this folder can count.

        GitIgnoreSpec judges files; of a folder it says too much where patterns negate, so
        then its files are asked one by one.
        """
        return not self.negates and bool(self.verdict(f"{folder}/"))
