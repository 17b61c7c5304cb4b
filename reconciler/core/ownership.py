"""Which markers are ours: the scope of a project, its uid, and the names that it had before."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.marker import name_of, scope_of
from reconciler.core.resource import Address, Live, Resource


@dataclass(frozen=True, slots=True)
class Ownership:
    """The scope in which a project owns live objects.

    ``uid`` tells two projects of one name apart; '' where the project file has none.  ``former``
    are the scopes that the project had before it was renamed.
    """

    scope: str
    uid: str = ""
    former: tuple[str, ...] = ()

    def owner(self, name: str) -> str:
        """``<scope>/<name>``: what the marker of this manifest's object says."""
        return f"{self.scope}/{name}"

    def owners_before(self, resource: Resource) -> tuple[str, ...]:
        """What markers of this manifest's object may say that was not renamed yet."""
        names = (resource.address.name, *resource.formerly)
        every = [f"{scope}/{name}" for scope in (self.scope, *self.former) for name in names]
        return tuple(dict.fromkeys(every[1:]))

    def is_ours(self, live: Live) -> bool:
        """Whether the marker or the identity of a live object names this project.

        A marker without a uid was written before the project had one.
        """
        same_project = live.project in ("", self.uid)
        return same_project and scope_of(live.owner) in (self.scope, *self.former)


def is_proven(live: Live) -> bool:
    """Whether more than a pasted line says that an object is ours.

    Anyone who can edit a description can paste a marker into it.  A marker that names the id of
    the object was written for it, and an identity field is set when the object is created.
    """
    marked = live.marker is not None and live.marker.names(live.id)
    created = live.owner is not None and base_identity(live.external_id) == live.owner
    return marked or created


def base_identity(external_id: str | None) -> str:
    """The identity without the number that ``free_identity`` puts behind it."""
    return (external_id or "").partition("~")[0]


def free_identity(owner: str, taken: set[str]) -> str:
    """The owner, or the owner with a number where a renamed object still has that identity.

    The platform never changes an identity field, so the object keeps its first one for ever.
    """
    number = 2
    identity = owner
    while identity in taken:
        identity, number = f"{owner}~{number}", number + 1
    return identity


def marked_address(live: Live) -> Address:
    """The address of the manifest that an object of ours was made from."""
    return Address(live.kind, name_of(live.owner or live.name))
