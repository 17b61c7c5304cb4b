"""Find the live object of one manifest, for the commands that look after it."""

from __future__ import annotations

from reconciler.core.identity import match
from reconciler.core.provider import Provider
from reconciler.core.resource import Address, Live
from reconciler.errors import LiveStateError
from reconciler.session import Session, select

LOOK = "`reconciler plan` shows what is there and what is not."


def find_live(session: Session, text: str) -> tuple[Provider, Live]:
    """The live object of the manifest at this address, and the provider that serves it.

    Raises SettingsError for an unknown address and LiveStateError when nothing is live.
    """
    # select refuses an address that no manifest has.
    resource = select(session.desired.graph, (text,)).resources[Address(*text.split("/", 1))]
    provider = session.provider_of(resource.address)
    if not session.registry.kinds[resource.address.kind].listed:
        live, reason = provider.find(resource), ""
    else:
        lives = provider.list(resource.address.kind)
        matches = match([resource], lives, session.desired.project.ownership, whole=False)
        live = matches.pairs.get(resource.address)
        reason = matches.problems[0].message if matches.problems else ""
    if live is None:
        raise LiveStateError(reason or f"{text} is not live yet", LOOK)
    return provider, live
