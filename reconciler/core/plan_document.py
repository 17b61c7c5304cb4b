"""The JSON document of a plan, as ``schemas/plan.schema.json`` describes it.

A value ``Any`` is a value of a manifest or of a request, in which ``{"knownAfter", "output"}``
stands for one that only an earlier step can tell.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ProblemData(TypedDict):
    """One problem, with its place as far as it is known."""

    code: str
    message: str
    hint: str
    address: str
    path: str
    file: str
    line: int
    column: int
    blocked: bool
    warning: bool


class FieldData(TypedDict):
    """One differing field; ``detail`` and ``unit`` only where there is something to say."""

    path: str
    old: Any
    new: Any
    reason: str
    detail: NotRequired[list[str]]
    unit: NotRequired[str]


class UploadData(TypedDict):
    """One file that goes with a call."""

    field: str
    path: str
    sha256: str
    size: int
    source: str
    filename: str


class CallData(TypedDict):
    """One write; ``pathParams``, ``body`` and ``recovery`` are objects."""

    operation: str
    method: str
    path: str
    pathParams: Any
    body: Any
    uploads: list[UploadData]
    outputs: list[str]
    recovery: Any
    onlyIf: Any


class WaitData(TypedDict):
    """One job to follow; ``params`` is an object, ``timeout`` is in seconds."""

    operation: str
    params: Any
    timeout: float
    after: int
    outputs: list[str]


class StepData(TypedDict):
    """One step of a plan."""

    id: str
    address: str
    action: str
    reason: str
    fields: list[FieldData]
    calls: list[CallData]
    waits: list[WaitData]
    dependsOn: list[str]
    precondition: str


class UntouchedData(TypedDict):
    """Something that the plan leaves as it is; the last four only for a field or with a note."""

    why: str
    kind: str
    name: str
    id: str
    note: NotRequired[str]
    path: NotRequired[str]
    old: NotRequired[Any]
    new: NotRequired[Any]


class PlanContent(TypedDict):
    """What the digest of a plan covers; the rest describes the plan and decides nothing."""

    project: str
    target: str | None
    endpoint: dict[str, str]
    steps: list[StepData]


class PlanDocument(PlanContent):
    """A whole plan."""

    formatVersion: int
    commit: str | None
    digest: str
    summary: dict[str, int]
    untouched: list[UntouchedData]
    problems: list[ProblemData]
    requests: dict[str, int]


class BindingData(TypedDict):
    """What a saved plan belongs to."""

    manifests: str
    prune: bool
    retryFailed: bool
    select: list[str]
    paths: list[str]
    mode: str
    forget: list[str]


class SavedPlanDocument(PlanDocument):
    """A plan that was saved: bound, with the states that it was decided on, and sealed."""

    binding: BindingData
    observed: dict[str, Any]
    applied: NotRequired[str]
    checksum: NotRequired[str]
