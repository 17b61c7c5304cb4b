"""A model that comes into being as a copy of another, or from a template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.core.kind import PlanContext
from reconciler.core.marker import Marker, join
from reconciler.core.resource import Address
from reconciler.core.step import Call, KnownAfter, StepDraft
from reconciler.errors import Problem
from reconciler.providers.custom_models.description import problem_at

KIND = "CustomModel"
ORIGINS = ("template", "copyOf")
COPIED = ("targetType", "calibratePredictions")
"""What a copy has from its source, and nothing can change later."""


def derive_draft(change: PlanContext, settings: Mapping[str, Any]) -> StepDraft:
    """Copy, or make from a template; then one PATCH to what the manifest says, with the mark.

    Neither operation takes a ``userProvidedId``: the mark is what such a model is known by.
    """
    spec = change.resource.spec
    owner = f"{change.options.scope}/{change.resource.address.name}"
    if spec.get("template"):
        reason = "is to be made from a template"
        call = _call("create_model_from_template", "fromModelTemplate", dict(spec["template"]))
        problems = (
            *_unfinished(change, "template", _from_template(change)),
            *_unlike(change, _made_before(change, owner), "template"),
        )
    else:
        source = _source(change)
        reason = f"is to be made as a copy of {source}"
        call = _call("copy_model", "fromCustomModel", {"customModelId": source})
        problems = (
            *_unfinished(change, "copyOf", _copies(change, source)),
            *_unlike(change, _copied(change, source), "copy"),
        )
    if problems:
        return StepDraft(problems=problems)
    mark = Marker(owner, protect=change.resource.lifecycle.protect)
    body = {**settings, "description": join(spec.get("description"), mark)}
    own = {"id": KnownAfter(change.step(""), "id")}
    patch = Call("update_model", "PATCH", "customModels/{id}/", own, body)
    return StepDraft("create", reason, change.fields, (call, patch), outputs=("id", "versionId"))


def _call(operation: str, route: str, body: Mapping[str, Any]) -> Call:
    return Call(operation, "POST", f"customModels/{route}/", body=body, outputs=("id", "versionId"))


def _source(change: PlanContext) -> Any:
    wanted = change.resource.spec["copyOf"]
    if "id" in wanted:
        return wanted["id"]
    return change.outputs[Address(KIND, wanted["ref"])].get("id")


def _copies(change: PlanContext, source: Any) -> list[str]:
    """Copies of this model that nobody owns: by their names, for no field tells of what."""
    models = change.catalog.get(KIND, ())
    name = next((live.name for live in models if live.id == source), "")
    return [
        live.id
        for live in models
        if name and name in live.name and live.name != name and not live.owner
    ]


def _from_template(change: PlanContext) -> list[str]:
    """Models of this template that nobody owns, and nobody has touched since they were made."""
    wanted = change.resource.spec["template"]["templateId"]
    return [
        live.id
        for live in change.catalog.get(KIND, ())
        if live.facts.get("template") == wanted and live.facts["untouched"] and not live.owner
    ]


def _unfinished(change: PlanContext, key: str, found: list[str]) -> Iterator[Problem]:
    """Models that a run may have made and was cut off before it could mark them.

    They have no identity between the two calls that make them, so none is made beside them.
    """
    if found:
        made = "copy of this model" if key == "copyOf" else "model from this template"
        other = "another name" if key == "copyOf" else "a description"
        yield problem_at(
            change.resource,
            f"spec.{key}",
            "unfinished-copy",
            f"a {made} that nobody owns is there already: {', '.join(sorted(found))}",
            f"If it is this one, take it over with metadata.id; if not, give it {other}.",
        )


def _copied(change: PlanContext, source: Any) -> Mapping[str, Any]:
    """The settings of the model to be copied: as its manifest says, else as they are."""
    models = change.catalog.get(KIND, ())
    live = next((each.spec for each in models if each.id == source), {})
    ref = change.resource.spec["copyOf"].get("ref")
    origin = change.dependencies.get(Address(KIND, ref)) if ref else None
    return {**live, **(origin.spec if origin else {})}


def _made_before(change: PlanContext, owner: str) -> Mapping[str, Any]:
    """What the template made when it was used for this very manifest: no operation tells before."""
    return next((m.spec for m in change.catalog.get(KIND, ()) if m.owner == owner), {})


def _unlike(change: PlanContext, held: Mapping[str, Any], origin: str) -> Iterator[Problem]:
    """Settings that cannot be had from this origin; making the model again would not help."""
    spec = change.resource.spec
    for key in COPIED:
        if None not in (spec.get(key), held.get(key)) and spec[key] != held[key]:
            yield problem_at(
                change.resource,
                f"spec.{key}",
                "unlike-origin",
                f"a model from this {origin} has {key} {json.dumps(held[key])}, whatever is said",
                f"Take {key} out, or make the model without the {origin}.",
            )
