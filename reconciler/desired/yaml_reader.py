"""Bytes of a YAML file to plain values, within limits, refusing what can be misread.

Values are built from the parser's events, so that no limit can be passed before it is checked:
an alias is never expanded to be counted.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from reconciler.core.json_value import JsonObject
from reconciler.desired.path_problem import InputError, Keys, PathProblem, dotted, shown
from reconciler.desired.scalar import resolve
from reconciler.desired.yaml_text import decode
from reconciler.errors import Problem

MAX_DOCUMENTS = 1_000
MAX_DEPTH = 64
MAX_NODES = 100_000
ALIAS_FACTOR, ALIAS_ALLOWANCE = 10, 100
"""Aliases may make a document this many times as large as it is written, and a little more."""

_NOTHING: Final = object()
_DROPPED: Final = object()
_OPEN: Final = object()


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its value, its number in the file from 0, and where it begins."""

    index: int
    value: Any
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlDocuments:
    """What a file holds; ``whole`` is False where reading had to stop before the end."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]
    whole: bool = True


@dataclass(slots=True)
class _Frame:
    """A collection that is being filled; ``key`` waits for its value."""

    value: JsonObject | list[Any]
    anchor: str | None
    size_before: int
    height: int = 1
    key: Any = _NOTHING
    lines: dict[str, int] = field(default_factory=dict)


def read_documents(data: bytes, file: str = "") -> YamlDocuments:
    """The documents of one file and all that is wrong with them; empty documents are left out."""
    composer = _Composer()
    whole = True
    try:
        composer.read(decode(data))
    except InputError as error:
        composer.problems += error.problems
        whole = False
    problems = tuple(_in_file(file, each) for each in composer.problems)
    return YamlDocuments(tuple(composer.documents), problems, whole)


def _in_file(file: str, problem: PathProblem) -> Problem:
    return Problem(
        problem.code,
        problem.message,
        problem.hint,
        path=dotted(problem.keys),
        file=file,
        line=problem.line,
        column=problem.column,
    )


class _Composer:
    """Builds values from events; one instance reads one file."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.problems: list[PathProblem] = []
        self._index = -1
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._written = 0
        self._expanded = 0
        self._start = (1, 1)
        self._handlers: dict[type, Callable[[Any], None]] = {
            yaml.DocumentStartEvent: self._open_document,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
        }

    def read(self, text: str) -> None:
        handlers = self._handlers
        try:
            for event in yaml.parse(text, Loader=yaml.CSafeLoader):
                handler = handlers.get(type(event))
                if handler:
                    handler(event)
        except yaml.MarkedYAMLError as error:
            raise InputError(_syntax(error)) from error
        except yaml.YAMLError as error:
            raise InputError(PathProblem("yaml-syntax", _one_line(str(error)))) from error

    # Documents

    def _open_document(self, event: yaml.DocumentStartEvent) -> None:
        self._index += 1
        if self._index >= MAX_DOCUMENTS:
            raise self._stop(event, "too-many-documents", f"more than {MAX_DOCUMENTS} documents")
        self._anchors = {}

    def _finish_document(self, value: Any) -> None:
        if value is not None:
            self.documents.append(Document(self._index, value, *self._start))

    # Nodes

    def _open_mapping(self, event: yaml.MappingStartEvent) -> None:
        self._open(event, {})

    def _open_sequence(self, event: yaml.SequenceStartEvent) -> None:
        self._open(event, [])

    def _open(self, event: Any, value: JsonObject | list[Any]) -> None:
        self._count(event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._stop(event, "too-deep", f"nested deeper than {MAX_DEPTH} levels")
        self._tag(event)
        self._anchor(event, _OPEN, 0, 0)
        self._stack.append(_Frame(value, event.anchor, self._expanded - 1))

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.anchor:
            size = self._expanded - frame.size_before
            self._anchors[frame.anchor] = (frame.value, size, frame.height)
        self._put(event, frame.value, frame.height)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(event)
        self._tag(event)
        value: Any = event.value
        if event.implicit[0]:
            value = self._plain(event)
        elif not value.isprintable() and _control(value):
            message = "a control character in a text"
            self._problem(event, "control-character", message, "Only tabs and line ends may stay.")
        self._anchor(event, value, 1, 0)
        self._put(event, value, 0)

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        try:
            return resolve(event.value)
        except InputError as error:
            for each in error.problems:
                self._problem(event, each.code, each.message, each.hint)
            # Read on as text, so that the rest of the document can still be checked.
            return event.value

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._count(event)
        name = event.anchor or ""
        value, size, height = self._anchors.get(name, (_NOTHING, 0, 0))
        if value is _OPEN or value is _NOTHING:
            what = "lies inside the value it names" if value is _OPEN else "names no anchor above"
            raise self._stop(event, "bad-alias", f"alias *{name[:40]} {what}")
        self._expanded += size
        if self._expanded > ALIAS_FACTOR * self._written + ALIAS_ALLOWANCE:
            hint = "Write the values out."
            message = "aliases make this document many times larger than it is written"
            raise self._stop(event, "alias-bomb", message, hint)
        if len(self._stack) + height > MAX_DEPTH:
            raise self._stop(event, "too-deep", f"nested deeper than {MAX_DEPTH} levels")
        self._put(event, value, height)

    def _put(self, event: Any, value: Any, height: int) -> None:
        if not self._stack:
            self._finish_document(value)
            return
        frame = self._stack[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is _NOTHING:
            frame.key = self._key(event, frame, value)
        else:
            if frame.key is not _DROPPED:
                frame.value[frame.key] = value
            frame.key = _NOTHING

    def _key(self, event: Any, frame: _Frame, key: Any) -> Any:
        if not isinstance(key, str):
            hint = "Put the key in quotes."
            self._problem(event, "key-not-text", f"key {shown(key)} is not a text", hint)
            return _DROPPED
        if key == "<<" and getattr(event, "implicit", (False,))[0]:
            hint = "Write the keys out; an alias may stand for a whole value."
            self._problem(event, "merge-key", "merge keys (<<) are not read here", hint)
            return _DROPPED
        if key in frame.lines:
            message = f"key {shown(key)} is there twice; first on line {frame.lines[key]}"
            self._problem(event, "duplicate-key", message, "Keep one of the two.", key)
            return _DROPPED
        frame.lines[key] = event.start_mark.line + 1
        return key

    # Checks

    def _count(self, event: Any) -> None:
        if not self._stack:
            self._start = (event.start_mark.line + 1, event.start_mark.column + 1)
        self._written += 1
        self._expanded += 1
        if self._written > MAX_NODES:
            raise self._stop(event, "too-many-values", f"more than {MAX_NODES} values in a file")

    def _anchor(self, event: Any, value: Any, size: int, height: int) -> None:
        if not event.anchor:
            return
        if event.anchor in self._anchors:
            message = f"anchor &{event.anchor[:40]} is there twice"
            raise self._stop(event, "duplicate-anchor", message)
        self._anchors[event.anchor] = (value, size, height)

    def _tag(self, event: Any) -> None:
        if event.tag is not None:
            hint = "Leave the tag out; quote the value if it is a text."
            message = f"tag {shown(event.tag)} is not read here"
            self._problem(event, "custom-tag", message, hint)

    def _keys(self) -> Keys:
        keys: list[str | int] = []
        for frame in self._stack:
            if isinstance(frame.value, list):
                keys.append(len(frame.value))
            elif isinstance(frame.key, str):
                keys.append(frame.key)
        return tuple(keys)

    def _at(self, event: Any, code: str, message: str, hint: str, *more: str) -> PathProblem:
        mark = event.start_mark
        keys = (*self._keys(), *more)
        return PathProblem(code, message, hint, keys, line=mark.line + 1, column=mark.column + 1)

    def _problem(self, event: Any, code: str, message: str, hint: str, *more: str) -> None:
        self.problems.append(self._at(event, code, message, hint, *more))

    def _stop(self, event: Any, code: str, message: str, hint: str = "") -> InputError:
        return InputError(self._at(event, code, message, hint))


def _syntax(error: yaml.MarkedYAMLError) -> PathProblem:
    mark = error.problem_mark or error.context_mark
    message = ", ".join(text for text in (error.context, error.problem) if text)
    return PathProblem(
        "yaml-syntax",
        f"not valid YAML: {_one_line(message)}",
        line=mark.line + 1 if mark else 0,
        column=mark.column + 1 if mark else 0,
    )


def _control(text: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n\r" for char in text)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
