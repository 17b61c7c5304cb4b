"""What the core must know of a kind, as data: its manifest model, field rules and parts.

A provider describes its kinds with these values; nothing in the core, in loading or in applying
branches on a kind's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from reconciler.core.resource import Address, Live, Resource
from reconciler.core.step import After, Draft, FieldChange
from reconciler.errors import Problem

Outputs = Mapping[str, Any]
"""Values that one object offers to those that refer to it; a value may be an ``After``."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field behaves on the platform; the default is a plain managed field.

    ``create_only``: a change needs a replace.  ``one_way``: may be switched on, never off.
    ``as_set``: order and repeats mean nothing.  ``write_only``: never read back, so never
    compared.  ``unset``: what the platform holds after an explicit null.  ``locked_when``: name
    of a live fact that, when true, forbids a change.  ``derived``: resolved by the kind's own
    parts, not compared here.
    """

    create_only: bool = False
    one_way: bool = False
    as_set: bool = False
    write_only: bool = False
    unset: Any = None
    locked_when: str = ""
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked of this run beside the manifests."""

    scope: str = "default"
    retry_failed: bool = False
    commit: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """All that a part needs to decide: both sides, the differing fields, and its neighbours.

    ``live`` is None for an object to be made.  ``outputs`` holds what the objects that this one
    depends on offer.  ``step_id`` names the step a part of this object would get.
    """

    resource: Resource
    live: Live | None
    fields: tuple[FieldChange, ...]
    outputs: Mapping[Address, Outputs]
    options: Options
    own: Outputs = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """One step's worth of an object, in the order of the kind's ``parts``.

    ``name`` is '' for the object itself, else what follows ``#`` in the step's id.  ``fields``
    are the spec keys it owns ('' owns what no other part does).  ``draft`` is pure and returns
    None when nothing is to be done.  ``gives`` are outputs known only after its step.
    """

    name: str
    draft: Callable[[Change], Draft | None]
    fields: tuple[str, ...] = ()
    gives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRole:
    """A spec key that names files: ``form`` is tree, context or blob; ``limit`` counts files."""

    form: str
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of manifest and all the data that the shared mechanisms need of it."""

    name: str
    provider: str
    spec: type[BaseModel]
    parts: tuple[Part, ...] = ()
    rules: Mapping[str, FieldRule] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileRole] = field(default_factory=dict)
    verbs: frozenset[str] = frozenset()
    check: Callable[[Resource, str], Iterable[Problem]] = lambda resource, scope: ()
    outputs: Callable[[Live | None], Outputs] = lambda live: {}
    delete: Callable[[Live, Resource | None], Draft] | None = None
    rank: int = 0
    """Order among kinds where no reference decides: deletes run from high to low."""


__all__ = [
    "After",
    "Change",
    "FieldRule",
    "FileRole",
    "Kind",
    "Options",
    "Outputs",
    "Part",
]
