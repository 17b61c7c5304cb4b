"""The whole error tree of the product: one base, few children, each with a hint for the user.

    ReconcilerError            exit 1
    +-- ManifestError          1    the YAML or the files beside it are wrong; carries every problem
    +-- SettingsError          1    an endpoint or a token is missing or malformed
    |   +-- EndpointRefused    1    an endpoint that no token may be sent to
    +-- LiveStateError         1    live objects are ambiguous, missing, or changed while we looked
    +-- ApiError               1    the platform refused a call or answered nonsense
    |   +-- UnknownOutcome     5    a write was sent and its answer was lost
    +-- JobFailed              5    a build, test or other job of the platform ended badly
    +-- BlockedError           3    policy or protection forbids the plan
    +-- StalePlanError         4    a saved plan no longer fits the world
    +-- Interrupted            130  the user stopped the run

Exit codes are part of the public interface; commands return them unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DEFECT = "This is a defect of the tool: run again with -vv and report it."
"""The hint of an error that none of these classes foresees."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, and what to do about it.

    ``path`` is the key path inside the document (``spec.version.replicas``), ``line`` and
    ``column`` count from 1 and are 0 without a file position.  ``code`` is stable for
    machines (SARIF rule id); ``blocked`` marks policy and protection, which exit with 3;
    ``warning`` is worth knowing and stops nothing.
    """

    code: str
    message: str
    hint: str = ""
    address: str = ""
    path: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    blocked: bool = False
    warning: bool = False

    @property
    def location(self) -> str:
        """``file:line:column``, as far as it is known."""
        if not self.file:
            return ""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class ReconcilerError(Exception):
    """Base of everything this tool raises on purpose; ``hint`` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ManifestError(ReconcilerError):
    """The manifests cannot be used; every problem found is listed, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"{count} problem{'' if count == 1 else 's'} in the manifests",
            "Fix the lines named above; `reconciler validate` checks them without a network.",
        )


class SettingsError(ReconcilerError):
    """A setting that a used provider needs is missing or cannot be used."""


class EndpointRefused(SettingsError):
    """An endpoint that no token may be sent to: not https, or not in the list of the allowed."""


class LiveStateError(ReconcilerError):
    """Live objects do not allow one meaning: ambiguous, missing, or moved under our hands."""


class ApiError(ReconcilerError):
    """The platform refused a call, could not be reached, or broke its own contract.

    ``status`` is the HTTP status, 0 when there was no answer.
    """

    def __init__(self, message: str, hint: str = "", *, status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class UnknownOutcome(ApiError):
    """A write left this process and nobody can say whether it took effect."""

    exit_code = 5


class JobFailed(ReconcilerError):
    """A job of the platform (build, test, ...) ended badly; ``log`` is the end of its log."""

    exit_code = 5

    def __init__(self, message: str, hint: str = "", *, log: str = "") -> None:
        super().__init__(message, hint)
        self.log = log


class BlockedError(ReconcilerError):
    """Policy or protection forbids what the manifests ask for."""

    exit_code = 3


class StalePlanError(ReconcilerError):
    """A saved plan is foreign, damaged, used up, or older than the world it describes."""

    exit_code = 4


class Interrupted(ReconcilerError):
    """The user stopped the run; what was under way was finished and reported."""

    exit_code = 130
