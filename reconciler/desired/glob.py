"""Matching of path globs in linear time: the set of states that a text can be in, char by char.

A backtracking matcher multiplies the work of every wildcard with that of the next one; a pattern
and a file name of a pull request could then hold a run for hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A token that is not a character; each is one of the constants below."""

    text: str


@dataclass(frozen=True, slots=True)
class CharClass:
    """One character other than ``/`` of a bracket expression; ranges include both ends."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def holds(self, char: str) -> bool:
        """Whether the class holds this character."""
        inside = any(first <= char <= last for first, last in self.ranges)
        return char != "/" and inside is not self.negated


ANY: Final = Wildcard("?")
"""One character but ``/``."""
STAR: Final = Wildcard("*")
"""Any number of characters but ``/``."""
DEEP: Final = Wildcard("**")
"""Any number of any characters."""
FOLDERS: Final = Wildcard("**/")
"""Nothing, or any characters with a ``/`` at their end."""

Token = str | CharClass | Wildcard


class UnclosedClass(ValueError):
    """A bracket expression without an end, or with a range that holds nothing."""


@dataclass(frozen=True)
class Glob:
    """A sequence of tokens that a path can match; strings among the tokens are one character."""

    tokens: tuple[Token, ...]

    def match(self, path: str) -> tuple[bool, bool]:
        """Whether the whole path matches, and whether a folder above it does.

        A folder is a part of the path that ends before a ``/``.
        """
        if self._needed not in path:
            return False, False
        end, above, states = len(self.tokens), False, self._start
        for char in path:
            above |= char == "/" and end in states
            states = self._after(states, char)
            if not states:
                break
        return end in states, above

    def reaches(self, folder: str) -> bool:
        """Whether a path below this folder can match."""
        path = f"{folder}/" if folder else ""
        return self.match(folder) != (False, False) or bool([*self.states(path)][-1])

    def states(self, path: str) -> Iterator[frozenset[int]]:
        """The tokens that can be next, before the path and after each of its characters."""
        states = self._start
        yield states
        for char in path:
            states = self._after(states, char)
            yield states

    @cached_property
    def _start(self) -> frozenset[int]:
        return frozenset(self._open(0))

    @cached_property
    def _needed(self) -> str:
        """The longest text that every match holds: a quick way to see most of what does not."""
        runs, run = [""], ""
        for token in self.tokens:
            run = run + token if isinstance(token, str) else ""
            runs.append(run)
        return max(runs, key=len)

    def _open(self, state: int) -> Iterator[int]:
        """The state, and those behind it that need no character."""
        yield state
        while state < len(self.tokens) and self.tokens[state] in (STAR, DEEP, FOLDERS):
            state += 1
            yield state

    def _after(self, states: frozenset[int], char: str) -> frozenset[int]:
        return frozenset(to for state in states for to in self._step(state, char))

    def _step(self, state: int, char: str) -> Iterator[int]:
        token = self.tokens[state] if state < len(self.tokens) else None
        if token is FOLDERS:
            # Once begun it ends after a slash only, so the states behind it are not open here.
            yield state
            if char == "/":
                yield from self._open(state + 1)
        elif token is DEEP or (token is STAR and char != "/"):
            yield from self._open(state)
        elif token is not None and _fits(token, char):
            yield from self._open(state + 1)


def _fits(token: Token, char: str) -> bool:
    """Whether this one character is what the token stands for."""
    if isinstance(token, CharClass):
        return token.holds(char)
    return char != "/" if token is ANY else token == char


_POSIX: Final = {
    "alnum": ("09", "AZ", "az"),
    "alpha": ("AZ", "az"),
    "blank": ("\t\t", "  "),
    "digit": ("09",),
    "lower": ("az",),
    "punct": ("!/", ":@", "[`", "{~"),
    "space": ("\t\r", "  "),
    "upper": ("AZ",),
    "xdigit": ("09", "AF", "af"),
}
"""The named classes of git's wildmatch.c that a file name can hold."""


def read_class(text: str, start: int, *, negation: str = "!^") -> tuple[CharClass, int]:
    """The bracket expression whose ``[`` is before ``start``, and the index behind its ``]``.

    It is negated by each of the characters in ``negation``.  Raises ``UnclosedClass``.
    """
    negated = start < len(text) and text[start] in negation
    at = first = start + negated
    ranges: list[tuple[str, str]] = []
    while at < len(text) and (text[at] != "]" or at == first):
        posix = _posix(text, at)
        if posix:
            ranges += [(each[0], each[1]) for each in _POSIX[posix]]
            at += len(posix) + 4
            continue
        low, at = _char(text, at)
        high = low
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _char(text, at + 1)
        ranges.append((low, high))
    if at >= len(text) or any(low > high for low, high in ranges):
        raise UnclosedClass(text)
    return CharClass(tuple(ranges), negated), at + 1


def _posix(text: str, at: int) -> str:
    name = text[at + 2 :].partition(":]")[0] if text[at : at + 2] == "[:" else ""
    return name if name in _POSIX and text.startswith(":]", at + 2 + len(name)) else ""


def _char(text: str, at: int) -> tuple[str, int]:
    """One character of a bracket expression, a ``\\`` before it dropped; and the index behind."""
    at += text[at] == "\\" and at + 1 < len(text)
    return text[at], at + 1
