"""A saved plan that was edited, with a digest and a checksum that fit again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from reconciler.core.fingerprint import canonical
from reconciler.core.plan_digest import digest

COVERED = {"project", "target", "endpoint", "steps"}


def seal(data: dict[str, Any]) -> str:
    """The file's text in its one spelling, as anybody who reads the source can make it."""
    rest = {key: value for key, value in data.items() if key != "checksum"}
    if "digest" in rest and rest.keys() >= COVERED:
        commit = rest.get("commit")
        covered = {key: rest[key] for key in COVERED}
        rest["digest"] = digest(covered, commit if isinstance(commit, str) else "")
    content = canonical(rest).encode("utf-8", "surrogatepass")
    sealed = {**rest, "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    text = json.dumps(sealed, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()
