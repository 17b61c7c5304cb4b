"""A document on its way to a resource: its raw value, and the place of everything in it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from reconciler.core.resource import Address, SpecPart
from reconciler.desired.discover import Source
from reconciler.desired.merge_patch import decides
from reconciler.desired.path_problem import Keys, PathProblem, dig, dotted
from reconciler.desired.position import Positions
from reconciler.desired.yaml_reader import Document, YamlDocuments, read_documents
from reconciler.errors import Problem


class ManifestFile:
    """One YAML file that was read; knows where each key path of it lies."""

    def __init__(self, source: Source, data: bytes) -> None:
        self.source = source
        self.yaml: YamlDocuments = read_documents(data, source.shown)
        self._data = data

    @cached_property
    def _positions(self) -> Positions:
        return Positions(self._data)

    def locate(self, document: Document, problem: PathProblem, address: str = "") -> Problem:
        """The problem with file, line and column."""
        place = self._positions.find(document.index, problem.keys, on_key=problem.on_key)
        line, column = place or (document.line, document.column)
        return Problem(
            problem.code,
            problem.message,
            problem.hint,
            address,
            dotted(problem.keys),
            self.source.shown,
            line,
            column,
            warning=problem.warning,
        )


@dataclass(frozen=True, slots=True)
class AppliedPatch:
    """A patch of a target, and where it is written: ``keys`` lead to its ``spec``."""

    address: Address
    file: ManifestFile
    document: Document
    keys: Keys
    spec: SpecPart


@dataclass(frozen=True, slots=True)
class Manifest:
    """A document with variables replaced and patches applied, not yet validated."""

    file: ManifestFile
    document: Document
    value: Any
    patches: tuple[AppliedPatch, ...] = field(default=())

    @property
    def address(self) -> Address | None:
        """Kind and name, as far as they are texts."""
        kind, name = dig(self.value, ("kind",)), dig(self.value, ("metadata", "name"))
        return Address(kind, name) if isinstance(kind, str) and isinstance(name, str) else None

    def locate(self, problem: PathProblem) -> Problem:
        """The problem at its cause: in this document, or in the patch that set the value."""
        address = str(self.address or "")
        for patch in reversed(self.patches):
            if problem.keys[:1] == ("spec",) and decides(patch.spec, problem.keys[1:]):
                there = replace(problem, keys=(*patch.keys, *problem.keys[1:]))
                located = patch.file.locate(patch.document, there, address)
                return replace(located, path=dotted(problem.keys))
        return self.file.locate(self.document, problem, address)
