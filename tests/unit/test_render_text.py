"""Plans, drift and reports as text.

Cases: every part of a plan, values known later, details, problems with and without a place, drift,
reports, strings from outside that try to break a line or colour the terminal, in every place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.core.drift import DriftedObject
from reconciler.core.plan import Plan
from reconciler.core.plan_json import plan_digest
from reconciler.core.report import Report, StepResult
from reconciler.core.resource import Address
from reconciler.core.step import FieldChange, KnownAfter, Step, Wait
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from reconciler.render.drift import drift_text
from reconciler.render.text import NO_CHANGES, NOTHING, plan_text, problem_lines, report_text
from tests.support.fleet_kinds import address, live, plan, resource
from tests.support.untrusted_text import STRINGS
from tests.unit.test_render_plain import harmless

ARGO = address("Ship/argo")


def made(*fields: FieldChange, reason: str = "differs", action: str = "update") -> Plan:
    """A plan of one step."""
    return Plan("fleet", None, (Step(str(ARGO), ARGO, action, reason, fields),))


def test_a_plan_says_what_changes_and_why_and_how_much() -> None:
    resources = [
        resource("Ship/argo", {"flag": "red", "description": None, "crew": ["ann"]}),
        resource("Dock/pier", {"berths": 3}),
        resource("Dock/mole"),
    ]
    theirs = [live("Ship/x", owner="navy/x"), live("Ship/y", owner=None)]
    argo = live("Ship/argo", {"flag": "blue", "description": "old"})
    lives = [argo, live("Dock/mole"), live("Ship/old"), *theirs]
    made = replace(plan(resources, lives), endpoint={"a": "https://a.example"}, commit="c0ffee")
    assert plan_text(made).split("\n") == [
        "Plan for fleet",
        "Endpoint: https://a.example (a)",
        "Commit: c0ffee",
        f"Digest: {plan_digest(made)}",
        "",
        "  + Dock/pier: create",
        "      itself: create, does not exist yet",
        "        + berths: 3",
        "        waits for drying, 90 s at most",
        "",
        "  ~ Ship/argo: update",
        "      itself: update, settings differ",
        '        ~ flag: "blue" -> "red"  (differs from the manifest)',
        '        - description: "old"  (unset in the manifest)',
        "      crew: update, crew differs",
        '        + crew: ["ann"]  (not set on the platform)',
        "",
        "Plan: 1 create, 1 update; 1 unchanged.",
        "Untouched:",
        "  2 Ship of other owners",
        "  Ship/old (old-id) is ours and has no manifest; --prune deletes it",
        "Requests: none.",
    ]


def test_a_plan_of_a_target_says_so() -> None:
    assert plan_text(Plan("fleet", "prod")).startswith("Plan for fleet, target prod\n")


def test_nothing_to_do_is_said_only_when_nothing_stands_in_the_way() -> None:
    assert NO_CHANGES in plan_text(Plan("fleet", None, unchanged=1))
    warned = Plan("fleet", None, unchanged=1, problems=(Problem("a", "b", warning=True),))
    assert NO_CHANGES in plan_text(warned)
    assert NO_CHANGES not in plan_text(Plan("fleet", None, problems=(Problem("a", "wrong"),)))
    assert NO_CHANGES not in plan_text(Plan("fleet", None))
    assert NOTHING in plan_text(Plan("fleet", None))


def test_a_value_known_later_names_its_step() -> None:
    text = plan_text(
        made(FieldChange("dock", "d-1", KnownAfter("Dock/pier", "id"), "is made anew"))
    )
    assert '~ dock: "d-1" -> (known after Dock/pier)  (is made anew)' in text


def test_the_lines_of_a_changed_file_are_shown_below_it() -> None:
    text = plan_text(
        made(FieldChange("files/a.py", "1", "2", "differs", ("-old", "+new", " same")))
    )
    assert "            -old\n            +new\n             same\n" in text


def test_an_ignored_field_is_shown_with_both_sides() -> None:
    wanted = resource("Dock/pier", {"berths": 3}, ignore_changes=("berths",))
    text = plan_text(plan([wanted], [live("Dock/pier", {"berths": 2})]))
    assert "  Dock/pier berths: 2 instead of 3, ignored as the manifest says\n" in text


def test_an_ignored_key_that_was_not_compared_says_so() -> None:
    wanted = resource("Ship/argo", {"dock": {"ref": "pier"}}, ignore_changes=("dock",))
    text = plan_text(plan([wanted], [live("Ship/argo")]))
    assert "  Ship/argo dock: not compared, ignored as the manifest says\n" in text


def test_requests_are_counted() -> None:
    assert plan_text(Plan("fleet", None, requests={"GET": 12, "HEAD": 1})).endswith(
        "\nRequests: 12 GET, 1 HEAD."
    )


@pytest.mark.parametrize(
    ("problem", "lines"),
    [
        (Problem("a-b", "it is wrong"), ["error: it is wrong [a-b]"]),
        (Problem("a-b", "it is wrong", "Mend it."), ["error: it is wrong [a-b]", "  -> Mend it."]),
        (Problem("a", "no", blocked=True), ["blocked: no [a]"]),
        (Problem("a", "hm", warning=True), ["warning: hm [a]"]),
        (Problem("a", "no", address="Ship/argo"), ["error: Ship/argo: no [a]"]),
        (
            Problem("a", "no", "", "Ship/argo", "spec.flag", "a.yaml", 3, 5),
            ["error: a.yaml:3:5: spec.flag: no [a]"],
        ),
        (Problem("a", "spec.flag is wrong", path="spec.flag"), ["error: spec.flag is wrong [a]"]),
        (Problem("a", "odd: : text"), ["error: odd: : text [a]"]),
    ],
)
def test_a_problem_has_its_place_and_its_way_out(problem: Problem, lines: list[str]) -> None:
    assert list(problem_lines([problem])) == lines


def test_no_drift_is_one_line() -> None:
    assert drift_text((), {"GET": 3}) == "No drift. Requests: 3 GET."
    assert "No drift" not in drift_text((), {}, certain=False)


def test_drift_tells_what_is_live_and_what_git_says() -> None:
    fields = (
        FieldChange("flag", "blue", "red", "", ("@@ -1 +1 @@", "-live line", "+git line")),
        FieldChange("code", "x", None, ""),
        FieldChange("hull", None, "oak", ""),
    )
    found = (
        DriftedObject(ARGO, "changed", "the platform differs from git", fields),
        DriftedObject(address("Ship/tern"), "missing", "git has it, the platform does not"),
    )
    assert drift_text(found, {"GET": 3}).split("\n") == [
        "Ship/argo: changed (the platform differs from git)",
        '    flag: live "blue", git "red"',
        "        +live line",
        "        -git line",
        '    code: only live, "x"',
        '    hull: only in git, "oak"',
        "Ship/tern: missing (git has it, the platform does not)",
        "",
        "Drift: 1 changed, 1 missing. Requests: 3 GET.",
    ]


def test_a_report_says_for_every_step_how_it_ended() -> None:
    results = (
        StepResult("Ship/a", ARGO, "create", "done", done_calls=1),
        StepResult(
            "Ship/b", ARGO, "run", "failed", "it sank", "Salvage it.", "log 1\nlog 2", "", 2
        ),
        StepResult("Ship/c", ARGO, "update", "skipped", cause="Ship/b"),
        StepResult("Ship/d", ARGO, "delete", "notReached"),
    )
    assert report_text(Report(results, {"POST": 3}, interrupted=True)).split("\n") == [
        "  done        Ship/a (create)",
        "  failed      Ship/b (run)",
        "      it sank",
        "      | log 1",
        "      | log 2",
        "      -> Salvage it.",
        "      2 write(s) of this step took effect before it failed",
        "  skipped     Ship/c (update) because Ship/b failed",
        "  not reached Ship/d (delete)",
        "Applied: 1 done, 1 failed, 1 skipped, 1 not reached. Requests: 3 POST.",
    ]


def test_rows_that_a_step_brought_are_a_table() -> None:
    rows = [{"feature": "age", "impact": 1.0}, {"feature": "a\x1b[31m", "impact": 0.25}]
    done = StepResult("Ship/a", ARGO, "run", "done", outputs={"table": rows})
    lines = report_text(Report((done,))).split("\n")
    assert [line.split() for line in lines[1:4]] == [
        ["FEATURE", "IMPACT"], ["age", "1.0"], ["a\\u001b[31m", "0.25"],
    ]  # fmt: skip


def test_an_apply_of_nothing_says_so() -> None:
    assert report_text(Report(())) == "Applied: nothing to do. Requests: none."


def result(**more: str) -> Report:
    """A report of one failed step."""
    held = {"id": "Ship/a", "action": "create", "state": "failed", **more}
    return Report((StepResult(address=ARGO, **held),))


def drift(name: str = "a", reason: str = "b", field: FieldChange | None = None) -> str:
    """The drift of one object."""
    found = DriftedObject(Address("Ship", name), "changed", reason, (field,) if field else ())
    return drift_text((found,), {})


def left(**more: str) -> Plan:
    """A plan that leaves one thing alone."""
    held = {"why": "orphan", "kind": "Ship", "name": "a", "id": "1", **more}
    return Plan("fleet", None, untouched=(Untouched(**held),))


PLACES: dict[str, Callable[[str], str]] = {
    "project": lambda text: plan_text(Plan(text, None)),
    "target": lambda text: plan_text(Plan("fleet", f"x{text}")),
    "address": lambda text: plan_text(
        Plan("fleet", None, (Step("a", Address("Ship", text), "delete", "gone"),))
    ),
    "reason": lambda text: plan_text(made(reason=text)),
    "path": lambda text: plan_text(made(FieldChange(text, 1, 2, "x"))),
    "old": lambda text: plan_text(made(FieldChange("a", text, "x", "x"))),
    "new": lambda text: plan_text(made(FieldChange("a", None, text, "x"))),
    "nested": lambda text: plan_text(made(FieldChange("a", {text: [text]}, [text], "x"))),
    "known later": lambda text: plan_text(made(FieldChange("a", 1, KnownAfter(text, "id"), "x"))),
    "why": lambda text: plan_text(made(FieldChange("a", 1, 2, text))),
    "detail": lambda text: plan_text(made(FieldChange("a", 1, 2, "x", (f"+{text}",)))),
    "orphan": lambda text: plan_text(left(name=text)),
    "orphan id": lambda text: plan_text(left(id=text)),
    "orphan note": lambda text: plan_text(left(note=text)),
    "ignored": lambda text: plan_text(left(why="ignored", path=text or "x", old=text)),
    "maker": lambda text: plan_text(left(why="maker", path="users", old=text)),
    "message": lambda text: "\n".join(problem_lines([Problem("a", text)])),
    "hint": lambda text: "\n".join(problem_lines([Problem("a", "b", f"x{text}")])),
    "place": lambda text: "\n".join(problem_lines([Problem("a", "b", file=f"x{text}", line=1)])),
    "key path": lambda text: "\n".join(problem_lines([Problem("a", "b", path=f"x{text}")])),
    "drifted": lambda text: drift(name=text),
    "drift reason": lambda text: drift(reason=text),
    "drift path": lambda text: drift(field=FieldChange(text, text, None, "")),
    "drift value": lambda text: drift(field=FieldChange("a", text, text, "")),
    "drift detail": lambda text: drift(field=FieldChange("a", 1, 2, "", (f"+{text}", text or "x"))),
    "step id": lambda text: report_text(result(id=text)),
    "cause": lambda text: report_text(result(cause=f"x{text}")),
    "error": lambda text: report_text(result(error=f"x{text}")),
    "report hint": lambda text: report_text(result(hint=f"x{text}")),
}


@pytest.mark.parametrize("place", PLACES)
def test_no_string_from_outside_breaks_a_line_or_moves_the_cursor(place: str) -> None:
    render = PLACES[place]
    lines = render("word").count("\n")
    for text in (*STRINGS, "a\nb\nc", "\x9b31m", "\u2029"):
        shown = render(text)
        assert shown.count("\n") == lines, text
        assert all(harmless(line) for line in shown.split("\n")), text


def test_a_log_has_its_own_lines_and_each_is_led_by_a_bar() -> None:
    hostile = "one\r\ntwo\x1b[2Jthree\u2028four\n::error::five\ud800"
    lines = report_text(result(log=hostile)).split("\n")[1:-1]
    assert all(line.startswith("      | ") and harmless(line) for line in lines)
    assert any("::error::five" in line for line in lines)


def test_a_wait_of_a_check_is_not_announced() -> None:
    step = Step("Ship/a", ARGO, "check", "failed", waits=(Wait("build"),))
    assert "waits for" not in plan_text(Plan("fleet", None, (step,)))
