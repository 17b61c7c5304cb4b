"""Descriptions that carry a marker: whose they are, and what an author may not write."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.kind import PlanContext
from reconciler.core.marker import LONGEST, split
from reconciler.core.resource import Resource
from reconciler.errors import Problem

ON_DELETE = "ondelete"
COMMIT = "commit"
"""Note of a version's marker: the git commit that it was built from."""
LIMIT = 10_000
"""Characters of a description, as in the bodies of the API's POST and PATCH operations."""


def owner_of(context: PlanContext) -> str:
    """``<scope>/<name>``: whose object this is."""
    return f"{context.options.scope}/{context.resource.address.name}"


def description_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    """Descriptions that hold a marker, or leave no room for one."""
    version = resource.spec.get("version") or {}
    texts = {"spec.description": resource.spec.get("description"),
             "spec.version.description": version.get("description")}  # fmt: skip
    for path, text in texts.items():
        if not text:
            continue
        if split(text)[1]:
            yield problem_at(
                resource, path, "mark-in-text",
                "holds a [reconciler ...] marker, which only this tool may write",
                "Take it out; ownership follows from the project and the name.",
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
