"""A model that starts as a copy of another, or from a template.

Neither operation takes an identity, so such a model has none until it is marked.  What is new,
unowned and fits its origin is what a lost call made.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from reconciler.core.kind import Outputs, PlanContext
from reconciler.core.marker import join, split
from reconciler.core.ownership import is_proven
from reconciler.core.resource import Address, Live, Resource, SpecPart
from reconciler.core.step import Call, KnownAfter, StepDraft
from reconciler.errors import Problem
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Model
from reconciler.providers.custom_models.description import owner_of, problem_at
from reconciler.providers.custom_models.facts import model_facts
from reconciler.providers.custom_models.live_version import outputs_of, version_outputs
from reconciler.providers.custom_models.model_settings import settings_of
from reconciler.providers.custom_models.object_marker import new_marker
from reconciler.providers.custom_models.slice import Slice
from reconciler.providers.recovery import only_one

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

KIND = "CustomModel"
COPIED = ("targetType", "calibratePredictions")
"""What a copy has from its source, and nothing can change later."""

# -- what is wanted --------------------------------------------------------------------------


def copy_draft(context: PlanContext) -> StepDraft:
    """Copy, or create from a template; then one PATCH to what the manifest says, with the marker.

    Neither operation takes a ``userProvidedId``: the marker is what such a model is known by.
    """
    template = context.resource.spec.get("template")
    outputs = ("id", *version_outputs(context))
    if template:
        reason = "is to be created from a template"
        call = api.CREATE_MODEL_FROM_TEMPLATE.call(body=dict(template), outputs=outputs)
        problems = tuple(_template_problems(context))
    else:
        source = _source(context)
        reason = f"is to be created as a copy of {source}"
        call = api.COPY_MODEL.call(body={"customModelId": source}, outputs=outputs)
        problems = tuple(_copy_problems(context, source))
    if problems:
        return StepDraft(problems=problems)
    calls = (call, _settings_call(context))
    return StepDraft("create", reason, context.fields, calls, outputs=outputs)


def _settings_call(context: PlanContext) -> Call:
    resource = context.resource
    identity = KnownAfter(context.step(""), "id")
    description = join(resource.spec.get("description"), new_marker(context, {}, identity))
    body = {**settings_of(resource), "description": description}
    return api.UPDATE_MODEL.call(identity, body=body)


def _source(context: PlanContext) -> Any:
    wanted = context.resource.spec["copyOf"]
    if "id" in wanted:
        return wanted["id"]
    return context.outputs[Address(KIND, wanted["ref"])].get("id")


def _template_problems(context: PlanContext) -> Iterator[Problem]:
    yield from _unfinished(context, "template", _from_template(context))
    yield from _unlike(context, _created_before(context), "template")


def _copy_problems(context: PlanContext, source: Any) -> Iterator[Problem]:
    yield from _unfinished(context, "copyOf", _copies(context, source))
    yield from _unlike(context, _copied(context, source), "copy")


def _copies(context: PlanContext, source: Any) -> list[str]:
    """Copies of this model without an owner: by their names, for no field names the source."""
    models = context.catalog.get(KIND, ())
    name = next((live.name for live in models if live.id == source), "")
    return [
        live.id
        for live in models
        if name and name in live.name and live.name != name and _is_nobodys(live)
    ]


def _is_nobodys(live: Live) -> bool:
    # A copy has the marker of its source, which is no proof of whose it is.
    return not live.owner or not is_proven(live)


def _from_template(context: PlanContext) -> list[str]:
    """Models of this template without an owner, unchanged since they were created."""
    wanted = context.resource.spec["template"]["templateId"]
    return [
        live.id
        for live in context.catalog.get(KIND, ())
        if model_facts(live).template == wanted
        and model_facts(live).untouched
        and _is_nobodys(live)
    ]


def _unfinished(context: PlanContext, key: str, ids: list[str]) -> Iterator[Problem]:
    """Models that a run may have created and was cut off before it could mark them.

    They have no identity between the two calls that make them, so none is created beside them.
    """
    if ids:
        what = "copy of this model" if key == "copyOf" else "model from this template"
        other = "another name" if key == "copyOf" else "a description"
        yield problem_at(
            context.resource, f"spec.{key}", "unfinished-copy",
            f"a {what} that nobody owns exists already: {', '.join(sorted(ids))}",
            f"If it is this one, take it over with metadata.id; if not, give it {other}.",
        )  # fmt: skip


def _copied(context: PlanContext, source: Any) -> SpecPart:
    """The settings of the model to be copied: as its manifest says, else as they are."""
    models = context.catalog.get(KIND, ())
    live = next((each.spec for each in models if each.id == source), {})
    ref = context.resource.spec["copyOf"].get("ref")
    origin = context.dependencies.get(Address(KIND, ref)) if ref else None
    return {**live, **(origin.spec if origin else {})}


def _created_before(context: PlanContext) -> SpecPart:
    """What the template made when it was used for this manifest: no operation says it before."""
    owner = owner_of(context)
    return next((m.spec for m in context.catalog.get(KIND, ()) if m.owner == owner), {})


def _unlike(context: PlanContext, live: SpecPart, origin: str) -> Iterator[Problem]:
    """Settings that this origin cannot give; creating the model again would not help."""
    spec = context.resource.spec
    for key in COPIED:
        if None not in (spec.get(key), live.get(key)) and spec[key] != live[key]:
            yield problem_at(
                context.resource, f"spec.{key}", "unlike-origin",
                f"a model from this {origin} always has {key} {json.dumps(live[key])}",
                f"Take {key} out, or create the model without the {origin}.",
            )  # fmt: skip


# -- writes and their recovery ---------------------------------------------------------------


class Copies:
    """Creates one copy at a time; what one step created is never taken for another's."""

    def __init__(self) -> None:
        self._before: dict[str, frozenset[str]] = {}
        self._taken: set[str] = set()
        self._lock = Lock()

    def slice(self) -> Slice:
        """The functions of this slice, which share what was seen before the first sending."""
        return Slice(
            start={"copy_model": self._start, "create_model_from_template": self._start},
            recover={"copy_model": self._recover, "create_model_from_template": self._recover},
        )

    def _start(self, client: Client, call: Call, resource: Resource | None) -> Outputs:
        with self._lock:
            self._see(client, resource)
            response = client.send(call, resource)
            if isinstance(response, Model):
                version = response.latest_version
                return self._take(client, call, response.id, version.id if version else None)
            ids = response.custom_model_id, response.custom_model_version_id
            return self._take(client, call, *ids)

    def _recover(self, client: Client, call: Call, resource: Resource | None) -> Outputs | None:
        with self._lock:
            matches = self._matches(client, call, resource)
            ids = [model.id for model in matches]
            if only_one(ids, "id", "new models") is None:
                return None
            version = matches[0].latest_version
            return self._take(client, call, ids[0], version.id if version else None)

    def _matches(self, client: Client, call: Call, resource: Resource | None) -> Sequence[Model]:
        known = self._before.get(_key(resource), frozenset()) | self._taken
        source = call.body.get("customModelId")
        origin = client.read(api.GET_MODEL, source) if source else None
        return [
            model
            for model in client.list_models()
            if model.id not in known and _is_unowned(model, origin) and _fits(model, origin, call)
        ]

    def _see(self, client: Client, resource: Resource | None) -> None:
        # Once for all sendings: what comes late of the first is new for the second as well.
        if _key(resource) not in self._before:
            seen = frozenset(model.id for model in client.list_models())
            self._before[_key(resource)] = seen

    def _take(self, client: Client, call: Call, model: str, version: str | None) -> Outputs:
        self._taken.add(model)
        outputs = {"id": model, "versionId": version}
        if version is None or set(call.outputs) == outputs.keys():
            return outputs
        read = client.read(api.GET_VERSION, model, version)
        return {**outputs, **outputs_of(read, call.outputs)}


def _key(resource: Resource | None) -> str:
    return str(resource.address) if resource else ""


def _is_unowned(model: Model, origin: Model | None) -> bool:
    # A copy has the description of its source, and with it a marker that is not its own.
    markers = (None, split(origin.description)[1] if origin else None)
    return not model.user_provided_id and split(model.description)[1] in markers


def _fits(model: Model, origin: Model | None, call: Call) -> bool:
    if origin is not None:
        # No field names the source of a copy; the platform names the copy after its source.
        return origin.name in model.name and model.target_type == origin.target_type
    return bool(model.template and model.template.template_id == call.body["templateId"])
