"""The two writes of a plan, and what they did when their answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.responses import StoredFile
from reconciler.providers.http import Runtime
from reconciler.providers.recovery import look_for


class Writes:
    """Makes the calls of a plan, and looks for what a lost one made."""

    def __init__(self, client: Client, runtime: Runtime) -> None:
        self.client = client
        self.runtime = runtime

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """One write, by the operation's name; what another run made since the plan is used."""
        found = LOOK_UPS[call.operation](self, call)
        if found is not None:
            return found
        return OUTPUTS[call.operation](self.client.send(call, resource))

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """The outputs of the write, as if its answer had arrived.

        Raises LiveStateError when two things could be what it made.
        """
        return look_for(lambda: LOOK_UPS[call.operation](self, call), self.runtime)

    def _uploaded(self, call: Call) -> Outputs | None:
        """The name holds the digest, and no file had it when the plan was made."""
        name, size = call.uploads[0].filename, call.uploads[0].size
        found = [
            file.id
            for file in self.client.list_files()
            if file.filename == name and file.bytes == size and file.status != "error"
        ]
        return _only(found, "fileId", f"files called {name}")

    def _created(self, call: Call) -> Outputs | None:
        file, known = call.body["input_file_id"], call.recovery["known"]
        found = [
            batch.id
            for batch in self.client.list_batches()
            if batch.input_file_id == file and batch.id not in known
        ]
        return _only(found, "batchId", f"new batches of {file}")


def _file_id(file: StoredFile) -> Outputs:
    if file.status == "error":
        why = file.status_details or "it gave no reason"
        raise ApiError(
            f"the platform could not take {file.filename}: {why}",
            "Fix the input; a file that was refused is not used again.",
        )
    return {"fileId": file.id}


OUTPUTS: Mapping[str, Callable[[Any], Outputs]] = {
    "upload_file": _file_id,
    "create_batch": lambda batch: {"batchId": batch.id},
}
LOOK_UPS: Mapping[str, Callable[[Writes, Call], Outputs | None]] = {
    "upload_file": Writes._uploaded,
    "create_batch": Writes._created,
}


def _only(found: Sequence[str], key: str, what: str) -> Outputs | None:
    if len(found) > 1:
        raise LiveStateError(
            f"since the plan was made there are {len(found)} {what}: " + ", ".join(sorted(found)),
            "Look at them, delete what is too much, and run again.",
        )
    return {key: found[0]} if found else None
