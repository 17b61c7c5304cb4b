"""The parts of a plan: field changes, calls, waits and the step that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.resource import Address
from reconciler.errors import Problem

ACTIONS = ("create", "update", "replace", "delete", "run", "adopt", "check")


@dataclass(frozen=True, slots=True)
class KnownAfter:
    """A value that only an earlier step can tell: output ``key`` of the step with this id."""

    step: str
    key: str

    def __str__(self) -> str:
        return f"(known after {self.step})"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: key path in the manifest, live value, wanted value, and why.

    ``old`` and ``new`` are manifest values; None stands for "not there".  ``detail`` holds
    lines for the reader (a diff of a text file) and takes no part in the decision; nor does
    ``unit``, which says how to show a number.
    """

    path: str
    old: Any
    new: Any
    reason: str
    detail: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that goes with a call: the form field, its path there, and its bytes' digest.

    ``source`` is the key path of the resource's file set that the bytes are read from.
    """

    field: str
    path: str
    sha256: str
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """One write, decided at plan time: the provider's operation and all that it needs.

    ``path`` is the URL path with ``{names}`` filled from ``params``; a value of ``params`` or of
    ``body`` may be an ``KnownAfter``.  ``outputs`` names the outputs that later steps may ask for.
    """

    operation: str
    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Something to wait for once ``after`` calls of the step are done; ``timeout`` in seconds."""

    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    timeout: float = 1800.0
    after: int = 0
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepDraft:
    """What a part of a kind wants done, before the plan gives it a name and an order.

    ``outputs`` are the outputs that only its step can tell.  ``kept`` is
    what differs and is left so on purpose, its ``reason`` one of ``LeftAlone.why``.  An empty
    ``action`` with ``problems`` says that the part cannot be planned.  ``expected`` marks a run
    that is due whatever the platform holds (at every apply, say): it is no drift.
    """

    action: str = ""
    reason: str = ""
    fields: tuple[FieldChange, ...] = ()
    calls: tuple[Call, ...] = ()
    waits: tuple[Wait, ...] = ()
    outputs: tuple[str, ...] = ()
    kept: tuple[FieldChange, ...] = ()
    problems: tuple[Problem, ...] = ()
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a plan; ``precondition`` is the fingerprint of the live object, or ''.

    ``expected`` is for the report of drift alone and not kept in a saved plan.
    """

    id: str
    address: Address
    action: str
    reason: str
    fields: tuple[FieldChange, ...] = ()
    calls: tuple[Call, ...] = ()
    waits: tuple[Wait, ...] = ()
    depends_on: tuple[str, ...] = ()
    precondition: str = ""
    expected: bool = field(default=False, compare=False)


def mentions(step: Step, identity: str) -> bool:
    """Whether a call of the step other than on the object itself names this id."""
    return any(identity in call.body.values() for call in step.calls)
