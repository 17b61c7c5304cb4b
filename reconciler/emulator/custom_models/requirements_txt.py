"""Reading the requirements.txt of a model version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

PATH = "requirements.txt"
_CONSTRAINT = r"(?:<=|>=|==|<|>)\s*[A-Za-z0-9.*+!_-]+"
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*"
    r"(?:\[(?P<extras>[A-Za-z0-9._,\s-]*)\])?\s*"
    rf"(?P<constraints>{_CONSTRAINT}(?:\s*,\s*{_CONSTRAINT})*)?"
)
_PART = re.compile(r"(<=|>=|==|<|>)\s*([^\s,]+)")
# No index is asked; these are the packages that nobody published.
_UNKNOWN_PACKAGE, _UNKNOWN_VERSION = "does-not-exist", "999"


@dataclass(frozen=True)
class Requirements:
    """The dependencies of a file, and the lines that are not one."""

    dependencies: list[dict[str, Any]]
    invalid: list[str]


def parse(content: bytes) -> Requirements:
    """Read every line; only names, extras and the five constraints of the pages are valid."""
    dependencies, wrong = [], []
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        bare = re.sub(r"(^|\s)#.*$", "", line).strip().lstrip("\ufeff")
        if not bare:
            continue
        found = _LINE.fullmatch(bare)
        if found:
            dependencies.append(_dependency(found, line, number))
        else:
            wrong.append(line)
    return Requirements(dependencies, wrong)


def unresolved(dependency: dict[str, Any]) -> str | None:
    """Why no package satisfies the dependency, or None."""
    name = dependency["packageName"]
    if _UNKNOWN_PACKAGE in name.lower().replace("_", "-"):
        return f"No matching distribution found for {name}"
    for constraint in dependency["constraints"]:
        exact = constraint["constraintType"] in ("==", ">=", ">")
        if exact and constraint["version"].split(".")[0] == _UNKNOWN_VERSION:
            wanted = f"{name}{constraint['constraintType']}{constraint['version']}"
            return f"No matching distribution found for {wanted}"
    return None


def _dependency(found: re.Match[str], line: str, number: int) -> dict[str, Any]:
    dependency: dict[str, Any] = {
        "packageName": found["name"],
        "constraints": [
            {"constraintType": kind, "version": version}
            for kind, version in _PART.findall(found["constraints"] or "")
        ],
        "line": line,
        "lineNumber": number,
    }
    # Declared as text that may be missing, so never null.
    return {**dependency, "extras": found["extras"]} if found["extras"] else dependency
