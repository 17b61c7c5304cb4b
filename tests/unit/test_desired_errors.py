"""What is said of wrong manifests: the place to the column, the key path, the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.kind import Kind
from reconciler.core.resource import Resource
from reconciler.errors import Problem
from tests.support.manifests_on_disk import (
    KINDS,
    environment,
    loaded,
    model,
    places,
    problems,
    project,
)

# One wrong thing each: the text, where it is seen (file a.yaml), and words of the message.
CASES = [
    # keys
    (model(spec="{replica: 1}"), "4:8 unknown-key spec.replica", "'replica'"),
    (model(spec="{replicas: 1}"), "4:8 unknown-key spec.replicas", "version.replicas"),
    (model(spec="{nmae: x}"), "4:8 unknown-key spec.nmae", "'name'"),
    (model(spec="{Name: x}"), "4:8 unknown-key spec.Name", "'name'"),
    (model(spec="{qqq: x}"), "4:8 unknown-key spec.qqq", "unknown key 'qqq'"),
    (model(more="lifecycel: {}"), "5:1 unknown-key lifecycel", "'lifecycle'"),
    (model(spec="{version: {training_data: {}}}"), "4:18 unknown-key spec.version.training_data",
     "'trainingData'"),
    (model(spec="{sharing: {users: [{username: a}]}}"),
     "4:26 missing-key spec.sharing.users[0].role", "'role'"),
    ("apiVersion: reconciler/v1\nkind: CustomModel\nspec: {}\n", "1:1 missing-key metadata",
     "'metadata'"),
    ("apiVersion: reconciler/v1\nkind: CustomModel\nmetadata: {name: a}\n", "1:1 missing-key spec",
     "'spec'"),
    # types and values
    (model(spec="{name: 3}"), "4:14 wrong-type spec.name", "a text, not a whole number"),
    (model(spec="{name: 3.1}"), "4:14 wrong-type spec.name", "a fraction"),
    (model(spec="{name: true}"), "4:14 wrong-type spec.name", "a boolean"),
    (model(spec="{name: [a]}"), "4:14 wrong-type spec.name", "a list"),
    (model(spec="{name: null}"), "4:14 not-null spec.name", "not null"),
    (model(spec="{targetType: null}"), "4:20 not-null spec.targetType", "must not be null"),
    (model(spec='{predictionThreshold: "0.4"}'), "4:29 wrong-type spec.predictionThreshold",
     "a number, not a text"),
    (model(spec="{predictionThreshold: 1.5}"), "4:29 invalid-value spec.predictionThreshold",
     "less than or equal to 1"),
    (model(spec="{version: {replicas: 1.5}}"), "4:28 wrong-type spec.version.replicas",
     "whole number"),
    (model(spec="{version: {requiresHa: 1}}"), "4:30 wrong-type spec.version.requiresHa",
     "true or false"),
    (model(spec="{version: x}"), "4:17 wrong-type spec.version", "a mapping, not a text"),
    (model(spec="{classLabels: x}"), "4:21 wrong-type spec.classLabels", "a list, not a text"),
    (model(spec="[]"), "4:7 wrong-type spec", "a mapping, not a list"),
    (model(spec="{targetType: binary}"), "4:20 not-one-of spec.targetType", "mean 'Binary'"),
    (model(spec="{targetType: 1}"), "4:20 not-one-of spec.targetType", "1 is not one of Binary"),
    (model(spec="{version: {maximumMemory: 2Gigs}}"),
     "4:33 invalid-value spec.version.maximumMemory", "not a size"),
    (model(spec="{version: {maximumMemory: 1}}"),
     "4:33 invalid-value spec.version.maximumMemory", "134217728"),
    (model(spec="{tests: {timeout: 30}}"), "4:25 invalid-value spec.tests.timeout", "duration"),
    (model(spec='{name: ""}'), "4:14 invalid-value spec.name", "at least 1 character"),
    (model(spec="{version: {requiredMetadata: {'': x}}}"),
     "4:37 invalid-value spec.version.requiredMetadata.", "at least 1"),
    # mappings as a whole
    (model(spec="{version: {maximumMemory: 2Gi, resourceBundleId: x}}"),
     "4:8 invalid-value spec.version", "cannot be together"),
    (model(spec="{positiveClassLabel: a}"), "4:1 invalid-value spec", "go together"),
    (environment(spec="{version: {}}"), "4:8 invalid-value spec.version", "exactly one of"),
    # names
    (model(name="a/b"), "3:18 invalid-name metadata.name", "begins with a letter"),
    (model(name="x" * 64), "3:18 invalid-name metadata.name", "63 at most"),
    (model(name='"a\\n"'), "3:18 invalid-name metadata.name", "digits"),
    (model(name="1"), "3:18 wrong-type metadata.name", "a text"),
    (model(more="dependsOn: [churn]"), "5:13 invalid-name dependsOn[0]", "Kind/name"),
    # lifecycle
    (model(more="lifecycle: {ignoreChanges: [version.replica]}"),
     "5:29 unknown-field lifecycle.ignoreChanges[0]", "mean 'replicas'"),
    (model(more="lifecycle: {ignoreChanges: [name.x]}"),
     "5:29 unknown-field lifecycle.ignoreChanges[0]", "'name.x'"),
    (model(more="lifecycle: {ignoreChanges: [classLabels.x]}"),
     "5:29 unknown-field lifecycle.ignoreChanges[0]", "no field"),
    (model(more="lifecycle: {ignoreChanges: ['classLabels[0]']}"),
     "5:29 ignored-in-part lifecycle.ignoreChanges[0]", "the rest of classLabels"),
    (model(spec="{sharing: {mode: additive, users: []}}",
           more="lifecycle: {ignoreChanges: [sharing.users]}"),
     "5:29 ignored-in-part lifecycle.ignoreChanges[0]", "the rest of sharing"),
    (environment(spec="{version: {dockerImageUri: a/b}}",
                 more="lifecycle: {ignoreChanges: [version.dockerImageUri]}"),
     "5:29 ignored-in-part lifecycle.ignoreChanges[0]", "the rest of version"),
    (model(more="lifecycle: {onDelete: hard}"), "5:23 not-one-of lifecycle.onDelete",
     "softDelete, permanent"),
    # references
    (model(spec="{version: {environment: {ref: py}}}"),
     "4:37 unknown-reference spec.version.environment.ref", "ExecutionEnvironment/py"),
    (model(spec="{copyOf: {ref: chrun}}"), "4:22 unknown-reference spec.copyOf.ref",
     "mean 'churn'"),
    (model(more="dependsOn: [CustomModel/chrun]"), "5:13 unknown-reference dependsOn[0]",
     "mean 'CustomModel/churn'"),
    (model(spec="{copyOf: {ref: churn}}"), "4:22 cycle spec.copyOf.ref",
     "CustomModel/churn -> CustomModel/churn"),
    # documents
    ("- a\n", "1:1 not-a-manifest", "not a mapping"),
    ("apiVersion: v1\nkind: Pod\n", "1:13 not-a-manifest apiVersion", "'v1'"),
    ("kind: CustomModel\n", "1:1 not-a-manifest apiVersion", "missing"),
    ("apiVersion: reconciler/v1\n", "1:1 unknown-kind kind", "missing key"),
    ("apiVersion: reconciler/v1\nkind: 1\n", "2:7 unknown-kind kind", "1"),
    ("apiVersion: reconciler/v1\nkind: Custommodel\n", "2:7 unknown-kind kind", "'CustomModel'"),
    (project(), "2:7 misplaced-project kind", "reconciler.yaml"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "words"), CASES, ids=[case[1] for case in CASES])
def test_one_wrong_thing(tmp_path: Path, text: str, place: str, words: str) -> None:
    found = problems(tmp_path, {"a.yaml": text})
    assert places(tmp_path, found) == [f"a.yaml:{place}"]
    assert words in found[0].message


def test_ignored_fields_are_those_that_a_manifest_can_do_without(tmp_path: Path) -> None:
    ignored = "[version.requiredMetadata, sharing.mode, version.files, classLabels, targetType]"
    loaded(tmp_path, {"a.yaml": model(more=f"lifecycle: {{ignoreChanges: {ignored}}}")})


def test_a_problem_knows_its_object(tmp_path: Path) -> None:
    assert problems(tmp_path, {"a.yaml": model(spec="{x: 1}")})[0].address == "CustomModel/churn"


def test_all_at_once_and_in_order(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "b.yaml": model("b", "{x: 1, version: {replicas: a, files: {root: gone}}}"),
            "a.yaml": model(
                "a", "{name: yes, targetType: binary, version: {environment: {ref: e}}}"
            ),
            "c/d.yml": "a: [\n",
            "reconciler.yaml": project("{polcy: {}}"),
        },
    )
    assert places(tmp_path, found) == [
        "a.yaml:4:14 ambiguous-boolean spec.name",
        "a.yaml:4:31 not-one-of spec.targetType",
        "b.yaml:4:8 unknown-key spec.x",
        "b.yaml:4:34 wrong-type spec.version.replicas",
        "b.yaml:4:51 no-such-file spec.version.files.root",
        "c/d.yml:2:1 yaml-syntax",
        "reconciler.yaml:4:8 unknown-key spec.polcy",
    ]


def test_a_name_in_what_could_not_be_read_is_not_missing(tmp_path: Path) -> None:
    user = model(spec="{version: {environment: {ref: py311}}}")
    broken = environment().replace("reconciler/v1", "reconciler/v2")
    found = problems(tmp_path, {"a.yaml": user, "b.yaml": broken})
    assert [each.code for each in found] == ["not-a-manifest"]
    found = problems(tmp_path, {"a.yaml": user, "b.yaml": "a: ["})
    assert [each.code for each in found] == ["yaml-syntax"]
    found = problems(tmp_path, {"a.yaml": user, "b.yaml": environment(spec="{x: 1}")})
    assert [each.code for each in found] == ["unknown-key"]


def test_one_name_twice_names_both_places(tmp_path: Path) -> None:
    found = problems(tmp_path, {"a.yaml": model(), "b.yaml": f"{model('x')}---\n{model()}"})
    assert places(tmp_path, found) == ["b.yaml:8:18 duplicate-name metadata.name"]
    assert "a.yaml:1:1" in found[0].message


def test_a_circle_is_printed(tmp_path: Path) -> None:
    files = {
        "a.yaml": model("a", more="dependsOn: [CustomModel/b]"),
        "b.yaml": model("b", "{copyOf: {ref: c}}"),
        "c.yaml": model("c", more="dependsOn: [ExecutionEnvironment/e, CustomModel/a]"),
        "e.yaml": environment("e"),
    }
    found = problems(tmp_path, files)
    assert places(tmp_path, found) == ["a.yaml:5:13 cycle dependsOn[0]"]
    circle = "CustomModel/a -> CustomModel/b -> CustomModel/c -> CustomModel/a"
    assert circle in found[0].message


def test_the_checks_of_a_kind_get_their_place(tmp_path: Path) -> None:
    def check(resource: Resource, scope: str) -> list[Problem]:
        paths = ("spec.name", "version.replicas", "metadata.name", "")
        return [Problem(f"check-{path}", scope, "hint", path=path) for path in paths]

    kinds = {
        **KINDS,
        "CustomModel": Kind("CustomModel", "p", KINDS["CustomModel"].spec, check=check),
    }
    text = model(spec="{name: x, version: {replicas: 1}}")
    found = problems(tmp_path, {"a.yaml": text}, kinds=kinds)
    assert places(tmp_path, found) == [
        "a.yaml:1:1 check-",
        "a.yaml:3:18 check-metadata.name metadata.name",
        "a.yaml:4:14 check-spec.name spec.name",
        "a.yaml:4:37 check-version.replicas spec.version.replicas",
    ]
    assert {(each.message, each.hint) for each in found} == {("default", "hint")}


def test_long_and_strange_values_are_cut_and_escaped(tmp_path: Path) -> None:
    text = model(spec='{targetType: "\\u202e' + "x" * 500 + '", "\\u200bkey": 1}')
    messages = " ".join(each.message for each in problems(tmp_path, {"a.yaml": text}))
    assert "\\u202e" in messages
    assert "\u202e" not in messages
    assert "\u200b" not in messages
    assert "x" * 100 not in messages
