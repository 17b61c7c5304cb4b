"""Descriptions that carry a marker: when one is written, and what an author may not write."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.kind import PlanContext
from reconciler.core.marker import LONGEST, Marker, split
from reconciler.core.resource import Resource
from reconciler.errors import Problem

ON_DELETE = "ondelete"
LIMIT = 10_000
"""Characters of a description, as in the bodies of the API's POST and PATCH operations."""


def owner_of(context: PlanContext) -> str:
    """``<scope>/<name>``: whose object this is."""
    return f"{context.options.scope}/{context.resource.address.name}"


def described_by(context: PlanContext) -> Marker | None:
    """The marker that this object's description should end with.

    Objects that we make without another identity field carry one; so does everything protected,
    because the protection must outlive the manifest.  An object that ``metadata.id`` pins and
    that has no marker stays as it is.
    """
    resource, live = context.resource, context.live
    owner = owner_of(context)
    if resource.lifecycle.protect or live is None or live.owner == owner or live.protected:
        # A permanent delete, too, is wanted only once the manifest that asks for it is gone.
        on_delete = resource.lifecycle.on_delete
        notes = {ON_DELETE: on_delete} if on_delete == "permanent" else {}
        return Marker(owner, protect=resource.lifecycle.protect, notes=notes)
    return None


def description_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    """Descriptions that end like a marker, or leave no room for one."""
    version = resource.spec.get("version") or {}
    texts = {"spec.description": resource.spec.get("description"),
             "spec.version.description": version.get("description")}  # fmt: skip
    for path, text in texts.items():
        if not text:
            continue
        if split(text)[1]:
            yield problem_at(
                resource, path, "mark-in-text",
                "ends with a [reconciler ...] line, which only this tool may write",
                "Take the line out; ownership follows from the project and the name.",
            )  # fmt: skip
        if len(text) > LIMIT - LONGEST:
            yield problem_at(
                resource, path, "too-long",
                f"has {len(text)} characters; {LIMIT - LONGEST} leave room for the marker",
                "Shorten it.",
            )  # fmt: skip


def problem_at(resource: Resource, path: str, code: str, message: str, hint: str) -> Problem:
    """A problem at a key path of this manifest; ``Desired.locate`` adds file and line."""
    return Problem(code, message, hint, str(resource.address), path)
