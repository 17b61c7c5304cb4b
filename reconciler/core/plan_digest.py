"""The digest of a plan: equal plans have equal digests, whatever commit they were made from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from reconciler.core.fingerprint import canonical
from reconciler.core.plan_document import PlanContent


def digest(content: PlanContent, commit: str) -> str:
    """``sha256:<hex>`` of a plan's scope, endpoints and steps; ``commit`` takes no part in it.

    A step holds the fingerprint of its live object, so that the digest covers both sides.
    """
    spelled = canonical(without_commit(content, commit)).encode("utf-8", "surrogatepass")
    return f"sha256:{hashlib.sha256(spelled).hexdigest()}"


def without_commit(value: Any, commit: str) -> Any:
    """The value without the records of this commit: a plan of a pull request's merge commit
    is equal to the one of the commit that a squash makes of it.

    A record is a mapping that has the hash as one of its values.  In texts a word stands for it.
    """
    if not commit:
        return value
    if isinstance(value, Mapping):
        return {
            key: without_commit(inner, commit)
            for key, inner in value.items()
            if not (isinstance(inner, Mapping) and commit in inner.values())
        }
    if isinstance(value, list):
        return [without_commit(inner, commit) for inner in value]
    return value.replace(commit, "(commit)") if isinstance(value, str) else value
