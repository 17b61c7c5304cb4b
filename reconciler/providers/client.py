"""Sends operations of one API: reads by table, and planned calls as they were planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote

from reconciler.core.resource import Resource
from reconciler.core.step import Call, Values
from reconciler.errors import UnknownOutcome
from reconciler.providers.answer import LOST_HINT, ContractBroken
from reconciler.providers.http import Arguments, Http
from reconciler.providers.operation import MULTIPART, NONE, Operation, form_text
from reconciler.providers.upload import Sent, readers

T = TypeVar("T")

Download = AbstractContextManager[BinaryIO]
"""A downloaded file at its start, until the context ends."""


class OperationClient:
    """The shared half of a family's client: its table of operations over one ``Http``.

    ``prefix`` stands before every path, for APIs whose endpoint may be set with or without it.
    """

    def __init__(
        self, http: Http, operations: Mapping[str, Operation[Any]], prefix: str = ""
    ) -> None:
        self.http = http
        self.operations = operations
        self.prefix = prefix

    def read(self, operation: Operation[T], *values: str, **query: Any) -> T:
        """The response of a GET; ``values`` fill the path."""
        return operation.answer(self.http.read(self.path_of(operation, *values), query))

    def download(self, operation: Operation[Any], *values: str) -> Download:
        """The body of a GET as a file."""
        return self.http.download(self.path_of(operation, *values))

    def write(self, operation: Operation[T], *values: str, body: Values | None = None) -> T:
        """The response of a write without files that no plan holds, a cancel for example."""
        response: T = self.send(operation.call(*values, body=body), None)
        return response

    def send(self, call: Call, resource: Resource | None) -> Any:
        """Send a planned call; the response as the operation's answer model.

        The uploads are read from the files of ``resource``.  A response that cannot be read leaves
        the outcome as unknown as one that was lost: raises UnknownOutcome.
        """
        with readers(call.uploads, resource) as files:
            return self.send_files(call, files)

    def send_files(self, call: Call, files: Sequence[Sent]) -> Any:
        """The same with the files at hand."""
        operation = self.operations[call.operation]
        path = self.prefix + call.path.format_map(_quoted(call.path_params))
        with ExitStack() as stack:
            response = self.http.write(
                call.method, path, lambda: _arguments(operation, call, files, stack)
            )
        try:
            return operation.answer(response)
        except ContractBroken as error:
            raise UnknownOutcome(
                f"{call.method} {path}: the platform's answer cannot be read ({error.message})",
                LOST_HINT,
            ) from error

    def path_of(self, operation: Operation[Any], *values: str) -> str:
        """The path of the operation with these values in it."""
        names = dict(zip(operation.path_names, values, strict=True))
        return self.prefix + operation.path.format_map(_quoted(names))


def _quoted(params: Values) -> Mapping[str, str]:
    """Each value as one segment of a path, whatever characters an id of a platform holds."""
    return {name: quote(str(value), safe="") for name, value in params.items()}


def _arguments(
    operation: Operation[Any], call: Call, files: Sequence[Sent], stack: ExitStack
) -> Arguments:
    """What one sending takes; files are opened again for each, because a try may have read them."""
    if operation.form == NONE:
        return {}
    if operation.form != MULTIPART:
        return {"json": dict(call.body)}
    return {"files": [*form_fields(operation, call), *_form_files(operation, files, stack)]}


def form_fields(operation: Operation[Any], call: Call) -> list[tuple[str, tuple[None, str]]]:
    """The text fields of a multipart form, in order: values, repeated values, upload paths."""
    repeated = operation.repeated
    single = [(key, value) for key, value in call.body.items() if key not in repeated]
    lists = [(key, item) for key in call.body if key in repeated for item in call.body[key]]
    # The n-th file belongs to the n-th path.
    paths = [(operation.path_field, upload.path) for upload in call.uploads]
    pairs = [*single, *lists, *(paths if operation.path_field else [])]
    return [(key, (None, form_text(value))) for key, value in pairs]


def _form_files(
    operation: Operation[Any], files: Sequence[Sent], stack: ExitStack
) -> list[tuple[str, tuple[str, BinaryIO, str]]]:
    opened = [(sent, stack.enter_context(sent.open())) for sent in files]
    return [(sent.field, (sent.filename, file, operation.media)) for sent, file in opened]
