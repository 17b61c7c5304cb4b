"""What every manifest has around its ``spec``: version, kind, metadata, lifecycle, dependencies."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, create_model

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Kind
from reconciler.core.resource import Lifecycle as CoreLifecycle
from reconciler.core.spec import Spec, absent
from reconciler.desired import name

API_VERSION = "reconciler/v1"

ResourceName = Annotated[str, StringConstraints(pattern=name.RESOURCE)]
LiveId = Annotated[str, StringConstraints(pattern=name.LIVE_ID)]
UserProvidedId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
AddressText = Annotated[str, StringConstraints(pattern=name.ADDRESS)]


class Metadata(Spec):
    """The name in git, its earlier names, and what pins an existing live object."""

    name: ResourceName
    formerly: list[ResourceName] = Field(default_factory=list)
    id: LiveId = absent()
    user_provided_id: UserProvidedId = absent()


class Lifecycle(Spec):
    """How far the tool may go with the live object."""

    protect: bool = False
    allow_replace: bool = False
    ignore_changes: list[str] = Field(default_factory=list)
    on_delete: Literal["softDelete", "permanent"] = "softDelete"

    def value(self) -> CoreLifecycle:
        """The same for the core, with sorted ``ignoreChanges``."""
        ignored = tuple(sorted(set(self.ignore_changes)))
        return CoreLifecycle(self.protect, self.allow_replace, ignored, self.on_delete)


class Envelope(Spec):
    """A manifest of any kind; ``manifest_model`` narrows ``kind`` and ``spec``."""

    api_version: Literal["reconciler/v1"]
    kind: str
    metadata: Metadata
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)
    depends_on: list[AddressText] = Field(default_factory=list)
    spec: Any


def manifest_model(kind: Kind) -> type[Envelope]:
    """The model of a whole manifest of this kind."""
    return _model(kind.name, kind.spec)


@cache
def _model(kind: str, spec: type[BaseModel]) -> type[Envelope]:
    fields: JsonObject = {"kind": (Literal[kind], ...), "spec": (spec, ...)}
    return create_model(kind, __base__=Envelope, __doc__=spec.__doc__, **fields)
