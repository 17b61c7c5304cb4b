"""JSON Merge Patch (RFC 7386), and which patch a value came from."""

from __future__ import annotations

from typing import Any

from reconciler.desired.path_problem import Keys


def merge(target: Any, patch: Any) -> Any:
    """``target`` changed by ``patch``; null removes a key, lists are replaced whole."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def decides(patch: Any, keys: Keys) -> bool:
    """Whether the value at ``keys`` (or its absence) is the patch's doing."""
    for key in keys:
        if not isinstance(patch, dict):
            return True
        if key not in patch:
            return False
        patch = patch[key]
    return not isinstance(patch, dict)
