"""The calls of a plan compared with the writes that its apply sent.

A write is method, path, body, form fields and file names, as the emulator's request log has them.
Values that were known only later are filled in from the outputs in the report.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from reconciler.core.plan import Plan
from reconciler.core.report import Report, StepResult
from reconciler.core.step import Call, KnownAfter, KnownText, Step

Write = Mapping[str, Any]
Outputs = Mapping[str, Mapping[str, Any]]

ANY = object()
"""A value that no output tells; it equals everything."""

REQUIRED, ALLOWED, FORBIDDEN = "required", "allowed", "forbidden"


@dataclass(frozen=True)
class PlannedCall:
    """One call with its values filled in, and whether the report says that it was sent."""

    step: str
    call: Call
    due: str

    def __str__(self) -> str:
        return f"{self.step}: {self.call.method} {self.call.path}"


def differences(plan: Plan, report: Report, writes: Sequence[Write]) -> list[str]:
    """What was sent beside the plan, twice, too early or not at all; empty when all is right.

    ``writes`` are in the order in which their answers became known.
    """
    roots = {urlsplit(url).path.rstrip("/") for url in plan.endpoint.values()}
    calls = planned_calls(plan, report)
    sent: dict[int, list[int]] = defaultdict(list)
    problems = []
    for place, write in enumerate(writes):
        matching = [i for i, each in enumerate(calls) if is_sent_as(each.call, write, roots)]
        if not matching:
            problems.append(f"no call of the plan is {_shown(write)}")
            continue
        open_ones = [i for i in matching if not any(_is_done(writes[j]) for j in sent[i])]
        sent[(open_ones or matching)[0]].append(place)
    for i, each in enumerate(calls):
        problems += _misfits(each, [writes[place] for place in sent[i]])
    return [*problems, *_disorder(plan, calls, sent)]


def planned_calls(plan: Plan, report: Report) -> list[PlannedCall]:
    """Every call of the plan in plan order, with what the report says about it."""
    results = {result.id: result for result in report.results}
    outputs = {result.id: result.outputs for result in report.results}
    calls = []
    # After a second signal nothing is known of what was under way: `cut` allows every call.
    for step in plan.steps:
        for number, call in enumerate(step.calls):
            due = ALLOWED if report.cut else _due(call, number, results[step.id], outputs)
            calls.append(PlannedCall(step.id, filled(call, outputs), due))
    return calls


def filled(call: Call, outputs: Outputs) -> Call:
    """The call with every value that became known."""
    return replace(
        call,
        path_params=_value(call.path_params, outputs),
        body=_value(call.body, outputs),
    )


def is_sent_as(call: Call, write: Write, roots: set[str]) -> bool:
    """Whether an entry of the request log is this call, below one of these roots of an API."""
    if call.method != write["method"] or not _path_fits(call, write["path"], roots):
        return False
    if "fields" in write:
        return _form_fits(call, write["fields"]) and _files_fit(call, write["files"])
    return not call.uploads and equal(call.body, write.get("body", {}))


def equal(planned: Any, sent: Any) -> bool:
    """Whether a JSON value is the planned one; numbers and booleans are told apart."""
    if planned is ANY:
        return True
    if isinstance(planned, Mapping):
        same_keys = isinstance(sent, Mapping) and planned.keys() == sent.keys()
        return same_keys and all(equal(planned[key], sent[key]) for key in planned)
    if isinstance(planned, list | tuple):
        same_length = isinstance(sent, list) and len(planned) == len(sent)
        return same_length and all(map(equal, planned, sent))
    return isinstance(planned, bool) is isinstance(sent, bool) and bool(planned == sent)


def _due(call: Call, number: int, result: StepResult, outputs: Outputs) -> str:
    if result.state in ("skipped", "notReached"):
        return FORBIDDEN
    if result.state == "failed" and number >= result.done_calls:
        return ALLOWED if number == result.done_calls else FORBIDDEN
    if call.only_if is None:
        return REQUIRED
    condition = _value(call.only_if, outputs)
    return ALLOWED if condition is ANY else REQUIRED if condition else FORBIDDEN


def _misfits(planned: PlannedCall, writes: Sequence[Write]) -> Iterator[str]:
    if planned.due == FORBIDDEN and writes:
        yield f"left out by the report, and sent: {planned}"
    if planned.due == REQUIRED and not any(map(_may_have_effect, writes)):
        yield f"planned and not sent: {planned}"
    if sum(map(_is_done, writes)) > 1:
        yield f"sent twice: {planned}"


def _disorder(
    plan: Plan, calls: Sequence[PlannedCall], sent: Mapping[int, Sequence[int]]
) -> Iterator[str]:
    """Calls of a step in another order, and steps before what they depend on."""
    places: dict[str, list[int]] = {step.id: [] for step in plan.steps}
    for i, each in enumerate(calls):
        before = places[each.step]
        if before and sent[i] and min(sent[i]) < max(before):
            yield f"sent before the call in front of it: {each}"
        before.extend(sent[i])
    for step in plan.steps:
        for need in _sent_needs(step, places):
            yield f"{step.id} was sent before {need}, which it depends on"


def _sent_needs(step: Step, places: Mapping[str, Sequence[int]]) -> Iterator[str]:
    if places[step.id]:
        first = min(places[step.id])
        yield from (need for need in step.depends_on if any(p > first for p in places[need]))


def _is_done(write: Write) -> bool:
    """Whether the platform answered with success, and the answer arrived."""
    return not write.get("fault") and write["status"] is not None and write["status"] < 400


def _may_have_effect(write: Write) -> bool:
    return _is_done(write) or write["status"] is None or bool(write.get("fault"))


def _value(value: Any, outputs: Outputs) -> Any:
    if isinstance(value, KnownAfter):
        return outputs.get(value.step, {}).get(value.key, ANY)
    if isinstance(value, KnownText):
        known = {id(p[1]): _value(p[1], outputs) for p in value.pieces if not isinstance(p, str)}
        unknown = any(each is ANY for each in known.values())
        return ANY if unknown else value.resolve(lambda after: known[id(after)])
    if isinstance(value, Mapping):
        return {key: _value(inner, outputs) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(inner, outputs) for inner in value]
    return value


def _path_fits(call: Call, path: str, roots: set[str]) -> bool:
    """The path below the root; an endpoint may be set with or without its ``/v1``."""
    if any(value is ANY for value in call.path_params.values()):
        head = call.path.partition("{")[0]
        return any(path.startswith(f"{root}/{head}") for root in roots)
    names = {key: quote(str(value), safe="") for key, value in call.path_params.items()}
    own = call.path.format_map(names)
    return any(path in (f"{root}/{own}", f"{root}/v1/{own}") for root in roots)


def _form_fits(call: Call, fields: Mapping[str, Any]) -> bool:
    # An empty list of repeated fields is no field at all.
    body = {k: v for k, v in call.body.items() if k in fields or v not in ([], ())}
    return body.keys() == fields.keys() and all(_field_fits(body[k], fields[k]) for k in body)


def _field_fits(planned: Any, sent: Any) -> bool:
    """A field carries text; a list is one field for each item, or JSON like any object."""
    if planned is ANY or sent == _form_text(planned):
        return True
    texts = sent if isinstance(sent, list) else [sent]
    same_length = isinstance(planned, list) and len(planned) == len(texts)
    return same_length and all(map(_field_fits, planned, texts))


def _form_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "", True: "True", False: "False"}[value]
    return value if isinstance(value, str) else json.dumps(value)


def _files_fit(call: Call, names: Sequence[str]) -> bool:
    """The log has the path of each file, or its name where the form has no paths.

    A file set that goes as one file has no path; its name is that of the archive.
    """
    paths = [upload.path for upload in call.uploads]
    if paths == list(names) or (paths == [""] and len(names) == 1):
        return True
    return [u.filename or u.path.rpartition("/")[2] for u in call.uploads] == list(names)


def _shown(write: Write) -> str:
    body = write.get("body", write.get("fields", {}))
    files = f" files: {write['files']}" if "files" in write else ""
    return f"{write['method']} {write['path']} {json.dumps(body)}{files} -> {write['status']}"
