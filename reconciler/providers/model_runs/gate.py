"""What a manifest requires of a run that succeeded."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.resource import SpecPart


@dataclass(frozen=True, slots=True)
class Gate:
    """``tests``: data tests must have run and passed; ``allow_no_tests``: there may be none."""

    tests: bool = False
    allow_no_tests: bool = False

    @classmethod
    def of(cls, spec: SpecPart) -> Gate:
        """The gate of a spec's ``require``."""
        require = spec.get("require") or {}
        return cls(require.get("tests") == "pass", bool(require.get("allowNoTests")))

    @property
    def params(self) -> dict[str, bool]:
        """The gate as parameters of a wait."""
        return {"tests": self.tests, "allowNoTests": self.allow_no_tests}
