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
UNDER_WAY = frozenset({PENDING, RUNNING})
PASSED = "PASS"
MANUAL = "MANUAL"
"""``trigger_type`` of a run that was asked for through the API."""


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


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
    status: str
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
    def began(self) -> datetime | None:
        """When it began to read its sources; a run that still waits has only been made."""
        return self.started_at or self.created_at

    @property
    def catalog(self) -> str | None:
        """The catalog that was written to, where the manifest that the server compiled says so."""
        try:
            manifest = json.loads(self.compile_manifest or "null")
        except (ValueError, RecursionError):
            return None
        value = manifest.get("target_catalog") if isinstance(manifest, dict) else None
        return value if isinstance(value, str) else None


class RunStep(Wire):
    """One model of a run (``ModelRunStep``)."""

    id: str
    model_name: str = ""
    status: str = ""
    depends_on: list[str] = Field(default_factory=list)
    rows_affected: int | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    error_message: str | None = None


class TestResult(Wire):
    """How one data test of a step ended (``ModelTestResult``)."""

    # Not a test of ours: pytest looks at names only.
    __test__ = False

    test_name: str = ""
    status: str
    rows_returned: int | None = None
    error_message: str | None = None


def moment(value: Any) -> datetime | None:
    """The moment that a text names, of this platform or of another one."""
    try:
        return _utc(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return None


def iso(at: datetime | None) -> str | None:
    """A moment as the platform writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
