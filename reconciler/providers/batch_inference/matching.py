"""How a batch is known again: by the name of its file and by its metadata, both with the digest.

``reconciler.<scope>.<name>.<12 hex>.jsonl`` is the uploaded file, so that equal content is uploaded
once; a project has no dot in its name, and ``fraud/prod`` is written ``fraud_prod``, so that no two
manifests share one.  A platform that keeps no metadata still names the input file of each batch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

from reconciler.core.fileset import FileEntry
from reconciler.core.resource import Resource
from reconciler.providers.batch_inference.responses import Batch, StoredFile

OWNER, CONTENT, RETRY_OF = "reconciler_owner", "reconciler_content", "reconciler_retry_of"
"""Keys of the metadata; the last one names the batch whose unanswered requests are sent again."""

DIGITS = 12
_END = re.compile(r"([0-9a-f]{12})(\.retry-[0-9a-f]{12})?\.jsonl")


def owner(resource: Resource) -> str:
    """``<scope>/<name>``, as every marker has it."""
    return f"{resource.scope}/{resource.address.name}"


def file_name(owned_by: str, entry: FileEntry) -> str:
    """What the upload of this content is called."""
    return f"{_prefix(owned_by)}{entry.sha256[:DIGITS]}.jsonl"


def retry_name(file: str, known: Iterable[str], number: int) -> str:
    """What the upload of the unanswered requests of that file is called.

    The batches that are known tell it from the retries of an earlier run of the same input, whose
    files may be there still.
    """
    key = hashlib.sha256("\n".join((*sorted(known), str(number))).encode()).hexdigest()
    return f"{file.removesuffix('.jsonl')}.retry-{key[:DIGITS]}.jsonl"


def metadata(owned_by: str, entry: FileEntry) -> dict[str, str]:
    """What a batch of this content carries."""
    return {OWNER: owned_by, CONTENT: f"sha256:{entry.sha256}"}


def digest_of_file(file: StoredFile, owned_by: str) -> str:
    """The digits of the content that an upload of this owner holds; '' for another's file."""
    prefix = _prefix(owned_by)
    found = _END.fullmatch(file.filename.removeprefix(prefix))
    return found[1] if found and file.filename.startswith(prefix) else ""


def is_retry_file(file: StoredFile) -> bool:
    """Whether an upload of ours holds only requests that were sent before."""
    found = _END.search(file.filename)
    return bool(found and found[2])


def retry_of(batch: Batch) -> str:
    """The batch whose unanswered requests this one sends again; '' for a whole input."""
    return str((batch.metadata or {}).get(RETRY_OF) or "")


def digest_of_batch(batch: Batch, owned_by: str, files: Mapping[str, str]) -> str:
    """The digits of the content that a batch ran; '' when it is not of this owner.

    ``files`` are the digits of the owner's files by id.
    """
    metadata = batch.metadata or {}
    if metadata.get(OWNER) == owned_by:
        return str(metadata.get(CONTENT)).removeprefix("sha256:")[:DIGITS]
    return files.get(batch.input_file_id, "")


def _prefix(owned_by: str) -> str:
    scope, _, name = owned_by.rpartition("/")
    return f"reconciler.{scope.replace('/', '_')}.{name}."
