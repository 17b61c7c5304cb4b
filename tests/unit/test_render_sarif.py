"""Problems as SARIF 2.1.0.

Cases: a result with all it can have; what has no place; paths as URIs; hostile strings; the rules
of the format that code scanning holds uploads to.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.errors import Problem
from reconciler.render.sarif import sarif
from tests.support.untrusted_text import FEWER, STRINGS, problems, texts

# The part of the format that this tool writes, as the standard has it.
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
URI = {"type": "string", "pattern": r"^(file://)?[A-Za-z0-9._~/%-]+$"}
PLACE = {
    "type": "object",
    "required": ["artifactLocation", "region"],
    "additionalProperties": False,
    "properties": {
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "additionalProperties": False,
            "properties": {"uri": URI, "uriBaseId": {"const": "%SRCROOT%"}},
        },
        "region": {
            "type": "object",
            "required": ["startLine"],
            "additionalProperties": False,
            "properties": {
                "startLine": {"type": "integer", "minimum": 1},
                "startColumn": {"type": "integer", "minimum": 1},
            },
        },
    },
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["error", "warning"]},
        "message": TEXT,
        "locations": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {
                "type": "object",
                "required": ["physicalLocation"],
                "additionalProperties": False,
                "properties": {
                    "physicalLocation": PLACE,
                    "logicalLocations": {
                        "type": "array",
                        "items": {"required": ["fullyQualifiedName"]},
                    },
                },
            },
        },
    },
}
RULE = {
    "type": "object",
    "required": ["id", "shortDescription"],
    "properties": {"id": {"type": "string"}, "shortDescription": TEXT},
}
RUN = {
    "type": "object",
    "required": ["tool", "results"],
    "properties": {
        "tool": {
            "type": "object",
            "required": ["driver"],
            "properties": {
                "driver": {
                    "type": "object",
                    "required": ["name", "rules"],
                    "properties": {"rules": {"type": "array", "items": RULE, "uniqueItems": True}},
                }
            },
        },
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "invocations": {"type": "array", "items": {"required": ["executionSuccessful"]}},
        "results": {"type": "array", "items": RESULT},
    },
}
LOG = Draft202012Validator(
    {
        "type": "object",
        "required": ["version", "runs"],
        "additionalProperties": False,
        "properties": {
            "$schema": {"type": "string"},
            "version": {"const": "2.1.0"},
            "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": RUN},
        },
    }
)


def run(*found: Problem) -> Any:
    """The one run of the log, held to the format."""
    text = sarif(found)
    text.encode("utf-8")
    log = json.loads(text)
    LOG.validate(log)
    (only,) = log["runs"]
    rules = only["tool"]["driver"]["rules"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return only


def test_a_problem_with_all_it_can_have() -> None:
    found = Problem("not-one-of", "is X", "Say USER.", "a/b", "spec.role", "m/a b.yaml", 3, 7)
    made = run(found)
    assert made["results"] == [
        {
            "ruleId": "not-one-of",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "spec.role: is X\nSay USER."},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "m/a%20b.yaml", "uriBaseId": "%SRCROOT%"},
                        "region": {"startLine": 3, "startColumn": 7},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "a/b:spec.role"}],
                }
            ],
        }
    ]
    assert made["tool"]["driver"]["rules"] == [
        {"id": "not-one-of", "shortDescription": {"text": "Not one of"}}
    ]


def test_rules_are_told_once() -> None:
    made = run(Problem("b", "1"), Problem("a", "2", warning=True), Problem("b", "3"))
    assert [rule["id"] for rule in made["tool"]["driver"]["rules"]] == ["a", "b"]
    assert [result["level"] for result in made["results"]] == ["error", "warning", "error"]


def test_what_has_no_place_is_about_the_project() -> None:
    (result,) = run(Problem("unknown-target", "no target 'x'"))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "reconciler.yaml"
    assert place["region"] == {"startLine": 1}


def test_no_problem_is_a_run_without_results() -> None:
    assert run()["results"] == []


@pytest.mark.parametrize(
    ("file", "artifact"),
    [
        ("a/b.yaml", {"uri": "a/b.yaml", "uriBaseId": "%SRCROOT%"}),
        ("c:x.yaml", {"uri": "c%3Ax.yaml", "uriBaseId": "%SRCROOT%"}),
        ("ä?#.yaml", {"uri": "%C3%A4%3F%23.yaml", "uriBaseId": "%SRCROOT%"}),
        ("/tmp/a b.yaml", {"uri": "file:///tmp/a%20b.yaml"}),
    ],
)
def test_paths_are_uris(file: str, artifact: dict[str, str]) -> None:
    (result,) = run(Problem("c", "m", file=file))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == artifact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see [this](1) and [that](https://evil.example)", "see [this] (1) and [that] (https://evil.example)"),
        ("{0} of ${var.x}", "{{0}} of ${var.x}"),
        ("\x1b[31m\u202e\ud800", "\\u001b[31m\\u202e\\ud800"),
    ],
)  # fmt: skip
def test_a_message_has_no_meaning_but_its_words(text: str, shown: str) -> None:
    (result,) = run(Problem("c", text))["results"]
    assert result["message"]["text"] == shown


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_string_is_only_a_string(text: str) -> None:
    (result,) = run(Problem(text, text, text, text, text, text, 1, 1))["results"]
    assert not re.search(r"\]\(|(?<!\{)\{\d+\}(?!\})", result["message"]["text"])


@FEWER
@given(st.lists(problems(), max_size=4))
def test_any_problems_make_a_valid_log(found: list[Problem]) -> None:
    assert len(run(*found)["results"]) == len(found)


@given(texts.filter(bool))
def test_a_path_can_be_read_back(file: str) -> None:
    (result,) = run(Problem("c", "m", file=file))["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri.removeprefix("file://"), errors="surrogatepass") == file
