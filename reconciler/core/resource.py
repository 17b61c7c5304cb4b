"""What a manifest wants and what a platform has, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.core.fileset import FileSet

if TYPE_CHECKING:
    from reconciler.core.marker import Marker

SpecPart = Mapping[str, Any]
"""A mapping of a manifest's spec in its normal form, or a live one in the same shape.

The pydantic model of the kind says which keys it may hold; only those that were written are there.
"""


class Address(NamedTuple):
    """The name of an object for people and for references: ``CustomModel/churn``."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address | None:
        """The address written as ``Kind/name``, or None when the text is not an address."""
        kind, slash, name = text.partition("/")
        return cls(kind, name) if slash and kind and name and "/" not in name else None


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How far we may go with an object; defaults are the cautious ones."""

    protect: bool = False
    allow_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    on_delete: str = "softDelete"


@dataclass(frozen=True, slots=True)
class Resource:
    """One manifest: only the keys that were written, in their normal form.

    An absent key is not managed; a key whose value is None is to be unset.  ``files`` holds
    what lies on disk, keyed by the path of the spec key that names it (``version.files``).
    ``depends_on`` joins ``dependsOn`` and every reference.  ``formerly`` are earlier names.
    """

    address: Address
    spec: SpecPart
    id: str | None = None
    user_provided_id: str | None = None
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    depends_on: tuple[Address, ...] = ()
    files: Mapping[str, FileSet] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()
    scope: str = field(default="", compare=False)
    """The project that the manifest belongs to; with the name it says whose an object is."""

    @property
    def display_name(self) -> str:
        """The name shown on the platform: ``spec.name``, else ``metadata.name``."""
        name = self.spec.get("name")
        return name if isinstance(name, str) else self.address.name


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about a live object without being desired state; each kind has its own."""


@dataclass(frozen=True, slots=True)
class Prefetched:
    """What a provider reads once for all manifests of a run; each family has its own."""


@dataclass(frozen=True, slots=True)
class Live:
    """One live object in the manifest's shape and words, markers stripped.

    ``owner`` is ``<scope>/<name>`` of the manifest that owns it, or None; ``marker_owner`` is the
    owner that the markers of its content name, and ``external_id`` the identity that the platform
    keeps for us.  ``marker`` is the whole marker of the object, without one that names another
    object, and ``project`` the uid in it.  ``in_use`` says what runs on it, as in "2 deployments",
    and forbids a delete.
    ``facts`` are ids of versions, build states and the like.  ``contents`` are
    digests known without a download, ``files`` what a download showed, both keyed like
    ``Resource.files``; ``line_diffs`` are for display, keyed by key path and file.  ``uses`` are
    the (kind, id) pairs that this object depends on, ``commits`` the git commits it records.
    """

    kind: str
    id: str
    name: str
    owner: str | None = None
    marker_owner: str | None = None
    external_id: str | None = None
    project: str = ""
    marker: Marker | None = None
    in_use: str = ""
    protected: bool = False
    spec: SpecPart = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    contents: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, FileSet] = field(default_factory=dict)
    line_diffs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uses: tuple[tuple[str, str], ...] = ()
    commits: tuple[str, ...] = ()
