"""Which runs are runs of a manifest.

Cases: what a response shows of names, schema, catalog and refresh; selectors that it does not
show; manifests that could not be told apart; what a trigger sends.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.providers.model_runs.matching import Selection, is_plain, trigger_body
from reconciler.providers.model_runs.responses import Run

PLAIN = {"projectName": "analytics", "modelNames": ["stg_a", "int_b"]}
WHOLE = {"projectName": "analytics"}


def tagged(*selectors: str) -> dict[str, Any]:
    return {**WHOLE, "modelNames": list(selectors)}


def run(**shown: Any) -> Run:
    """A run of ``PLAIN`` as a response shows it, unless something else is said."""
    held = {"id": "r", "status": "SUCCESS", "project_name": "analytics", "trigger_type": "MANUAL"}
    return Run(**{**held, "model_names": ["int_b", "stg_a"], **shown})


def manifest(**told: Any) -> str:
    return json.dumps({"models": [], **told})


@pytest.mark.parametrize(
    ("spec", "shown", "fits"),
    [
        ({}, {}, True),
        ({"modelNames": [" stg_a ", "int_b", "int_b"]}, {}, True),
        ({}, {"model_names": ["stg_a", "stg_a", "int_b"]}, True),
        ({}, {"model_names": ["stg_a"]}, False),
        ({}, {"model_names": ["stg_a", "int_b", "fct_c"]}, False),
        ({}, {"model_names": None}, False),
        ({}, {"trigger_type": "SCHEDULED"}, True),
        ({}, {"project_name": "trial"}, False),
        ({}, {"project_name": None}, False),
        ({"targetSchema": "trial"}, {}, False),
        ({"targetSchema": "trial"}, {"project_name": "trial"}, True),
        ({}, {"full_refresh": True}, False),
        ({"fullRefresh": True}, {"full_refresh": True}, True),
        ({"fullRefresh": True}, {}, False),
        ({}, {"compile_manifest": manifest(target_catalog="memory")}, True),
        ({}, {"compile_manifest": manifest(target_catalog="lake")}, False),
        ({"targetCatalog": "lake"}, {"compile_manifest": manifest(target_catalog="lake")}, True),
        ({"targetCatalog": "lake"}, {"compile_manifest": manifest(target_catalog=7)}, True),
        ({"targetCatalog": "lake"}, {}, True),
    ],
)
def test_plain_names_are_matched_exactly(spec: Any, shown: Any, fits: bool) -> None:
    assert Selection.of({**PLAIN, **spec}).fits(run(**shown)) is fits


@pytest.mark.parametrize("spec", [WHOLE, tagged("tag:daily"), tagged("stg_a", "+int_b")])
def test_what_is_not_echoed_is_matched_by_runs_without_names(spec: Any) -> None:
    wanted = Selection.of(spec)
    assert wanted.fits(run(model_names=None))
    assert wanted.fits(run(model_names=[], trigger_type=None))
    assert not wanted.fits(run())
    # A schedule has a selection of its own, which nothing shows either.
    assert not wanted.fits(run(model_names=None, trigger_type="SCHEDULED"))
    assert not wanted.fits(run(model_names=None, trigger_type="PIPELINE"))


@pytest.mark.parametrize(
    ("selectors", "built", "allowed"),
    [
        (["+int_b"], ["stg_a", "int_b"], True),
        (["+int_b"], ["stg_a", "main.int_b"], True),
        (["+int_b"], ["stg_a"], False),
        (["2+int_b+1"], ["stg_a", "int_b"], True),
        (["2+int_b+1"], ["stg_a"], False),
        (["+int_b", "tag:x"], ["stg_a", "int_b", "fct_c"], True),
        (["stg_a", "tag:x"], ["int_b"], False),
        (["stg_*"], ["stg_a", "stg_b"], True),
        (["stg_*"], ["main.stg_a"], True),
        (["stg_*"], ["stg_a", "int_b"], False),
        (["stg_*", "int_b"], ["stg_a", "int_b"], True),
        (["stg_*+"], ["stg_a", "int_b"], True),
        (["tag:x"], ["anything"], True),
        (["+int_b"], [], True),
        ([], ["anything"], True),
    ],
)
def test_steps_may_contradict_selectors(selectors: Any, built: Any, allowed: bool) -> None:
    assert Selection.of(tagged(*selectors)).allows(built) is allowed


def test_an_echoed_selection_needs_no_steps() -> None:
    assert Selection.of(PLAIN).allows(["something else"])


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (PLAIN, PLAIN, True),
        (PLAIN, {**PLAIN, "modelNames": ["int_b", "stg_a"]}, True),
        (PLAIN, {**PLAIN, "modelNames": ["stg_a"]}, False),
        (PLAIN, WHOLE, False),
        (WHOLE, tagged("tag:x"), True),
        (tagged("tag:x"), tagged("tag:y"), True),
        (tagged("tag:x"), {**tagged("tag:y"), "targetSchema": "other"}, False),
        (tagged("tag:x"), {**tagged("tag:y"), "targetCatalog": "lake"}, False),
        (tagged("tag:x"), {**tagged("tag:x"), "fullRefresh": True}, False),
        ({**WHOLE, "targetSchema": "x"}, {"projectName": "x"}, True),
    ],
)
def test_manifests_that_could_not_be_told_apart(one: Any, other: Any, clash: bool) -> None:
    assert Selection.of(one).clashes(Selection.of(other)) is clash
    assert Selection.of(other).clashes(Selection.of(one)) is clash


@given(st.lists(st.text("ab_*+:tag", min_size=1), max_size=4))
def test_no_selector_breaks_the_comparison(names: list[str]) -> None:
    wanted = Selection.of(tagged(*names))
    assert wanted.clashes(wanted)
    assert wanted.allows(["stg_a"]) in (True, False)
    assert wanted.echoed is (bool(names) and all(is_plain(name.strip()) for name in names))


def test_a_trigger_sends_what_is_written_and_nothing_else() -> None:
    assert trigger_body({**WHOLE, "rerun": "always", "timeout": 60}) == {
        "project_name": "analytics"
    }
    full = {**PLAIN, "fullRefresh": False, "targetCatalog": "lake", "targetSchema": "s"}
    assert trigger_body(full) == {
        "project_name": "analytics",
        "model_names": ["stg_a", "int_b"],
        "full_refresh": False,
        "target_catalog": "lake",
        "target_schema": "s",
    }
