"""Models that come from a copy or a template: without an identity until they are marked.

What is new, unowned and fits its origin is what a lost call made.  One is made at a time, and what
one step got is never taken for another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from reconciler.core.marker import split
from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import LiveStateError
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.client.responses import Model


class Copies:
    """Makes them, and finds what a lost call made."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._before: dict[str, frozenset[str]] = {}
        self._taken: set[str] = set()
        self._lock = Lock()

    def copy(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """POST fromCustomModel/."""
        with self._lock:
            self._look_around(resource)
            made = self.client.copy_model(call.body["customModelId"])
            return self._took(made.id, made.latest_version.id if made.latest_version else None)

    def from_template(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """POST fromModelTemplate/."""
        with self._lock:
            self._look_around(resource)
            return self._took(*self.client.create_model_from_template(call.body))

    def find(self, call: Call, resource: Resource | None) -> Mapping[str, Any] | None:
        """The model that a lost call made; LiveStateError when two could be it."""
        with self._lock:
            known = self._before.get(_key(resource), frozenset()) | self._taken
            source = call.body.get("customModelId")
            origin = self.client.get_model(source) if source else None
            found = [
                model
                for model in self.client.list_models()
                if model.id not in known
                and _is_unowned(model, origin)
                and _fits(model, origin, call)
            ]
            if len(found) > 1:
                raise LiveStateError(
                    f"after an answer that was lost there are {len(found)} new models: "
                    + ", ".join(sorted(model.id for model in found)),
                    "Look at them, delete what is too much, and run again.",
                )
            if not found:
                return None
            version = found[0].latest_version
            return self._took(found[0].id, version.id if version else None)

    def _look_around(self, resource: Resource | None) -> None:
        # Once for all sendings: what comes late of the first is new for the second as well.
        if _key(resource) not in self._before:
            seen = frozenset(model.id for model in self.client.list_models())
            self._before[_key(resource)] = seen

    def _took(self, identity: str, version: str | None) -> Mapping[str, Any]:
        self._taken.add(identity)
        return {"id": identity, "versionId": version}


def _key(resource: Resource | None) -> str:
    return str(resource.address) if resource else ""


def _is_unowned(model: Model, origin: Model | None) -> bool:
    # A copy has the description of its source, and with it a mark that is not its own.
    marks = (None, split(origin.description)[1] if origin else None)
    return not model.user_provided_id and split(model.description)[1] in marks


def _fits(model: Model, origin: Model | None, call: Call) -> bool:
    if origin is not None:
        # No field tells of what a model is a copy; the platform names it after its source.
        return origin.name in model.name and model.target_type == origin.target_type
    return bool(model.template and model.template.template_id == call.body["templateId"])
