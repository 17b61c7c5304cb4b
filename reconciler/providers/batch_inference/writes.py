"""The two writes of a plan, and what they did when their answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError, UnknownOutcome
from reconciler.providers.answer import ContractBroken
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.http import LOST_HINT, Runtime
from reconciler.providers.upload import readers

LOOKS = (0.0, 1.0, 3.0)
"""Pauses before each look, in seconds: a write may take effect after its connection broke."""

Found = Mapping[str, Any] | None


class Writes:
    """Makes the calls of a plan, and looks for what a lost one made."""

    def __init__(self, client: Client, outside: Runtime) -> None:
        self.client = client
        self.outside = outside

    def send(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        """One write, by the operation's name; what another run made since the plan is taken."""
        found = LOOK_UPS[call.operation](self, call)
        if found is not None:
            return found
        try:
            return SENDS[call.operation](self, call, resource)
        except ContractBroken as error:
            # It was accepted, and the answer does not tell what it made.
            raise UnknownOutcome(error.message, LOST_HINT) from error

    def recover(self, call: Call, resource: Resource | None) -> Found:
        """The outputs of the write, as if its answer had arrived.

        Raises LiveStateError when two things could be what it made.
        """
        for pause in LOOKS:
            if pause:
                self.outside.sleep(pause)
            found = LOOK_UPS[call.operation](self, call)
            if found is not None:
                return found
        return None

    def _upload(self, call: Call, resource: Resource | None) -> Mapping[str, Any]:
        with readers(call.uploads, resource) as (sent,):
            made = self.client.upload_file(call.params["name"], sent.open)
        if made.status == "error":
            why = made.status_details or "it gave no reason"
            raise ApiError(
                f"the platform could not take {made.filename}: {why}",
                "Mend the input; a file that was not taken is not used again.",
            )
        return {"fileId": made.id}

    def _create(self, call: Call, _: Resource | None) -> Mapping[str, Any]:
        return {"batchId": self.client.create_batch(call.body).id}

    def _uploaded(self, call: Call) -> Found:
        """The name holds the digest, and no file had it when the plan was made."""
        name, size = call.params["name"], call.uploads[0].size
        found = [
            file.id
            for file in self.client.list_files()
            if file.filename == name and file.bytes == size and file.status != "error"
        ]
        return _only(found, "fileId", f"files called {name}")

    def _created(self, call: Call) -> Found:
        file, known = call.body["input_file_id"], call.params["known"]
        found = [
            batch.id
            for batch in self.client.list_batches()
            if batch.input_file_id == file and batch.id not in known
        ]
        return _only(found, "batchId", f"new batches of {file}")


SENDS: Mapping[str, Callable[[Writes, Call, Resource | None], Mapping[str, Any]]] = {
    "upload_file": Writes._upload,
    "create_batch": Writes._create,
}
LOOK_UPS: Mapping[str, Callable[[Writes, Call], Found]] = {
    "upload_file": Writes._uploaded,
    "create_batch": Writes._created,
}


def _only(found: Sequence[str], key: str, what: str) -> Found:
    if len(found) > 1:
        raise LiveStateError(
            f"since the plan was made there are {len(found)} {what}: " + ", ".join(sorted(found)),
            "Look at them, delete what is too much, and run again.",
        )
    return {key: found[0]} if found else None
