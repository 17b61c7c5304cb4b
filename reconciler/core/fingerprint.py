"""A short name for the state of a live object, to see later whether it is still the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from typing import Any

from reconciler.core.resource import Live


def fingerprint(live: Live | None) -> str:
    """``sha256:<hex>`` of what a plan was decided on; '' for an object that is not there."""
    if live is None:
        return ""
    seen = {
        "id": live.id,
        "name": live.name,
        "owner": live.owner,
        "externalId": live.external_id,
        "inUse": live.in_use,
        "protected": live.protected,
        "spec": live.spec,
        "contents": live.contents,
        "facts": live.facts,
    }
    # JSON may carry half of a surrogate pair, which UTF-8 cannot encode.
    spelled = canonical(seen).encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(spelled).hexdigest()}"


def canonical(value: Any) -> str:
    """JSON with one spelling for each value: sorted keys, no spaces, plain Unicode."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain
    )


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value, key=canonical) if isinstance(value, Set) else list(value)
