"""The calls of a plan compared with the writes that an apply sent: method, path, body and files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

JsonObject = Mapping[str, Any]
NAME = re.compile(r"\{(\w+)\}")
ROOT = "/(api/v2/|v1/)?"
"""Where the APIs are mounted; paths of a plan are relative to it."""


def planned_calls(plan: JsonObject) -> list[JsonObject]:
    """Every call of a plan in JSON, in the order of its steps."""
    return [call for step in plan["steps"] for call in step["calls"]]


def differences(
    calls: Sequence[JsonObject], writes: Sequence[JsonObject], whole: bool
) -> list[str]:
    """What was sent without a plan, sent twice, or, after a whole apply, planned and not sent.

    ``writes`` are entries of the emulator's request log.  A write that failed may be sent again.
    """
    problems = [
        f"no call of the plan is {_shown(write)}"
        for write in writes
        if not any(is_sent_as(call, write) for call in calls)
    ]
    done = [write for write in writes if _has_answer(write)]
    paired = _pairs(calls, done)
    problems += [f"sent twice: {_shown(done[i])}" for i in range(len(done)) if i not in paired]
    if whole:
        rest = [call for i, call in enumerate(calls) if i not in paired.values()]
        lost = [write for write in writes if not _has_answer(write)]
        # A lost answer whose effect was found stands for its call.
        found = set(_pairs(rest, lost).values())
        problems += [
            f"planned and not sent: {call['method']} {call['path']}"
            for i, call in enumerate(rest)
            if i not in found and call["onlyIf"] is None
        ]
    return problems


def is_sent_as(call: JsonObject, write: JsonObject) -> bool:
    """Whether an entry of the request log is this call, as far as its values were known."""
    if call["method"] != write["method"] or not _path(call).search(write["path"]):
        return False
    if "fields" in write:
        return _fields(call["body"], write["fields"]) and _files(call, write["files"])
    return not call["uploads"] and equal(call["body"], write.get("body", {}))


def equal(planned: Any, sent: Any) -> bool:
    """Whether a sent JSON value is the planned one; a value known later may be anything."""
    if isinstance(planned, Mapping):
        if planned.keys() == {"knownAfter", "output"}:
            return True
        if planned.keys() == {"text"}:
            return isinstance(sent, str) and _text(planned["text"]).fullmatch(sent) is not None
        if planned.keys() == {"literal"}:
            return bool(planned["literal"] == sent)
        return (
            isinstance(sent, Mapping)
            and planned.keys() == sent.keys()
            and all(equal(planned[key], sent[key]) for key in planned)
        )
    if isinstance(planned, list):
        return (
            isinstance(sent, list) and len(planned) == len(sent) and all(map(equal, planned, sent))
        )
    return type(planned) is type(sent) and bool(planned == sent)


def _pairs(calls: Sequence[JsonObject], writes: Sequence[JsonObject]) -> dict[int, int]:
    """Each write with a call of its own, as many as possible: a bipartite matching."""
    call_of: dict[int, int] = {}
    write_of: dict[int, int] = {}

    def place(write: int, seen: set[int]) -> bool:
        for call in range(len(calls)):
            if call in seen or not is_sent_as(calls[call], writes[write]):
                continue
            seen.add(call)
            if call not in write_of or place(write_of[call], seen):
                write_of[call], call_of[write] = write, call
                return True
        return False

    for write in range(len(writes)):
        place(write, set())
    return call_of


def _has_answer(write: JsonObject) -> bool:
    return write["status"] is not None and write["status"] < 400 and not write.get("fault")


def _path(call: JsonObject) -> re.Pattern[str]:
    """The planned path; names whose values are known later match one segment."""
    pattern, end = "", 0
    for name in NAME.finditer(call["path"]):
        value = call["pathParams"][name[1]]
        known = not isinstance(value, Mapping)
        pattern += re.escape(call["path"][end : name.start()])
        pattern += re.escape(str(value)) if known else "[^/]+"
        end = name.end()
    return re.compile(rf"^{ROOT}{pattern}{re.escape(call['path'][end:])}$")


def _text(pieces: Sequence[Any]) -> re.Pattern[str]:
    parts = (
        re.escape(piece) if isinstance(piece, str) else f"({re.escape(piece['prefix'])}.*)?"
        for piece in pieces
    )
    return re.compile("".join(parts), re.DOTALL)


def _fields(body: JsonObject, fields: JsonObject) -> bool:
    """Whether the text fields of a form say what the planned body says."""
    body = {key: value for key, value in body.items() if value != [] or key in fields}
    return body.keys() == fields.keys() and all(_field(body[key], fields[key]) for key in body)


def _field(planned: Any, sent: Any) -> bool:
    if isinstance(planned, list):
        texts = sent if isinstance(sent, list) else [sent]
        repeated = len(planned) == len(texts) and all(map(_field, planned, texts))
        return repeated or equal(planned, _json(sent))
    if planned is None or isinstance(planned, bool | str):
        spelled = {None: "", True: "True", False: "False"}.get(planned, planned)
        return bool(spelled == sent)
    return equal(planned, sent) or equal(planned, _json(sent))


def _json(sent: Any) -> Any:
    try:
        return json.loads(sent)
    except (TypeError, ValueError):
        return sent


def _files(call: JsonObject, names: Sequence[str]) -> bool:
    """Whether these files went along; a whole file set is one file, packed or as it is."""
    uploads = call["uploads"]
    if len(uploads) == len(names) == 1 and not uploads[0]["path"]:
        return True
    paths = [upload["path"] for upload in uploads]
    called = [upload["filename"] or upload["path"].rpartition("/")[2] for upload in uploads]
    return sorted(names) in (sorted(paths), sorted(called))


def _shown(write: JsonObject) -> str:
    body = write.get("body", write.get("fields", {}))
    return f"{write['method']} {write['path']} {json.dumps(body)} {write.get('files', '')}"
