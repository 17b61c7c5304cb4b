"""Problems as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from reconciler import __version__
from reconciler.core.json_value import JsonObject
from reconciler.errors import Problem
from reconciler.render.data import to_json
from reconciler.render.plain import plain
from reconciler.render.text import sentence

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# Code scanning takes no result without a place; what has none is about the project as a whole.
NO_FILE = "reconciler.yaml"


def sarif(problems: Sequence[Problem]) -> str:
    """One run with one result per problem; its rules are the codes that occur."""
    codes = sorted({plain(problem.code) for problem in problems})
    driver = {"name": "reconciler", "version": __version__, "rules": [_rule(c) for c in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each, codes.index(plain(each.code))) for each in problems],
    }
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> JsonObject:
    return {"id": code, "shortDescription": {"text": code.replace("-", " ").capitalize()}}


def _result(problem: Problem, rule: int) -> JsonObject:
    sentences = [plain(sentence(problem)), plain(problem.hint)]
    return {
        "ruleId": plain(problem.code),
        "ruleIndex": rule,
        "level": "warning" if problem.warning else "error",
        "message": {"text": _message("\n".join(filter(None, sentences)))},
        "locations": [_location(problem)],
    }


def _location(problem: Problem) -> JsonObject:
    region = {"startLine": max(1, problem.line)}
    if problem.line and problem.column:
        region["startColumn"] = problem.column
    place = {"artifactLocation": _artifact(problem.file or NO_FILE), "region": region}
    named = plain(":".join(filter(None, (problem.address, problem.path))))
    logical = {"logicalLocations": [{"fullyQualifiedName": named}]} if named else {}
    return {"physicalLocation": place, **logical}


def _artifact(file: str) -> dict[str, str]:
    # Half a surrogate pair can stand in a file name and is in no way a character.
    uri = quote(file, safe="/", errors="surrogatepass")
    if file.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _message(text: str) -> str:
    """The text without the two things that mean something in a message: links, placeholders."""
    return re.sub(r"\{(\d+)\}", r"{{\1}}", text).replace("](", "] (")
