"""Requirements held against a version: what is measured stands beside what is required."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.core.kind import PlanContext, PlanOptions
from reconciler.core.resource import Address, Live, Resource
from reconciler.errors import Problem
from reconciler.providers.model_registry.kind import (
    KIND,
    registry_draft,
    registry_outputs,
)
from reconciler.providers.model_registry.matching import live_model, packages, version_facts
from reconciler.providers.model_registry.requirements import CHECKS
from reconciler.providers.model_registry.responses import Model, ModelVersion
from reconciler.providers.model_registry.spec import RegistryModelSpec, RegistryRequire

FQN = "model:acme/fraud/churn"


def version(number: int = 7, alias: str | None = None, **fields: Any) -> ModelVersion:
    """A version with a bit of everything; ``fields`` go over it."""
    manifest = {
        "version": number,
        "version_alias": alias,
        "framework": {"type": "sklearn"},
        "environment": {"python_version": "3.11.9", "pip_packages": ["pandas==2.2.1", "numpy>=1"]},
    }
    whole = {
        "id": f"v{number}",
        "fqn": f"model-version:acme/fraud/churn:{number}",
        "manifest": manifest,
        "tags": ["approved"],
        "metrics": [{"key": "auc", "value": 0.79, "step": 2}, {"key": "auc", "value": 0.9}],
        "deployable": True,
    }
    return ModelVersion.model_validate({**whole, **fields})


def live(require: dict[str, Any], *versions: ModelVersion) -> tuple[Resource, Live]:
    """A manifest and what the registry tells about it."""
    model = Model(id="m1", ml_repo_id="r", name="churn", fqn=FQN)
    resource = Resource(Address("RegistryModel", "a"), {"fqn": FQN, "require": require})
    return resource, live_model(resource, [model], versions)


def problems(require: dict[str, Any], *versions: ModelVersion) -> tuple[Problem, ...]:
    """What the plan says."""
    resource, found = live(require, *(versions or (version(),)))
    draft = registry_draft(PlanContext(resource, found, (), {}, PlanOptions()))
    assert draft is None or (draft.action, draft.calls) == ("", ())
    return draft.problems if draft else ()


@pytest.mark.parametrize(
    "require",
    [
        {},
        {"version": ">=3"},
        {"framework": "sklearn"},
        {"deployable": True},
        {"tags": ["approved"]},
        {"tags": []},
        {"metrics": {"auc": ">=0.70"}},
        {"pythonVersion": "3.11"},
        {"packages": {"Pandas": ">=2,<3"}},
    ],
)
def test_what_is_met_needs_nothing(require: dict[str, Any]) -> None:
    assert problems(require) == ()


@pytest.mark.parametrize(
    ("require", "path", "told"),
    [
        ({"framework": "xgboost"}, "framework", "framework is sklearn, and xgboost is required"),
        ({"deployable": False}, "deployable", "deployable is true, and false is required"),
        (
            {"tags": ["approved", "signed"]},
            "tags",
            "tag signed is not there, and it is required; its tags: approved",
        ),
        ({"metrics": {"auc": ">=0.80"}}, "metrics.auc", "auc is 0.79, and >=0.80 is required"),
        (
            {"metrics": {"auk": "<1"}},
            "metrics.auk",
            "auk is not measured, and <1 is required; did you mean 'auc'?",
        ),
        ({"pythonVersion": "3.12"}, "pythonVersion", "Python is 3.11.9, and 3.12 is required"),
        ({"packages": {"pandas": "3"}}, "packages.pandas", "pandas is 2.2.1, and 3 is required"),
        ({"packages": {"numpy": "1"}}, "packages.numpy", "numpy is not pinned, and 1 is required"),
        ({"packages": {"scipy": "1"}}, "packages.scipy", "scipy is not listed, and 1 is required"),
    ],
)
def test_what_is_not_met(require: dict[str, Any], path: str, told: str) -> None:
    (problem,) = problems(require)
    assert problem.message == f"{told}; version 7 of {FQN}"
    assert (problem.code, problem.path) == ("requirement-unmet", f"spec.require.{path}")
    assert "What refers to RegistryModel/a is not planned until then." in problem.hint


def test_a_bare_version_meets_nothing() -> None:
    bare = ModelVersion.model_validate({"id": "v", "fqn": "x:1", "manifest": {}})
    asked = {
        "framework": "sklearn",
        "deployable": True,
        "tags": ["a"],
        "metrics": {"auc": ">0"},
        "pythonVersion": "3",
        "packages": {"p": ">0"},
    }
    told = [problem.message.partition(";")[0] for problem in problems(asked, bare)]
    assert told == [
        "framework is not recorded, and sklearn is required",
        "deployable is false, and true is required",
        "tag a is not there, and it is required",
        "auc is not measured, and >0 is required",
        "Python is not recorded, and 3 is required",
        "p is not listed, and >0 is required",
    ]


def test_the_range_is_checked_on_the_version_of_the_alias() -> None:
    (problem,) = problems({"alias": "v1", "version": ">=8"}, version(7, "v1"), version(8))
    assert problem.message == f"version is 7, and >=8 is required; version 7 (alias v1) of {FQN}"


def test_many_versions_are_told_in_short() -> None:
    (problem,) = problems({"version": ">90"}, *(version(n) for n in range(1, 31)))
    assert problem.message.endswith("; it has 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20 more")


def test_a_model_without_versions() -> None:
    resource, found = live({})
    draft = registry_draft(PlanContext(resource, found, (), {}, PlanOptions()))
    assert draft is not None
    assert draft.problems[0].message == f"{FQN} has no version yet"


def test_nothing_was_found_out() -> None:
    resource, _ = live({})
    draft = registry_draft(PlanContext(resource, None, (), {}, PlanOptions()))
    assert draft is not None
    assert draft.problems[0].code == "no-such-registry-model"
    assert registry_outputs(None) == {}


def test_what_it_offers_to_models() -> None:
    _, found = live({"alias": "v1"}, version(6, "v1"), version(7))
    assert registry_outputs(found) == {
        "id": "v6",
        "fqn": "model-version:acme/fraud/churn:6",
        "alias": "v1",
        "byAlias": True,
    }
    assert registry_outputs(live({"version": "9"}, version(7))[1]) == {}


def test_the_last_step_of_a_metric_counts() -> None:
    rows = [
        {"key": "auc", "value": 0.5, "step": 1, "timestamp": 9},
        {"key": "auc", "value": 0.7, "step": 2, "timestamp": 3},
        {"key": "auc", "value": 0.6, "step": 2, "timestamp": 1},
        {"key": "f1"},
    ]
    facts = version_facts(version(metrics=rows))
    assert facts.metrics == {"auc": 0.7, "f1": None}


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("pandas==2.2.1", {"pandas": "==2.2.1"}),
        ("Scikit_Learn [extra] == 1.5 ; python_version > '3'", {"scikit-learn": "== 1.5"}),
        ("a.b-c", {"a-b-c": ""}),
        ("pkg @ https://files.example/pkg.whl", {"pkg": "@ https://files.example/pkg.whl"}),
        ("", {}),
    ],
)
def test_lines_of_pip(line: str, held: dict[str, str]) -> None:
    assert packages([line]) == held


def test_every_requirement_is_checked() -> None:
    keys = RegistryRequire.model_json_schema(by_alias=True)["properties"]
    assert CHECKS.keys() == keys.keys()


def test_nothing_of_the_manifest_is_compared_field_by_field() -> None:
    keys = RegistryModelSpec.model_json_schema(by_alias=True)["properties"]
    assert {key for key, rule in KIND.rules.items() if rule.derived} == set(keys)
    assert KIND.delete is None
    assert not KIND.listed


def test_an_identity_that_means_nothing_here_is_refused() -> None:
    named = Resource(Address("RegistryModel", "a"), {"fqn": FQN}, user_provided_id="x")
    (problem,) = KIND.check(named, "fraud")
    assert problem.path == "metadata.userProvidedId"
    assert list(KIND.check(live({})[0], "fraud")) == []
