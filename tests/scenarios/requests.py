"""The requests of one command as lines: reads counted, writes one by one with what they carried.

Independent steps run in parallel, so writes are told object by object: environments, models, then
objects that are only deleted, models first.  Within one object the order is as it happened.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.scenarios.names import Names, known_as

Entry = dict[str, Any]
_RANK = {"ExecutionEnvironment": 0, "CustomModel": 1}
_COLLECTIONS = {"executionEnvironments": "ExecutionEnvironment", "customModels": "CustomModel"}


def request_lines(log: Iterable[Entry], names: Names) -> list[str]:
    """Every request of the log, in an order that is the same on every run."""
    reads: Counter[str] = Counter()
    writes: dict[str, list[Entry]] = {}
    for entry in log:
        if entry["method"] in ("GET", "HEAD"):
            reads[names.hide(f"{entry['method']} {_path(entry)}{_failed(entry)}")] += 1
        else:
            writes.setdefault(_object(entry, names), []).append(entry)
    lines = [f"{line} x{count}" if count > 1 else line for line, count in sorted(reads.items())]
    for name in sorted(writes, key=lambda name: (_rank(name, writes[name]), name)):
        lines += [names.hide(_write(entry)) for entry in writes[name]]
    return lines


def _path(entry: Entry) -> str:
    return str(entry["path"]).removeprefix("/api/v2/")


def _failed(entry: Entry) -> str:
    if entry["status"] is None:
        return f" -> {entry['fault']}"
    return f" -> {entry['status']}" if entry["status"] >= 400 else ""


def _write(entry: Entry) -> str:
    parts = [entry["method"], _path(entry)]
    if "body" in entry:
        parts.append(json.dumps(entry["body"], ensure_ascii=False))
    if "fields" in entry:
        parts.append(json.dumps(entry["fields"], ensure_ascii=False))
        parts.append(f"files: {', '.join(sorted(entry['files'])) or 'none'}")
    return " ".join(parts) + _failed(entry)


def _object(entry: Entry, names: Names) -> str:
    collection, _, rest = _path(entry).partition("/")
    kind = _COLLECTIONS.get(collection, collection)
    if not rest:
        body = entry.get("body") or {}
        if "customModelId" in body:
            # A test belongs to its model.
            return names.hide(body["customModelId"]).strip("{}").partition("#")[0]
        return f"{kind}/{known_as({'name': '', **body})}"
    return names.hide(rest.partition("/")[0]).strip("{}").partition("#")[0]


def _rank(name: str, entries: list[Entry]) -> int:
    rank = _RANK.get(name.partition("/")[0], 9)
    return 3 - rank if all(entry["method"] == "DELETE" for entry in entries) else rank
