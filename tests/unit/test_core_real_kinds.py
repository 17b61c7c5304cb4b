"""The real kinds, seen with the core's eyes.

Cases: every kind is whole and says things about fields that exist, rules that fit each other, a new
object of each kind, an object that is as the manifest says, normal forms that make no difference.
"""

from __future__ import annotations

import pytest

from reconciler.core.diff import diff
from reconciler.core.kind import Kind
from reconciler.core.spec import Spec
from reconciler.desired.model_field import type_at
from reconciler.provider_source import SOURCES
from reconciler.providers.all import FAMILIES, KINDS

FILE_FORMS = {"tree", "context", "blob", "output"}


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind there is."""
    return KINDS[request.param]


def known(kind: Kind, path: str) -> bool:
    """Whether the manifest model has this key path."""
    return type_at(kind.spec, path.split(".")) is not None


def test_every_kind_has_a_provider_that_can_be_opened(kind: Kind) -> None:
    assert kind in next(each for each in FAMILIES if each.name == kind.provider).kinds
    assert kind.provider in SOURCES
    assert KINDS[kind.name] is kind
    assert issubclass(kind.spec, Spec)


def test_rules_parts_files_and_references_are_about_fields_that_exist(kind: Kind) -> None:
    paths = [*kind.rules, *kind.files, *kind.references]
    paths += [key for part in kind.parts for key in part.fields]
    assert [path for path in paths if not known(kind, path)] == []
    assert set(kind.references.values()) <= KINDS.keys()
    assert {role.form for role in kind.files.values()} <= FILE_FORMS


def test_every_field_belongs_to_one_part(kind: Kind) -> None:
    owned = [key for part in kind.parts for key in part.fields]
    assert len(owned) == len(set(owned))
    names = [part.name for part in kind.parts]
    assert len(names) == len(set(names))
    assert "" in names


def test_a_rule_says_one_thing(kind: Kind) -> None:
    for path, rule in kind.rules.items():
        assert not (rule.derived and rule.write_only), path
        assert not (rule.create_only and rule.one_way), path
        if rule.as_set:
            assert rule.unset is None or isinstance(rule.unset, list), path


def test_what_can_be_replaced_can_be_deleted(kind: Kind) -> None:
    if any(rule.create_only for rule in kind.rules.values()):
        assert kind.delete is not None
    assert kind.outputs(None) is not None


MODEL = {
    "name": "Churn",
    "description": "",
    "predictionThreshold": 0.0,
    "targetType": "Binary",
    "classLabels": ["b", "a"],
    "version": {"replicas": 2, "requiresHa": False, "requiredMetadata": {"REGION": "eu"}},
}
ENVIRONMENT = {"name": "Python", "useCases": ["customModel"], "isPublic": False}


@pytest.mark.parametrize(
    ("name", "spec"), [("CustomModel", MODEL), ("ExecutionEnvironment", ENVIRONMENT)]
)
def test_a_live_object_that_is_as_written_makes_no_difference(name: str, spec: dict) -> None:
    rules = KINDS[name].rules
    assert diff(spec, spec, rules).changes == ()
    # What the platform adds by itself is not managed.
    extra = {**spec, "language": "python", "added": 1}
    assert diff(spec, extra, rules).changes == ()


def test_number_forms_and_falsy_values_of_a_model() -> None:
    rules = KINDS["CustomModel"].rules
    assert diff({"predictionThreshold": 1}, {"predictionThreshold": 1.0}, rules).changes == ()
    assert diff({"version": {"replicas": 2}}, {"version": {"replicas": 2.0}}, rules).changes == ()
    (change,) = diff({"predictionThreshold": 0.0}, {"predictionThreshold": 0.5}, rules).changes
    assert (change.old, change.new) == (0.5, 0.0)


def test_null_of_a_model_is_what_the_platform_falls_back_to() -> None:
    rules = KINDS["CustomModel"].rules
    assert diff({"description": None}, {"description": ""}, rules).changes == ()
    assert diff({"predictionThreshold": None}, {"predictionThreshold": 0.5}, rules).changes == ()
    changes = diff({"predictionThreshold": None}, {"predictionThreshold": 0.7}, rules).changes
    assert [change.path for change in changes] == ["predictionThreshold"]


def test_labels_have_an_order_and_use_cases_have_none() -> None:
    labels = diff(
        {"classLabels": ["a", "b"]}, {"classLabels": ["b", "a"]}, KINDS["CustomModel"].rules
    )
    assert [change.path for change in labels.changes] == ["classLabels"]
    cases = {"useCases": ["customModel", "notebook"]}
    turned = {"useCases": ["notebook", "customModel", "notebook"]}
    assert diff(cases, turned, KINDS["ExecutionEnvironment"].rules).changes == ()
