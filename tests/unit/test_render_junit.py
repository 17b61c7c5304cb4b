"""Drift as JUnit XML.

Cases: passed, failed, not comparable and skipped objects; problems of no object; a failed run;
hostile strings, read back by an XML parser.
"""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given

from reconciler.core.graph import Graph
from reconciler.core.plan import Plan
from reconciler.core.step import FieldChange
from reconciler.errors import Problem
from reconciler.render.junit import drift_junit
from tests.support.fleet_kinds import address, resource
from tests.support.untrusted_text import FEWER, STRINGS, everywhere, plans, step

FLEET = Graph.of(
    [
        resource("Dock/pier"),
        resource("Ship/argo", needs=["Dock/pier"]),
        resource("Ship/boat"),
    ]
)
CODE = FieldChange("files/run.py", "a", "b", "file changed", ("@@ -1 +1 @@", "-x", "+y"))


def suite(plan: Plan, graph: Graph | None = None) -> Element:
    """The one suite, whose numbers must be right."""
    top = ElementTree.fromstring(drift_junit(plan, graph))
    (only,) = top
    assert (top.tag, only.tag) == ("testsuites", "testsuite")
    assert top.attrib == only.attrib
    cases = only.findall("testcase")
    assert int(only.attrib["tests"]) == len(cases)
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(only.attrib[kind]) == len(only.findall(f"testcase/{tag}"))
    return only


def ends(plan: Plan, graph: Graph | None = FLEET) -> dict[str, str]:
    """How each case ended: the tag inside it, or that it passed."""
    cases = suite(plan, graph).findall("testcase")
    return {case.attrib["name"]: case[0].tag if len(case) else "passed" for case in cases}


def test_a_report() -> None:
    made = Plan("fleet", None, (step("Dock/pier", "update", CODE),), requests={"GET": 2})
    assert drift_junit(made, Graph.of([resource("Dock/pier"), resource("Ship/argo")])) == (
        """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="reconciler drift" tests="2" failures="1" errors="0" skipped="0">
  <testsuite name="reconciler drift" tests="2" failures="1" errors="0" skipped="0">
    <testcase classname="Dock" name="Dock/pier">
      <failure message="changed: the platform differs from git" type="changed">\
    files/run.py: live "a", git "b"
        +x
        -y</failure>
    </testcase>
    <testcase classname="Ship" name="Ship/argo" />
    <system-out>Requests: 2 GET.</system-out>
  </testsuite>
</testsuites>"""
    )


def test_every_manifest_and_every_extra_object_is_a_case() -> None:
    made = Plan("fleet", None, (step("Ship/boat", "create"), step("Dock/old", "delete")))
    assert ends(made) == {
        "Dock/pier": "passed",
        "Ship/argo": "passed",
        "Ship/boat": "failure",
        "Dock/old": "failure",
    }


def test_what_could_not_be_compared_did_not_pass() -> None:
    told = Problem("ambiguous-identity", "two of it", address="Dock/pier")
    assert ends(Plan("fleet", None, problems=(told,))) == {
        "Dock/pier": "error",
        "Ship/argo": "skipped",
        "Ship/boat": "passed",
    }


def test_a_warning_is_no_failure() -> None:
    told = Problem("old-key", "is called hull now", address="Dock/pier", warning=True)
    assert set(ends(Plan("fleet", None, problems=(told,))).values()) == {"passed"}


def test_what_only_an_apply_may_not_do_is_no_error() -> None:
    told = Problem("mass-change", "too much", blocked=True)
    only = suite(Plan("fleet", None, problems=(told,)), FLEET)
    assert only.attrib["errors"] == "0"
    assert "blocked: too much [mass-change]" in (only.findtext("system-out") or "")


def test_a_failed_run_is_an_error() -> None:
    told = Problem("api-error", "no answer", "Try again.")
    only = suite(Plan("", None, problems=(told,)))
    (case,) = only.findall("testcase")
    assert case.attrib == {"classname": "reconciler", "name": "api-error"}
    assert case[0].attrib == {"message": "no answer", "type": "api-error"}
    assert case[0].text == "error: no answer [api-error]\n  -> Try again."


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_string_leaves_the_xml_whole(text: str) -> None:
    suite(everywhere(text), FLEET)


@FEWER
@given(plans())
def test_any_plan_is_well_formed(made: Plan) -> None:
    shown = drift_junit(made, FLEET)
    shown.encode("utf-8")
    assert len(suite(made, FLEET).findall("testcase")) >= len(FLEET)


def test_a_problem_that_names_nothing_of_ours_is_not_lost() -> None:
    told = Problem("unknown-address", "no manifest is called x", address="Ship/ghost")
    assert ends(Plan("fleet", None, problems=(told,)))["unknown-address Ship/ghost"] == "error"
    assert address("Ship/ghost") not in FLEET.resources
