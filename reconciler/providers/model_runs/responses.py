"""What we rely on in the answers of the model runs API; everything else in them is ignored.

Nearly every field is optional there, and absent ones are left out instead of being null.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.providers.response import Answered

PENDING, RUNNING, SUCCESS, FAILED, CANCELLED, SKIPPED = (
    "PENDING",
    "RUNNING",
    "SUCCESS",
    "FAILED",
    "CANCELLED",
    "SKIPPED",
)
ENDED = frozenset({SUCCESS, FAILED, CANCELLED, SKIPPED})
"""A status that is none of these may be one on the way (``QUEUED``): the contract has no closed
list in its newer versions."""
PASSED = "PASS"
MANUAL = "MANUAL"
"""``trigger_type`` of a run that was asked for through the API."""


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _state(status: str) -> str:
    """One spelling of a status, whatever its case; both spellings of cancelled are in use."""
    spelled = status.strip().upper()
    return CANCELLED if spelled == "CANCELED" else spelled


Status = Annotated[str, AfterValidator(_state)]
Moment = Annotated[datetime, AfterValidator(_utc)]


class Wire(Answered):
    """An answer in the platform's names; what is missing in it breaks the contract."""

    HINT = "Check that the endpoint is the model runs API and which release it runs."


class Diagnostics(Wire):
    """The diagnostics of compiling the models."""

    warnings: list[str] = Field(default_factory=list)
    errors: list[str] = Field(default_factory=list)


class Run(Wire):
    """A run (``ModelRun``); ``project_name`` is in truth the schema that was written to."""

    id: str
    status: Status
    trigger_type: str | None = None
    triggered_by: str | None = None
    project_name: str | None = None
    model_names: list[str] | None = None
    full_refresh: bool = False
    compile_manifest: str | None = None
    compile_diagnostics: Diagnostics = Field(default_factory=Diagnostics)
    started_at: Moment | None = None
    finished_at: Moment | None = None
    error_message: str | None = None
    created_at: Moment | None = None

    @property
    def under_way(self) -> bool:
        """Whether it may still change."""
        return is_under_way(self.status, self.finished_at)

    @property
    def began(self) -> datetime | None:
        """When it began to read its sources; a run that still waits has only been made."""
        return self.started_at or self.created_at

    @property
    def catalog(self) -> str | None:
        """The catalog that was written to, where the manifest that the server compiled says so."""
        return self._compiled_text("target_catalog")

    @property
    def schema_name(self) -> str | None:
        """The schema that was written to, where the manifest that the server compiled says so."""
        return self._compiled_text("target_schema")

    @property
    def compiled(self) -> list[str]:
        """The models that the server compiled, where its manifest lists them."""
        models = self._compiled.get("models")
        entries = models if isinstance(models, list) else ()
        names = (each.get("name") for each in entries if isinstance(each, dict))
        return [name for name in names if isinstance(name, str)]

    @property
    def _compiled(self) -> dict[str, Any]:
        try:
            manifest = json.loads(self.compile_manifest or "null")
        except (ValueError, RecursionError):
            return {}
        return manifest if isinstance(manifest, dict) else {}

    def _compiled_text(self, key: str) -> str | None:
        value = self._compiled.get(key)
        return value if isinstance(value, str) else None


class RunStep(Wire):
    """One model of a run (``ModelRunStep``)."""

    id: str
    model_name: str = ""
    status: Status = ""
    depends_on: list[str] = Field(default_factory=list)
    rows_affected: int | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    error_message: str | None = None

    @property
    def under_way(self) -> bool:
        """Whether it may still change."""
        return is_under_way(self.status, self.finished_at)


class TestResult(Wire):
    """How one data test of a step ended (``ModelTestResult``)."""

    # Not a test of ours: pytest looks at names only.
    __test__ = False

    test_name: str = ""
    status: Status
    rows_returned: int | None = None
    error_message: str | None = None


def is_under_way(status: str, finished: datetime | str | None) -> bool:
    """Whether a run may still change: a status that we do not know is no end without its time."""
    return status not in ENDED and finished is None


def iso(at: datetime | None) -> str | None:
    """A moment as the platform writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
