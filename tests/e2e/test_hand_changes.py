"""Whatever somebody changes by hand past the tool: drift only looks, one apply puts it right."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.test_apply_then_plan import ALONE, applied, assert_nothing_to_do, put, stage
from tests.support.manifest_strategies import USERS, ManifestSet, manifest_sets
from tests.support.sandbox import Stage

PlanContext = tuple[str, int, str]

# Two applies and a drift: a fifth of the usual number is worth the time.
FIFTH = settings(max_examples=settings().max_examples // 5)
TEXTS = ("", "by hand", "[reconciler of nothing]", "two\nlines")
TARGETS = ("Binary",)


def model_setting(on: Stage, model: dict[str, Any], text: str) -> None:
    """Another description, which loses a mark, and a threshold where there is one."""
    body: dict[str, Any] = {"description": text, "language": text}
    if model["targetType"] in TARGETS:
        body["predictionThreshold"] = 0.123
    on.by_hand("PATCH", f"customModels/{model['id']}/", json=body).raise_for_status()


def model_gone(on: Stage, model: dict[str, Any], text: str) -> None:
    """The model is deleted."""
    on.by_hand("DELETE", f"customModels/{model['id']}/").raise_for_status()


def model_roles(on: Stage, model: dict[str, Any], text: str) -> None:
    """One user gets in, another one out."""
    changes = [{"username": USERS[0], "role": "OWNER"}, {"username": USERS[1], "role": None}]
    path = f"customModels/{model['id']}/accessControl/"
    on.by_hand("PATCH", path, json={"data": changes}).raise_for_status()


def model_version(on: Stage, model: dict[str, Any], text: str) -> None:
    """A version with one more file and other resources."""
    if not versions(on, model):
        return
    form = [("isMajorUpdate", "False"), ("replicas", "7"), ("filePath", "by_hand.txt")]
    parts: list[Any] = [(name, (None, value)) for name, value in form]
    parts.append(("file", ("by_hand.txt", text.encode())))
    path = f"customModels/{model['id']}/versions/"
    on.by_hand("PATCH", path, files=parts).raise_for_status()


def version_mark(on: Stage, model: dict[str, Any], text: str) -> None:
    """The newest version's description, and the mark in it, are overwritten."""
    for version in versions(on, model)[-1:]:
        path = f"customModels/{model['id']}/versions/{version['id']}/"
        on.by_hand("PATCH", path, json={"description": text}).raise_for_status()


def versions(on: Stage, model: dict[str, Any]) -> list[dict[str, Any]]:
    """The model's versions, oldest first."""
    found = on.control("GET", "state").get("modelVersions", ())
    return [version for version in found if version["parent"] == model["id"]]


def environment_setting(on: Stage, environment: dict[str, Any], text: str) -> None:
    """Another name and purpose; the description, where the mark is, stays."""
    body = {"name": f"{text} {environment['id']}", "useCases": ["notebook"]}
    path = f"executionEnvironments/{environment['id']}/"
    on.by_hand("PATCH", path, json=body).raise_for_status()


def environment_version(on: Stage, environment: dict[str, Any], text: str) -> None:
    """A newer version."""
    path = f"executionEnvironments/{environment['id']}/versions/"
    image = "ghcr.io/somebody/does-not-exist:1" if text else "ghcr.io/somebody/else:1"
    on.by_hand("POST", path, files=[("dockerImageUri", (None, image))]).raise_for_status()


MODELS: tuple[Callable[..., None], ...] = (
    model_setting,
    model_gone,
    model_roles,
    model_version,
    version_mark,
)
ENVIRONMENTS: tuple[Callable[..., None], ...] = (environment_setting, environment_version)


def by_hand(on: Stage, change: PlanContext) -> None:
    """Carry out one change on one of the objects that are there."""
    name, place, text = change
    state = on.control("GET", "state")
    marked = [doc for doc in state["environments"] if "[reconciler " in doc["description"]]
    for verbs, objects in ((MODELS, state.get("models", [])), (ENVIRONMENTS, marked)):
        verb = next((verb for verb in verbs if verb.__name__ == name), None)
        if verb and objects:
            verb(on, objects[place % len(objects)], text)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from([verb.__name__ for verb in (*MODELS, *ENVIRONMENTS)]),
        st.integers(0, 4),
        st.sampled_from(TEXTS),
    ),
    min_size=1,
    max_size=4,
)


@FIFTH
@given(manifest_sets(), CHANGES)
def test_drift_looks_and_apply_puts_it_right(made: ManifestSet, changes: list[PlanContext]) -> None:
    with stage() as on:
        folder = put(on, "project", made)
        applied(on, folder)
        for change in changes:
            by_hand(on, change)
        drift = on.run("--project-dir", folder, "drift", "--format", "json", *ALONE)
        assert drift.writes == []
        assert drift.code == (2 if json.loads(drift.out)["drifted"] else 0), drift.out + drift.err
        applied(on, folder)
        assert_nothing_to_do(on, folder)
        assert on.run("--project-dir", folder, "drift", *ALONE).code == 0
