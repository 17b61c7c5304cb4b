"""One digest over all that the manifests want, whatever file, order or spelling they use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from reconciler.core.graph import Graph
from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Kind
from reconciler.core.resource import Resource
from reconciler.desired.project import Project


def digest(project: Project, graph: Graph, kinds: Mapping[str, Kind]) -> str:
    """``sha256:<hex>`` over the project's scope and policy and every resource's normal form."""
    form = {
        "scope": project.scope,
        "uid": project.uid,
        "formerly": sorted(project.formerly),
        "policy": project.policy.model_dump(mode="json"),
        "resources": [_normal(each, kinds[each.address.kind]) for each in graph],
    }
    return f"sha256:{hashlib.sha256(_canonical(form).encode()).hexdigest()}"


def _normal(resource: Resource, kind: Kind) -> JsonObject:
    spec: Any = resource.spec
    for path, files in resource.files.items():
        # Content, not the spelling of the path: ./model is model.  An output has none yet.
        if files.form != "output":
            spec = _changed(spec, path.split("."), lambda _, value=files.digest: value)
    for path, rule in kind.rules.items():
        if rule.as_set:
            spec = _changed(spec, path.split("."), _as_set)
    lifecycle = resource.lifecycle
    return {
        "address": str(resource.address),
        "id": resource.id,
        "userProvidedId": resource.user_provided_id,
        "formerly": sorted(resource.formerly),
        "lifecycle": [
            lifecycle.protect,
            lifecycle.allow_replace,
            sorted(lifecycle.ignore_changes),
            lifecycle.on_delete,
        ],
        "dependsOn": sorted(str(each) for each in resource.depends_on),
        "spec": spec,
    }


def _changed(spec: Any, keys: list[str], change: Any) -> Any:
    if not keys:
        return change(spec)
    if not isinstance(spec, Mapping) or keys[0] not in spec:
        return spec
    return {**spec, keys[0]: _changed(spec[keys[0]], keys[1:], change)}


def _as_set(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return sorted({_canonical(each) for each in value})


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
