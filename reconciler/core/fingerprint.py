"""A short name for the state of a live object, to see later whether it is still the same."""

from __future__ import annotations

import hashlib
import json
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
        "protected": live.protected,
        "spec": live.spec,
        "contents": live.contents,
        "facts": live.facts,
    }
    return f"sha256:{hashlib.sha256(canonical(seen).encode()).hexdigest()}"


def canonical(value: Any) -> str:
    """JSON with one spelling for each value: sorted keys, no spaces, plain Unicode."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=list
    )
