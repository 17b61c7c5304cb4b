"""A saved plan that was edited, with a checksum that fits again."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from reconciler.core.fingerprint import canonical


def seal(data: dict[str, Any]) -> str:
    """The file's text in its one spelling, as anybody who reads the source can make it."""
    rest = {key: value for key, value in data.items() if key != "checksum"}
    content = canonical(rest).encode("utf-8", "surrogatepass")
    sealed = {**rest, "checksum": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    text = json.dumps(sealed, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()
