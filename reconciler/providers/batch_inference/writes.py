"""The two writes of a plan, and what they did when their answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler.core.kind import Outputs
from reconciler.core.resource import Resource
from reconciler.core.step import Call
from reconciler.errors import ApiError, LiveStateError
from reconciler.providers.batch_inference import operations as api
from reconciler.providers.batch_inference.client import Client
from reconciler.providers.batch_inference.merge import unanswered
from reconciler.providers.batch_inference.responses import Batch, StoredFile
from reconciler.providers.batch_inference.result_files import all_downloaded
from reconciler.providers.batch_inference.result_lines import lines_of
from reconciler.providers.http import Runtime
from reconciler.providers.recovery import look_for
from reconciler.providers.upload import Sent, readers


class Writes:
    """Makes the calls of a plan, and looks for what a lost one made."""

    def __init__(self, client: Client, runtime: Runtime) -> None:
        self.client = client
        self.runtime = runtime

    def send(self, call: Call, resource: Resource | None) -> Outputs:
        """One write, by the operation's name; what another run made since the plan is used."""
        if "unanswered_of" in call.recovery:
            return self._send_unanswered(call, resource)
        found = None if call.recovery.get("alone") else LOOK_UPS[call.operation](self, call)
        if found is not None:
            return found
        return OUTPUTS[call.operation](self.client.send(call, resource), call)

    def _send_unanswered(self, call: Call, resource: Resource | None) -> Outputs:
        """Upload the requests of the input that its batches so far have not answered."""
        batches = [self.client.read(api.GET_BATCH, name) for name in call.recovery["unanswered_of"]]
        with (
            readers(call.uploads, resource) as (whole,),
            all_downloaded(self.client, batches) as attempts,
            TemporaryDirectory(prefix="reconciler-") as folder,
        ):
            rest = Path(folder) / "rest.jsonl"
            with whole.open() as source, open(rest, "wb") as target:
                unanswered(lines_of(source), attempts, target)
            upload = call.uploads[0]
            sent = Sent(upload.field, upload.filename, lambda: rest.open("rb"))
            found = self._same_file(sent.filename, rest.stat().st_size)
            if found:
                return {call.outputs[0]: found["fileId"]}
            return _file_id(self.client.send_files(call, [sent]), call)

    def recover(self, call: Call, resource: Resource | None) -> Outputs | None:
        """The outputs of the write, as if its answer had arrived.

        Raises LiveStateError when two things could be what it made.
        """
        return look_for(lambda: LOOK_UPS[call.operation](self, call), self.runtime)

    def _uploaded(self, call: Call) -> Outputs | None:
        """The name holds the digest, and no file had it when the plan was made."""
        if "unanswered_of" in call.recovery:
            # It is looked for before it is sent again, once its content is known.
            return None
        return self._same_file(call.uploads[0].filename, call.uploads[0].size)

    def _same_file(self, name: str, size: int) -> Outputs | None:
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
        return _only(
            found, call.outputs[0] if call.outputs else "batchId", f"new batches of {file}"
        )


def _file_id(file: StoredFile, call: Call) -> Outputs:
    if file.status == "error":
        why = file.status_details or "it gave no reason"
        raise ApiError(
            f"the platform could not take {file.filename}: {why}",
            "Fix the input; a file that was refused is not used again.",
        )
    return {call.outputs[0] if call.outputs else "fileId": file.id}


def _batch_id(batch: Batch, call: Call) -> Outputs:
    return {call.outputs[0] if call.outputs else "batchId": batch.id}


OUTPUTS: Mapping[str, Callable[[Any, Call], Outputs]] = {
    "upload_file": _file_id,
    "create_batch": _batch_id,
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
