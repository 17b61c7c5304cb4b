"""The digest of all manifests: what is the same wish, what is another."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from reconciler.core.kind import FieldRule, Kind
from reconciler.desired.load import load
from reconciler.desired.model_field import keys_of, model_at, places, type_at
from reconciler.providers.custom_models.spec import CustomModelSpec
from tests.support.manifests_on_disk import KINDS, environment, loaded, model

SETS = {
    **KINDS,
    "CustomModel": Kind(
        "CustomModel",
        "custom_models",
        CustomModelSpec,
        rules={
            "classLabels": FieldRule(as_set=True),
            "description": FieldRule(as_set=True),
            "targetName": FieldRule(create_only=True),
            "sharing.users": FieldRule(as_set=True),
        },
    ),
}


def digest(folder: Path, text: str) -> str:
    loaded(folder, {"e.yaml": environment("e"), "a.yaml": text})
    return load([], folder, SETS).digest


USERS = "sharing: {users: [{username: a, role: OWNER}, {role: USER, username: b}]}"
TURNED = "sharing: {users: [{username: b, role: USER}, {username: a, role: OWNER}]}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (model(spec="{classLabels: [a, b]}"), model(spec="{classLabels: [b, a]}")),
        (model(spec=f"{{{USERS}}}"), model(spec=f"{{{TURNED}}}")),
        (model(spec="{predictionThreshold: 1}"), model(spec="{predictionThreshold: 1.0}")),
        (model(spec="{name: x, targetName: y}"), model(spec="{targetName: y, name: 'x'}")),
        (
            model(spec="{version: {maximumMemory: 2Gi}}"),
            model(spec="{version: {maximumMemory: 2147483648}}"),
        ),
        (
            model(more="dependsOn: [ExecutionEnvironment/e]"),
            model(more="dependsOn: [ExecutionEnvironment/e, ExecutionEnvironment/e]"),
        ),
        (
            model(more="lifecycle: {ignoreChanges: [name, language]}"),
            model(more="lifecycle: {ignoreChanges: [language, name], protect: false}"),
        ),
        (model(), f"# a comment\n---\n{model()}---\n"),
    ],
)
def test_the_same_wish(tmp_path: Path, one: str, other: str) -> None:
    assert digest(tmp_path / "one", one) == digest(tmp_path / "other", other)


@pytest.mark.parametrize(
    "text",
    [
        model("other"),
        model(spec="{description: null}"),
        model(spec="{description: ''}"),
        model(spec="{predictionThreshold: 0.0}"),
        model(spec="{predictionThreshold: null}"),
        model(spec="{classLabels: [a, b]}"),
        model(more="lifecycle: {protect: true}"),
        model(more="lifecycle: {ignoreChanges: [name]}"),
        model(more="dependsOn: [ExecutionEnvironment/e]"),
        model().replace("{name: churn}", "{name: churn, id: a}"),
        model().replace("{name: churn}", "{name: churn, userProvidedId: a}"),
    ],
)
def test_another_wish(tmp_path: Path, text: str) -> None:
    assert digest(tmp_path / "one", model()) != digest(tmp_path / "other", text)


class Inner(BaseModel):
    """A model in a model."""

    deep: dict[str, list[int]] | None = None
    free: dict[str, object] = {}


class Environment(BaseModel):
    """A model of every shape."""

    inner: Inner
    many: list[Inner] = []


def test_fields_of_a_model() -> None:
    assert list(keys_of(Environment)) == ["inner", "many"]
    assert type_at(Environment, ("inner", "deep", "any", 0)) is int
    assert type_at(Environment, ("inner", "free", "any")) is object
    assert type_at(Environment, ("inner", "gone", "any")) is None
    assert type_at(Environment, ("many", "gone")) is None
    assert model_at(Environment, ("many", 3)) is Inner
    assert model_at(Environment, ("inner", "deep")) is None
    assert list(places(Environment, "deep")) == ["inner.deep"]
    assert list(places(Environment, "gone")) == []
