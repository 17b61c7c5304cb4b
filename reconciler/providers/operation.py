"""One operation of an API: the method, the path and the body form that a plan shows and we send."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import Any, Generic, TypeVar

from reconciler.core.step import Call, KnownAfter, Upload, Values
from reconciler.providers.answer import Answer
from reconciler.providers.response import Answered, parse

T = TypeVar("T", covariant=True)
M = TypeVar("M", bound=Answered)
Row = TypeVar("Row", bound="Operation[Any]")

JSON, MULTIPART, NONE = "json", "multipart", "none"
"""How a body is sent; ``NONE`` for an operation without one."""


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """A row of a family's table of operations.

    ``path`` is a template relative to the API's root.  ``answer`` reads the response.  In a
    multipart form a value whose key is in ``repeated`` is one field for each of its items, every
    upload is named by a field ``path_field`` where the API wants one, and is of the type ``media``.
    """

    name: str
    method: str
    path: str
    answer: Callable[[Answer], T]
    form: str = JSON
    repeated: frozenset[str] = frozenset()
    path_field: str = ""
    media: str = "application/octet-stream"

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names in the path template, in order."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.path) if name)

    def call(
        self,
        *values: Any,
        body: Values | None = None,
        uploads: tuple[Upload, ...] = (),
        outputs: tuple[str, ...] = (),
        recovery: Values | None = None,
        only_if: KnownAfter | None = None,
    ) -> Call:
        """The planned call; ``values`` fill the names of the path in their order."""
        return Call(
            self.name,
            self.method,
            self.path,
            dict(zip(self.path_names, values, strict=True)),
            body or {},
            uploads,
            outputs,
            recovery or {},
            only_if,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOperation(Operation[list[M]]):
    """A GET that answers a list in pages; ``item`` is the model of one entry."""

    item: type[M]


def listing(name: str, path: str, item: type[M]) -> ListOperation[M]:
    """A row for a list: GET, no body."""
    return ListOperation(
        name=name, method="GET", path=path, answer=_page_of(item), form=NONE, item=item
    )


def _page_of(item: type[M]) -> Callable[[Answer], list[M]]:
    return lambda answer: [parse(item, each) for each in answer.json()["data"]]


class OperationTable(dict[str, Operation[Any]]):
    """A family's operations by name; each row is added where it is defined."""

    def add(self, row: Row) -> Row:
        """The same row, once it is in the table; ValueError for a name that is taken."""
        if row.name in self:
            raise ValueError(f"two operations are called {row.name}")
        self[row.name] = row
        return row


# -- how responses are read ------------------------------------------------------------------


def one(model: type[M]) -> Callable[[Answer], M]:
    """A response that is one object; ContractBroken when it is not of this model."""
    return lambda answer: parse(model, answer.json())


def nothing(answer: Answer) -> None:
    """A response whose body says nothing that is used."""


def text(answer: Answer) -> str:
    """A response that is text."""
    return answer.text


def form_text(value: Any) -> str:
    """One value of a multipart form.

    The DataRobot API types numbers and booleans of its forms as ``integer or null``; a form has no
    null, so an empty field stands for it.  Objects travel as JSON text (``trainingData``,
    ``requiredMetadataValues``, ``gitModelVersion``).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value)
