"""What an emulator holds, said without ids and times, so that two histories can be compared."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.sandbox import Stage

PASSING = {"datasets", "jobs", "images", "users"}
"""Kinds that are not the run's own: what it made shows in all the others."""

ID = re.compile(r"\b[0-9a-f]{24}\b")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z?")


def final_state(stage: Stage) -> dict[str, list[str]]:
    """Every document of every kind, ids and times blotted out, sorted."""
    state: dict[str, Any] = stage.control("GET", "state")
    return {
        kind: sorted(_blotted(document) for document in documents)
        for kind, documents in state.items()
        if kind not in PASSING and isinstance(documents, list)
    }


def job_count(stage: Stage) -> int:
    """How many jobs of the platform were ever started."""
    return len(stage.control("GET", "state").get("jobs", []))


def _blotted(document: Any) -> str:
    text = json.dumps(document, sort_keys=True)
    return TIME.sub("TIME", ID.sub("ID", text))
