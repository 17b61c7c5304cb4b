"""Which files of a folder count: gitignore patterns, nested ignore files, and constants.

The rules of a pattern are those of https://git-scm.com/docs/gitignore, with one difference: a file
can be kept although its folder is left out, because a verdict on the file itself comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PureWindowsPath
from typing import Final

from reconciler.core.fileset import normal_path
from reconciler.desired.glob import ANY, DEEP, FOLDERS, STAR, Glob, Token, UnclosedClass, read_class
from reconciler.desired.path_problem import InputError, PathProblem

IGNORE_FILE: Final = ".reconcilerignore"
_NEVER: Final = frozenset({".git", IGNORE_FILE, "__pycache__", ".DS_Store"})
MAX_PATTERNS, MAX_LENGTH = 1_000, 1_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """One gitignore pattern; ``negated`` keeps what it matches, ``folders`` matches only those.

    ``index`` is its place among the lines it was read from.
    """

    glob: Glob
    negated: bool = False
    folders: bool = False
    index: int = 0

    def match(self, path: str) -> tuple[bool, bool]:
        """Whether it matches the file itself, and whether a folder above it."""
        itself, above = self.glob.match(path)
        return itself and not self.folders, above

    @property
    def literal(self) -> bool:
        """Whether it is a name or a path without wildcards."""
        tokens = self.glob.tokens
        return all(isinstance(token, str) for token in tokens[tokens[:1] == (FOLDERS,) :])


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns in their order; of those that match a path, the last one decides."""

    patterns: tuple[Pattern, ...] = ()

    @property
    def negates(self) -> bool:
        """Whether a pattern keeps what others leave out."""
        return any(pattern.negated for pattern in self.patterns)

    def verdict(self, path: str) -> bool | None:
        """True for a match, False for a negated one, None where no pattern says anything.

        A pattern that matches the path itself beats all that match a folder above it.  A folder
        is asked for with a ``/`` at its end.
        """
        by_folder: bool | None = None
        for pattern in reversed(self.patterns):
            itself, above = pattern.match(path)
            if itself:
                return not pattern.negated
            if above and by_folder is None:
                by_folder = not pattern.negated
        return by_folder

    def matches(self, path: str) -> bool:
        """Whether the last word on this file is a match."""
        return bool(self.verdict(path))

    def names(self, path: str, *, negated: bool) -> bool:
        """Whether a pattern without wildcards, negated or not, means this very file."""
        return any(
            pattern.negated is negated and pattern.literal and pattern.match(path)[0]
            for pattern in self.patterns
        )


def compile_patterns(lines: Sequence[str]) -> Patterns:
    """The patterns of a manifest as one matcher.

    Raises ``InputError`` for a pattern that is not gitignore syntax or can match nothing; its
    only key is the pattern's index, from 0.
    """
    for index, line in enumerate(lines):
        text = line.strip()
        if text in ("", "/") or text.startswith("#"):
            raise _bad_pattern(f"the pattern {line[:60]!r} can match nothing", index)
    return _compiled(tuple(lines))


def compile_ignore_file(lines: Sequence[str]) -> Patterns:
    """The patterns of an ignore file; comments and empty lines are none.  Raises ``InputError``."""
    return _compiled(tuple(lines))


@lru_cache(maxsize=256)
def _compiled(lines: tuple[str, ...]) -> Patterns:
    # Most models of a project have the same few patterns.
    return Patterns(tuple(_read(lines)))


def _read(lines: Sequence[str]) -> Iterator[Pattern]:
    for index, line in enumerate(lines):
        check_length(line, index)
        text = _stripped(normal_path(line))
        if not text or text.startswith("#") or text == "/":
            continue
        try:
            yield _pattern(text, index)
        except UnclosedClass as error:
            raise _bad_pattern("a bracket expression that can match nothing", index) from error
        except ValueError as error:
            raise _bad_pattern("not a gitignore pattern", index) from error


def check_length(line: str, index: int) -> None:
    """Refuse a pattern that is too long, or one too many.  Raises ``InputError``."""
    if index >= MAX_PATTERNS:
        raise _bad_pattern(f"more than {MAX_PATTERNS} patterns", index)
    if len(line) > MAX_LENGTH:
        raise _bad_pattern(f"a pattern longer than {MAX_LENGTH} characters", index)


def _bad_pattern(message: str, index: int, hint: str = "") -> InputError:
    return InputError(PathProblem("bad-pattern", message, hint, (index,)))


def _stripped(line: str) -> str:
    """Without the blanks at its end, but for one that a backslash protects."""
    text = line.rstrip()
    backslashes = len(text) - len(text.rstrip("\\"))
    return line[: len(text) + 1] if backslashes % 2 and len(text) < len(line) else text


def _pattern(text: str, index: int) -> Pattern:
    """The pattern of a line.  Raises ``ValueError``, and ``InputError``."""
    negated = text.startswith("!")
    body = text.removeprefix("!")
    while body.startswith("./"):
        # A path of this folder, as shells complete it.
        body = body.removeprefix("./")
    folders = body.endswith("/")
    anchored = "/" in body[:-1]
    segments = body.removesuffix("/").removeprefix("/").split("/")
    _check_reach(text, segments, index)
    if segments == [""]:
        raise ValueError(text)
    tokens = list(_tokens(segments))
    if not anchored and segments != ["**"]:
        tokens.insert(0, FOLDERS)
    return Pattern(Glob(tuple(tokens)), negated, folders, index)


def _check_reach(text: str, segments: Sequence[str], index: int) -> None:
    """Refuse what no path below the folder can be: those are compared as they are written."""
    if ".." in segments:
        hint = "Patterns cannot leave the folder; give the other folder a file set of its own."
        raise _bad_pattern(f"the pattern {text[:60]!r} can match nothing", index, hint)
    if segments[0] == "~" or PureWindowsPath(segments[0]).drive:
        hint = "Patterns start at the folder whose files they choose."
        raise _bad_pattern(f"the pattern {text[:60]!r} is absolute", index, hint)
    if "." in segments or ("" in segments and segments != [""]):
        hint = "Write it without `.` and empty parts between slashes."
        raise _bad_pattern(f"the pattern {text[:60]!r} can match nothing", index, hint)


def _tokens(segments: Sequence[str]) -> Iterator[Token]:
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        if segment == "**":
            yield FOLDERS if index < last else DEEP
            continue
        yield from segment_tokens(segment)
        yield from "/" if index < last else ""


def segment_tokens(segment: str) -> Iterator[Token]:
    """The tokens of a pattern's part between two slashes.  Raises ``ValueError``."""
    if segment == "*":
        # A name is never empty.
        yield ANY
    at = 0
    while at < len(segment):
        char = segment[at]
        at += 1
        if char == "[":
            token, at = read_class(segment, at)
            yield token
        elif char == "\\":
            if at == len(segment):
                raise ValueError(segment)
            yield segment[at]
            at += 1
        else:
            yield {"*": STAR, "?": ANY}.get(char, char)


def never_counts(name: str) -> bool:
    """Whether a file or folder of this name is left out whatever the patterns say."""
    return name in _NEVER or name.endswith(".pyc")


@dataclass(frozen=True, slots=True)
class Rules:
    """The ignore files in force for a folder: each with the length of the path it starts at."""

    levels: tuple[tuple[int, Patterns], ...] = ()
    negates: bool = False

    def below(self, folder: str, patterns: Patterns) -> Rules:
        """The rules for this folder and what lies in it, its own patterns added."""
        level = (len(folder) + 1 if folder else 0, patterns)
        return Rules((*self.levels, level), self.negates or patterns.negates)

    def verdict(self, path: str) -> bool | None:
        """Of a file: True leaves it out, False keeps it, None says nothing; the deepest decides."""
        for start, patterns in reversed(self.levels):
            said = patterns.verdict(path[start:])
            if said is not None:
                return said
        return None

    def names(self, path: str) -> bool:
        """Whether a negated pattern without wildcards keeps this very file."""
        return any(rules.names(path[start:], negated=True) for start, rules in self.levels)

    def prunes(self, folder: str) -> bool:
        """Whether nothing in this folder can count.

        Where patterns negate, a file of a folder that is left out may be kept, so that its files
        are asked one by one.
        """
        return not self.negates and bool(self.verdict(f"{folder}/"))
