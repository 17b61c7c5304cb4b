"""The table of operations of the batch inference API; a path begins below ``/v1``."""

from __future__ import annotations

from reconciler.providers.answer import Answer
from reconciler.providers.batch_inference.responses import (
    ActiveModels,
    Batch,
    ModelConfigs,
    StoredFile,
)
from reconciler.providers.operation import MULTIPART, NONE, Operation, listing, one, table


def content(answer: Answer) -> bytes:
    """A response that is a file."""
    return answer.content


LIST_ACTIVE_MODELS = Operation(
    "list_active_models", "GET", "active-models", one(ActiveModels), NONE
)
LIST_MODEL_CONFIG = Operation("list_model_config", "GET", "model-config", one(ModelConfigs), NONE)
LIST_FILES = listing("list_files", "files", StoredFile)
UPLOAD_FILE = Operation(
    "upload_file", "POST", "files", one(StoredFile), MULTIPART, media="application/jsonl"
)
# Also of an output or error file.
GET_CONTENT = Operation("get_content", "GET", "files/{file}/content", content, NONE)
LIST_BATCHES = listing("list_batches", "batches", Batch)
CREATE_BATCH = Operation("create_batch", "POST", "batches", one(Batch))
GET_BATCH = Operation("get_batch", "GET", "batches/{batch}", one(Batch), NONE)
# 422 when it has ended.
CANCEL_BATCH = Operation("cancel_batch", "POST", "batches/{batch}/cancel", one(Batch), NONE)
# For a batch in flight it only cancels.
DELETE_BATCH = Operation("delete_batch", "DELETE", "batches/{batch}", one(Batch), NONE)

OPERATIONS = table(
    LIST_ACTIVE_MODELS,
    LIST_MODEL_CONFIG,
    LIST_FILES,
    UPLOAD_FILE,
    GET_CONTENT,
    LIST_BATCHES,
    CREATE_BATCH,
    GET_BATCH,
    CANCEL_BATCH,
    DELETE_BATCH,
)
