"""``${var.NAME}`` and ``${env.NAME}`` in texts: replaced, or reported as a problem."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from reconciler.core.nearest import did_you_mean
from reconciler.desired.path_problem import Keys, PathProblem, Report, shown

Variable = str | int | float | bool

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^{}\n]*)\}?")
WHOLE_ENV: Final = re.compile(r"\$\{env\.[A-Za-z_][A-Za-z0-9_]*\}")
_ENV: Final = re.compile(r"env\.([A-Za-z_][A-Za-z0-9_]*)")


def reads_environment(text: str) -> bool:
    """Whether a text holds ``${env.NAME}``; ``$${env.NAME}`` is not one."""
    return any((match[1] or "").startswith("env.") for match in _REFERENCE.finditer(text))


class Replacer:
    """Replaces variables in one document; every text that cannot be replaced is reported.

    A text that is nothing but ``${var.NAME}`` takes the variable's own type; inside a longer
    text numbers and booleans are written out, fractions excepted, because ``3.10`` would come
    out as ``3.1``.  ``$${`` stands for ``${``.  Replaced text is not searched again.
    """

    def __init__(
        self,
        variables: Mapping[str, Variable],
        report: Report,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._variables = variables
        self._report = report
        self._env = env
        self.missing: list[str] = []

    def replace(self, value: Any, keys: Keys = ()) -> Any:
        """A copy of ``value`` with the variables in every text of it replaced."""
        if isinstance(value, str):
            return self._text(value, keys) if "${" in value else value
        if isinstance(value, dict):
            return {key: self.replace(each, (*keys, key)) for key, each in value.items()}
        if isinstance(value, list):
            return [self.replace(each, (*keys, i)) for i, each in enumerate(value)]
        return value

    def _text(self, text: str, keys: Keys) -> Variable:
        whole = _REFERENCE.fullmatch(text)
        if whole and whole[1] is not None:
            return self._value(whole, keys)
        return _REFERENCE.sub(lambda match: self._inside(match, keys), text)

    def _inside(self, match: re.Match[str], keys: Keys) -> str:
        value = "${" if match[1] is None else self._value(match, keys)
        if isinstance(value, float):
            message = f"{match[0]} is the fraction {value}, which has no fixed spelling in a text"
            hint = "Put the variable's value in quotes."
            self._report(PathProblem("variable-type", message, hint, keys))
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _value(self, match: re.Match[str], keys: Keys) -> Variable:
        inner = match[1]
        if inner.startswith("var.") and match[0].endswith("}"):
            name = inner.removeprefix("var.")
            if name in self._variables:
                return self._variables[name]
            message = f"unknown variable {shown(name)}{did_you_mean(name, self._variables)}"
            hint = "Variables are set in spec.variables of the project."
            self._report(PathProblem("unknown-variable", message, hint, keys))
        elif env := _ENV.fullmatch(inner):
            return self._environment(env[1], keys) or match[0]
        else:
            message = f"unknown placeholder {shown(match[0])}"
            hint = "Write ${var.NAME} for a variable, or $${ for the two characters themselves."
            self._report(PathProblem("unknown-placeholder", message, hint, keys))
        return match[0]

    def _environment(self, name: str, keys: Keys) -> str | None:
        if self._env is None:
            message = f"${{env.{name}}} is not read here"
            hint = (
                "Only provider settings of the project may read the environment, so that no "
                "change to a manifest can copy a secret into a description."
            )
            self._report(PathProblem("environment-in-manifest", message, hint, keys))
            return None
        # A secret that is not set reaches many CI systems as an empty variable.
        if not self._env.get(name):
            self.missing.append(name)
        return self._env.get(name)
