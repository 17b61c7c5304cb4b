"""The table of operations of the batch inference API; a path begins below ``/v1``."""

from __future__ import annotations

from reconciler.providers.answer import Answer
from reconciler.providers.batch_inference.responses import (
    ActiveModels,
    Batch,
    ModelConfigs,
    StoredFile,
)
from reconciler.providers.operation import MULTIPART, NONE, Operation, OperationTable, listing, one

OPERATIONS = OperationTable()


def content(answer: Answer) -> bytes:
    """A response that is a file."""
    return answer.content


LIST_ACTIVE_MODELS = OPERATIONS.add(
    Operation("list_active_models", "GET", "active-models", one(ActiveModels), NONE)
)
LIST_MODEL_CONFIG = OPERATIONS.add(
    Operation("list_model_config", "GET", "model-config", one(ModelConfigs), NONE)
)
LIST_FILES = OPERATIONS.add(listing("list_files", "files", StoredFile))
UPLOAD_FILE = OPERATIONS.add(
    Operation("upload_file", "POST", "files", one(StoredFile), MULTIPART, media="application/jsonl")
)
# Also of an output or error file.
GET_CONTENT = OPERATIONS.add(Operation("get_content", "GET", "files/{file}/content", content, NONE))
LIST_BATCHES = OPERATIONS.add(listing("list_batches", "batches", Batch))
CREATE_BATCH = OPERATIONS.add(Operation("create_batch", "POST", "batches", one(Batch)))
GET_BATCH = OPERATIONS.add(Operation("get_batch", "GET", "batches/{batch}", one(Batch), NONE))
# 422 when it has ended.
CANCEL_BATCH = OPERATIONS.add(
    Operation("cancel_batch", "POST", "batches/{batch}/cancel", one(Batch), NONE)
)
# For a batch in flight it only cancels.
DELETE_BATCH = OPERATIONS.add(
    Operation("delete_batch", "DELETE", "batches/{batch}", one(Batch), NONE)
)
