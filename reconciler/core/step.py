"""The parts of a plan: field changes, calls, waits and the step that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.core.resource import Address
from reconciler.errors import Problem

ACTIONS = ("create", "update", "replace", "delete", "run", "adopt", "check")


Values = Mapping[str, Any]
"""JSON values by name, of which each may be a ``KnownAfter`` or a ``KnownText``."""


@dataclass(frozen=True, slots=True)
class KnownAfter:
    """A value that only an earlier step can tell: output ``key`` of the step with this id."""

    step: str
    key: str

    def __str__(self) -> str:
        return f"(known after {self.step})"


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text of which some pieces are known only after earlier steps.

    A piece ``(prefix, value)`` is left out, prefix and all, when its value turns out to be empty.
    """

    pieces: tuple[str | tuple[str, KnownAfter], ...]

    def __str__(self) -> str:
        return self.resolve(str)

    def resolve(self, value_of: Callable[[KnownAfter], Any]) -> str:
        """The whole text, with each unknown value replaced by what ``value_of`` returns."""
        return "".join(
            piece if isinstance(piece, str) else _prefixed(piece[0], value_of(piece[1]))
            for piece in self.pieces
        )


def _prefixed(prefix: str, value: Any) -> str:
    return "" if value in (None, "") else f"{prefix}{value}"


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
    ``filename`` is the name that it is sent under; '' stands for the name of its file.
    """

    field: str
    path: str
    sha256: str
    size: int
    source: str
    filename: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One write, decided at plan time; this method, path and body are what is sent.

    ``path`` is a template whose ``{names}`` are filled from ``path_params``.  ``recovery`` is not
    sent: it says how to recognize what the write made when its answer is lost.  ``outputs`` names
    the outputs that later steps may use.  ``only_if`` is a value without which the call is not
    sent.
    """

    operation: str
    method: str
    path: str
    path_params: Values = field(default_factory=dict)
    body: Values = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    outputs: tuple[str, ...] = ()
    recovery: Values = field(default_factory=dict)
    only_if: KnownAfter | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Something to wait for once ``after`` calls of the step are done; ``timeout`` in seconds."""

    operation: str
    params: Values = field(default_factory=dict)
    timeout: float = 1800.0
    after: int = 0
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepDraft:
    """What a part of a kind wants done, before the plan gives it a name and an order.

    ``outputs`` are the outputs that only its step can tell.  ``kept`` is
    what differs and is left so on purpose, its ``reason`` one of ``Untouched.why``.  An empty
    ``action`` with ``problems`` says that the part cannot be planned.  ``expected`` marks a run
    that is due whatever the live state is (at every apply, say): it is not drift.
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
