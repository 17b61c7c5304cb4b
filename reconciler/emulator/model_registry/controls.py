"""Test controls of the registry: what a version measured, whether it deploys, the tenant's name."""

from __future__ import annotations

from typing import Any

import flask
from flask import Blueprint

from reconciler.emulator.answers import answer
from reconciler.emulator.controls import local_only
from reconciler.emulator.fields import Field, flag, mapping, number, text
from reconciler.emulator.inputs import json_body
from reconciler.emulator.middleware import CONTROLS
from reconciler.emulator.model_registry import records, views
from reconciler.emulator.refusal import not_found
from reconciler.emulator.store import Doc
from reconciler.emulator.world import current

registry_controls = Blueprint("registry_controls", __name__)
registry_controls.before_request(local_only)


def _measured(value: Any) -> dict[str, float]:
    """Numbers by the names of metrics."""
    check = number()
    return {key: check(held) for key, held in mapping(value).items()}


@registry_controls.post(CONTROLS + "registry/metrics")
def set_metrics() -> flask.Response:
    """Say what a version measured and whether it deploys; named by its id or either ``fqn``.

    The ``fqn`` of a model means its latest version.
    """
    given = json_body(
        {
            "id": Field(text()),
            "fqn": Field(text()),
            "metrics": Field(_measured),
            "deployable": Field(flag, null=True),
        }
    )
    with current().store.transaction():
        version = _named(given)
        rows = {
            key: {"key": key, "value": value, "timestamp": int(current().clock() * 1000), "step": 0}
            for key, value in given.get("metrics", {}).items()
        }
        changed = current().store.change(
            records.VERSIONS,
            version,
            metrics={**version["metrics"], **rows},
            deployable=given.get("deployable", version["deployable"]),
        )
        return answer(views.show_version(changed))


@registry_controls.post(CONTROLS + "registry/tenant")
def set_tenant() -> flask.Response:
    """Name the tenant, so that the ``fqn`` of a real installation is found here too."""
    given = json_body({"name": Field(text(255, 1), required=True)})
    with current().store.transaction():
        current().store.put("settings", {"id": records.TENANT, "values": given})
    return answer(given)


def _named(given: dict[str, Any]) -> Doc:
    store, fqn = current().store, given.get("fqn")
    version = store.get(records.VERSIONS, given.get("id"))
    models = [m for m in store.all(records.MODELS) if views.model_fqn(m) == fqn]
    latest = views.versions_of(models[0])[:1] if models else []
    numbered = [v for v in store.all(records.VERSIONS) if views.version_fqn(v) == fqn]
    found = [version, *latest, *numbered] if version else [*latest, *numbered]
    if not found:
        raise not_found("Model version")
    return found[0]
