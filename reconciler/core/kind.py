"""What the core must know of a kind, as data: its manifest model, field rules and parts.

A provider describes its kinds with these values; nothing in the core, in loading or in applying
branches on a kind's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from reconciler.core.commit import Commit
from reconciler.core.resource import Address, Live, Prefetched, Resource
from reconciler.core.step import FieldChange, StepDraft, Values
from reconciler.errors import Problem

Outputs = Values
"""What one object offers to those that refer to it."""


def step_id(address: Address, part: str) -> str:
    """``Kind/name`` for the object itself, ``Kind/name#part`` for a part of it."""
    return f"{address}#{part}" if part else str(address)


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field behaves on the platform; the default is a plain managed field.

    ``create_only``: a change needs a replace.  ``one_way``: may be switched on, never off.
    ``as_set``: order and repeats mean nothing.  ``write_only``: never read back, so never
    compared.  ``unset``: what the platform holds after an explicit null.  ``locked_when``: why
    a live object forbids a change of it, '' when it does not.  ``derived``:
    resolved by the kind's own parts, not compared here.  ``whole``: a mapping that is one value,
    all keys of it managed.  ``unit`` is for the reader: ``bytes`` or nothing.
    """

    create_only: bool = False
    one_way: bool = False
    as_set: bool = False
    write_only: bool = False
    unset: Any = None
    locked_when: Callable[[Live], str] = lambda live: ""
    derived: bool = False
    whole: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What the user asked of this run beside the manifests, and the commit it runs from.

    ``newer`` are commits recorded on live objects that come after it, ``unknown`` those that the
    history at hand does not hold.
    """

    scope: str = "default"
    retry_failed: bool = False
    commit: Commit | None = None
    newer: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    uid: str = ""
    """The uid of the project, which every marker carries; '' where the project has none."""


@dataclass(frozen=True, slots=True)
class PlanContext:
    """All that a part needs to decide: both sides, the differing fields, and its neighbours.

    ``live`` is None for an object to create.  ``outputs`` holds what the objects that this one
    depends on offer, ``own_outputs`` what this object's earlier parts do.  ``catalog`` is every
    live object by kind, foreign ones too; ``platform`` is what the provider prefetched.
    ``changed_dependencies`` are the objects it depends on that this plan changes, apart from
    markers and sharing.  ``dependencies`` are the manifests of all that it depends on.
    """

    resource: Resource
    live: Live | None
    fields: tuple[FieldChange, ...]
    outputs: Mapping[Address, Outputs]
    options: PlanOptions
    catalog: Mapping[str, tuple[Live, ...]] = field(default_factory=dict)
    platform: Prefetched = field(default_factory=Prefetched)
    own_outputs: Outputs = field(default_factory=dict)
    changed_dependencies: frozenset[Address] = frozenset()
    dependencies: Mapping[Address, Resource] = field(default_factory=dict)

    def step(self, part: str) -> str:
        """The id that the step of this part has, for values known only after it."""
        return step_id(self.resource.address, part)


@dataclass(frozen=True, slots=True)
class Part:
    """One step's worth of an object, in the order of the kind's ``parts``.

    ``name`` is '' for the object itself, else what follows ``#`` in the step's id.  ``fields``
    are the spec keys it owns ('' owns what no other part does).  ``draft`` is pure and returns
    None when nothing is to be done.  No dependant waits for a part that stands ``non_blocking``.
    """

    name: str
    draft: Callable[[PlanContext], StepDraft | None]
    fields: tuple[str, ...] = ()
    non_blocking: bool = False


@dataclass(frozen=True, slots=True)
class FileRole:
    """A spec key that names files; ``form`` is tree, context, blob or output, ``limit`` a count.

    An ``output`` is written and never read: its file set is empty and tells only where it goes.
    """

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
    check: Callable[[Resource, str], Iterable[Problem]] = lambda resource, scope: ()
    outputs: Callable[[Live | None], Outputs] = lambda live: {}
    durable_outputs: tuple[str, ...] = ()
    """Outputs whose change ``outputs`` can tell later as well: what depends on it is due then.

    Anything else would be due in this plan alone, and be forgotten when the plan fails half way.
    """
    delete: Callable[[Live, Resource | None], StepDraft] | None = None
    forget: Callable[[Live], StepDraft] | None = None
    """Takes the marker off an object, which stays as it is and is nobody's then."""
    listed: bool = True
    """Whether live objects of this kind carry a marker and can be listed, and so be orphans.

    One that is not is looked up by its manifest alone (``Provider.find``).
    """
    rank: int = 0
    """Order among kinds where no reference decides: deletes run from high to low."""
