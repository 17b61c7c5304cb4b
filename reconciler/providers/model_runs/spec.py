"""Manifest model of ``ModelRun``.

Lengths are those of ``TriggerModelRunRequest`` in the API contract (POST ``model-runs``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reconciler.core.resource import Resource
from reconciler.core.spec import Duration, Spec, absent
from reconciler.errors import Problem

TIMEOUT = 1800

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Require(Spec):
    """What a run that succeeded must have shown besides; data tests do not fail a run.

    A gate on tests without any test does not pass, unless ``allowNoTests`` is set.
    """

    tests: Literal["pass"] = absent()
    allow_no_tests: bool = absent()


class ModelRunSpec(Spec):
    """A run of data models to completion: what is run, and when it has to be run again."""

    project_name: Name
    model_names: Annotated[list[Name], Field(max_length=1000)] = absent()
    full_refresh: bool = absent()
    target_catalog: Name = absent()
    target_schema: Name = absent()
    rerun: Literal["onChange", "always", "never"] = "onChange"
    max_age: Duration = absent()
    require: Require = absent()
    timeout: Duration = TIMEOUT


def spec_problems(resource: Resource, scope: str) -> Iterator[Problem]:
    """What the models of the spec cannot tell: names that part, keys that contradict."""
    for index, name in enumerate(resource.spec.get("modelNames", ())):
        # The server joins the names with commas into one selector, so a comma parts a name.
        if "," in name or not name.strip():
            yield _problem(
                resource, f"spec.modelNames.{index}", "not-one-name",
                f"{name!r} is not one model or selector", "Give each an entry of its own.",
            )  # fmt: skip
    if resource.spec.get("rerun") == "never" and "maxAge" in resource.spec:
        yield _problem(
            resource, "spec.maxAge", "contradiction",
            "maxAge asks for new runs, and rerun: never forbids them", "Take one of the two out.",
        )  # fmt: skip


def _problem(resource: Resource, path: str, code: str, message: str, hint: str) -> Problem:
    return Problem(code, message, hint, str(resource.address), path)
