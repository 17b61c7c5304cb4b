"""A model that comes into being as a copy of another, or from a template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.kind import Change
from reconciler.core.mark import Mark, join
from reconciler.core.resource import Address
from reconciler.core.step import After, Call, Draft
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at

KIND = "CustomModel"


def derive_draft(change: Change, settings: Mapping[str, Any]) -> Draft:
    """Copy, or make from a template; then one PATCH to what the manifest says, with the mark.

    Neither operation takes a ``userProvidedId``: the mark is what such a model is known by.
    """
    spec = change.resource.spec
    if spec.get("template"):
        reason = "is to be made from a template"
        call = _call("create_model_from_template", "fromModelTemplate", dict(spec["template"]))
    else:
        source = _source(change)
        problems = tuple(_unfinished(change, source))
        if problems:
            return Draft(problems=problems)
        reason = f"is to be made as a copy of {source}"
        call = _call("copy_model", "fromCustomModel", {"customModelId": source})
    owner = f"{change.options.scope}/{change.resource.address.name}"
    mark = Mark(owner, protect=change.resource.lifecycle.protect)
    body = {**settings, "description": join(spec.get("description"), mark)}
    own = {"id": After(change.step(""), "id")}
    patch = Call("update_model", "PATCH", "customModels/{id}/", own, body)
    return Draft("create", reason, change.fields, (call, patch), gives=("id", "versionId"))


def _call(operation: str, route: str, body: Mapping[str, Any]) -> Call:
    return Call(operation, "POST", f"customModels/{route}/", body=body, gives=("id", "versionId"))


def _source(change: Change) -> Any:
    wanted = change.resource.spec["copyOf"]
    if "id" in wanted:
        return wanted["id"]
    return change.outputs[Address(KIND, wanted["ref"])].get("id")


def _unfinished(change: Change, source: Any) -> Iterator[Problem]:
    """Copies that nobody owns: a run may have been cut off before it could mark one.

    A copy has no identity between the two calls that make it, so another one is not made beside it.
    """
    models = change.catalog.get(KIND, ())
    name = next((live.name for live in models if live.id == source), "")
    found = [
        live.id
        for live in models
        if name and name in live.name and live.name != name and not live.owner
    ]
    if found:
        yield problem_at(
            change.resource,
            "spec.copyOf",
            "unfinished-copy",
            f"a copy of {source} that nobody owns is there already: {', '.join(sorted(found))}",
            "If it is this one, take it over with metadata.id; if not, give it another name.",
        )
