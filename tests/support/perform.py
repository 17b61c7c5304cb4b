"""Calls one operation of our table as the product does, whatever its form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from reconciler.core.step import Upload
from reconciler.providers.client import OperationClient
from reconciler.providers.operation import ListOperation
from reconciler.providers.upload import Sent

Opener = Callable[[], BinaryIO]
Files = Mapping[str, Opener | tuple[str, Opener]]


def perform(client: OperationClient, name: str, *arguments: Any) -> Any:
    """The answer of the operation; ``arguments`` are path values, then a body or query, then files.

    Files are ``{path: opener}``, or ``{field: (filename, opener)}`` for a field of its own.
    """
    operation = client.operations[name]
    count = len(operation.path_names)
    values, body, files = arguments[:count], (*arguments[count:], {})[0], arguments[count + 1 :]
    if isinstance(operation, ListOperation):
        return list(client.every(operation, *values, **body))  # type: ignore[attr-defined]
    if name.startswith("download_"):
        return client.download(operation, *values)
    if operation.method == "GET":
        return client.read(operation, *values, **body)
    sent, uploads = _files(files[0] if files else {})
    return client.send_files(operation.call(*values, body=body, uploads=uploads), sent)


def _files(files: Files) -> tuple[list[Sent], tuple[Upload, ...]]:
    sent, uploads = [], []
    for name, file in files.items():
        if isinstance(file, tuple):
            sent.append(Sent(name, *file))
            uploads.append(Upload(name, "", "", 0, ""))
        else:
            sent.append(Sent("file", name.rpartition("/")[2], file))
            uploads.append(Upload("file", name, "", 0, ""))
    return sent, tuple(uploads)
