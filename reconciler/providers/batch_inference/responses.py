"""What we rely on in the platform's answers; everything else in them is ignored.

The contract marks few fields as required, and the page shows some that differ from the official
client: what we can do without has a default.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.core.json_value import JsonObject
from reconciler.providers.response import Answered, parse

PREFIX = "v1"
PURPOSE = "batch"


class Wire(Answered):
    """An answer in the platform's names; what is missing in it breaks the contract."""


class ModelConfig(Wire):
    """A model with its prices and context length (``ModelConfig``)."""

    id: str
    status: str
    name: str | None = None
    model_code: str | None = None
    input_price_cents: float | None = None
    output_price_cents: float | None = None
    context_length: int | None = None


class StoredFile(Wire):
    """An uploaded file, or one that a batch wrote (``File``)."""

    id: str
    filename: str
    bytes: int
    status: str
    status_details: str | None = None


class RequestCounts(Wire):
    """How many requests of a batch were answered so far."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class BatchError(Wire):
    """One reason why an input file was refused (``BatchErrorItem``)."""

    code: str | None = None
    line: int | None = None
    message: str | None = None


def _state(status: str) -> str:
    """One spelling of a status, whatever its case; both spellings of cancelled are in use."""
    spelled = status.strip().lower()
    return "cancelled" if spelled == "canceled" else spelled


class Batch(Wire):
    """A batch job (``Batch``)."""

    id: str
    input_file_id: str
    status: Annotated[str, AfterValidator(_state)]
    created_at: float = 0
    output_file_id: str | None = None
    error_file_id: str | None = None
    # The page shows a list, the official client an object that holds one.
    errors: Any = None
    metadata: JsonObject | None = None
    request_counts: RequestCounts | None = None
    usage: dict[str, Any] | None = None

    @property
    def reasons(self) -> list[BatchError]:
        """Why the input file was refused, whichever shape the platform tells it in."""
        found = self.errors.get("data") if isinstance(self.errors, dict) else self.errors
        return [parse(BatchError, each) for each in found or () if isinstance(each, dict)]

    @property
    def counts(self) -> RequestCounts:
        """The request counts; the contract does not promise them."""
        return self.request_counts or RequestCounts()


class ActiveModels(Wire):
    """The names of the models that can be asked now."""

    active_models: list[str] = Field(default_factory=list)


class ModelConfigs(Wire):
    """The same models with all their details; the key is ``active_models`` here too."""

    active_models: list[ModelConfig] = Field(default_factory=list)
