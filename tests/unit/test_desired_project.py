"""The Project document: scope, variables, targets, patches, settings and what may be secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.resource import Address
from reconciler.desired.load import load
from reconciler.desired.merge_patch import decides, merge
from reconciler.errors import ManifestError
from reconciler.providers.all import KINDS as REAL_KINDS
from tests.support.manifests_on_disk import (
    KINDS,
    environment,
    loaded,
    model,
    places,
    problems,
    project,
    put,
)

CHURN = Address("CustomModel", "churn")


# --- scope and policy ------------------------------------------------------------------------


def test_without_a_project_document(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"a.yaml": model()})
    assert (made.project.scope, made.project.name, made.project.target) == (
        "default",
        "default",
        None,
    )
    assert made.project.policy.max_delete_percent == 30
    assert made.whole


def test_scope_is_the_name_and_the_target(tmp_path: Path) -> None:
    files = {"reconciler.yaml": project("{targets: {prod: {}, dev: {}}}")}
    assert loaded(tmp_path, files).project.scope == "fraud"
    made = loaded(tmp_path, files, target="prod").project
    assert (made.scope, made.targets) == ("fraud/prod", ("dev", "prod"))


def test_a_target_changes_the_policy_in_part(tmp_path: Path) -> None:
    text = (
        "{policy: {prune: true, maxDeletePercent: 10}, targets: {prod: {policy: {prune: false}}}}"
    )
    policy = loaded(tmp_path, {"reconciler.yaml": project(text)}, target="prod").project.policy
    assert (policy.prune, policy.max_delete_percent, policy.max_change_percent) == (False, 10, 100)


def test_scope_and_policy_are_part_of_the_digest(tmp_path: Path) -> None:
    texts = ["{}", "{policy: {prune: true}}", "{targets: {prod: {}}}"]
    digests = {
        loaded(tmp_path / str(number), {"reconciler.yaml": project(text)}).digest
        for number, text in enumerate(texts)
    }
    assert len(digests) == 2
    prod = loaded(tmp_path / "2", {}, target="prod").digest
    assert prod not in digests


@pytest.mark.parametrize("files", [{}, {"reconciler.yaml": project("{targets: {prod: {}}}")}])
def test_an_unknown_target(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    (found,) = problems(tmp_path, files, target="prdo")
    assert found.code == "unknown-target"
    assert ("'prod'" in found.message) == bool(files)
    assert found.hint == f"Targets of this project: {'prod' if files else 'none'}."


def test_a_target_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    found = problems(tmp_path, {"reconciler.yaml": "a: ["}, target="prod")
    assert [each.code for each in found] == ["yaml-syntax"]


def test_the_document_may_stand_beside_others_in_its_file(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"reconciler.yaml": f"{model()}---\n{project()}"})
    assert (made.project.scope, len(made.graph)) == ("fraud", 1)


def test_two_documents(tmp_path: Path) -> None:
    found = problems(tmp_path, {"reconciler.yaml": f"{project()}---\n{project()}"})
    assert places(tmp_path, found) == ["reconciler.yaml:7:7 two-projects kind"]


PROJECT_CASES = [
    ("{polcy: {}}", "4:8 unknown-key spec.polcy", "'policy'"),
    ("{policy: {prune: 1}}", "4:24 wrong-type spec.policy.prune", "true or false"),
    ("{policy: {maxDeletePercent: 101}}", "4:35 invalid-value spec.policy.maxDeletePercent", "100"),
    ("{variables: {a: [1]}}", "4:23 invalid-value spec.variables.a", "a text, a number"),
    ("{variables: {a: null}}", "4:23 not-null spec.variables.a", "not be null"),
    ("{variables: {a: '${var.b}'}}", "4:23 invalid-value spec.variables.a", "made of others"),
    ("{variables: {a: '${env.B}'}}", "4:23 invalid-value spec.variables.a", "environment"),
    ("{variables: {a-b: c}}", "4:20 invalid-name spec.variables.a-b", "letters"),
    ("{exclude: [a, '!']}", "4:21 invalid-value spec.exclude[1]", "gitignore"),
    ("{targets: {Prod: {}}}", "4:18 invalid-name spec.targets.Prod", "lower-case"),
    ("{targets: {prod: {variable: {}}}}", "4:25 unknown-key spec.targets.prod.variable",
     "'variables'"),
    ("{providers: {custom_model: {}}}", "4:20 unknown-provider spec.providers.custom_model",
     "'custom_models'"),
    ("{providers: {custom_models: {timeout: 3}}}",
     "4:45 wrong-type spec.providers.custom_models.timeout", "a text"),
    ("{providers: {custom_models: {token: abc}}}",
     "4:43 secret-in-file spec.providers.custom_models.token", "may not stand"),
    ("{providers: {custom_models: {apiKey: 'x${env.A}'}}}",
     "4:44 secret-in-file spec.providers.custom_models.apiKey", "may not stand"),
    ("{targets: {p: {providers: {custom_models: {token: abc, endpoint: x}}}}}",
     "4:57 secret-in-file spec.targets.p.providers.custom_models.token", "may not stand"),
    ("{providers: {custom_models: {endpiont: x}}}",
     "4:36 unknown-setting spec.providers.custom_models.endpiont", "did you mean 'endpoint'"),
    ("{providers: {custom_models: {cabundle: x}}}",
     "4:36 unknown-setting spec.providers.custom_models.cabundle", "did you mean 'caBundle'"),
    ("{targets: {p: {providers: {custom_models: {endpiont: x}}}}}",
     "4:50 unknown-setting spec.targets.p.providers.custom_models.endpiont", "'endpoint'"),
    ("{targets: {p: {providers: {custom_models: {token: '${env.T}'}}}}}",
     "4:34 incomplete-settings spec.targets.p.providers.custom_models", "but not endpoint"),
    ("{targets: {p: {providers: {custom_models: {endpoint: 'https://x/api/v2'}}}}}",
     "4:34 incomplete-settings spec.targets.p.providers.custom_models", "but not token"),
    ("{providers: {custom_models: {endpoint: 'https://x/${env.T}'}}}",
     "4:46 variable-in-endpoint spec.providers.custom_models.endpoint", "the whole endpoint"),
    ("{providers: {custom_models: {endpoint: '${env.T}${env.U}'}}}",
     "4:46 variable-in-endpoint spec.providers.custom_models.endpoint", "the whole endpoint"),
    ("{targets: {p: {providers: {custom_models: {endpoint: '${env.T}/v1', token: '${env.U}'}}}}}",
     "4:60 variable-in-endpoint spec.targets.p.providers.custom_models.endpoint", "the whole"),
    ("{providers: {custom_models: {endpoint: '${var.a}'}}}",
     "4:46 unknown-variable spec.providers.custom_models.endpoint", "'a'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "place", "words"), PROJECT_CASES, ids=[c[1] for c in PROJECT_CASES]
)
def test_one_wrong_thing(tmp_path: Path, spec: str, place: str, words: str) -> None:
    found = problems(tmp_path, {"reconciler.yaml": project(spec)})
    assert places(tmp_path, found) == [f"reconciler.yaml:{place}"]
    assert words in found[0].message


def test_a_bad_name(tmp_path: Path) -> None:
    found = problems(tmp_path, {"reconciler.yaml": project(name="Fraud")})
    assert places(tmp_path, found) == ["reconciler.yaml:3:18 invalid-name metadata.name"]


def test_a_faulty_project_still_serves_to_check_the_manifests(tmp_path: Path) -> None:
    spec = "{x: 1, exclude: [drafts/, 3], variables: {n: 2}, targets: {p: {variables: {m: a}}}}"
    files: dict[str, str | bytes] = {
        "reconciler.yaml": project(spec),
        "drafts/x.yaml": "a: [",
        "a.yaml": model(spec="{name: '${var.m}', version: {replicas: '${var.n}', z: 1}}"),
    }
    found = problems(tmp_path, files, target="p")
    assert [each.path for each in found] == ["spec.version.z", "spec.x", "spec.exclude[1]"]
    broken = project("{variables: 3, exclude: ['!']}")
    found = problems(tmp_path, {**files, "reconciler.yaml": broken}, target="p")
    assert "drafts/x.yaml" in {each.file.removeprefix(f"{tmp_path}/") for each in found}


# --- variables -------------------------------------------------------------------------------

VARIABLES = """{variables: {tier: premium, n: 2, f: 0.25, on_: true, zero: 0, price: $5},
  targets: {prod: {variables: {tier: gold, n: 4}}}}"""


def spec_with(tmp_path: Path, spec: str, target: str | None = None) -> dict[str, object]:
    files = {"reconciler.yaml": project(VARIABLES), "a.yaml": model(spec=spec)}
    return dict(loaded(tmp_path, files, target).graph.resources[CHURN].spec)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${var.tier}", "premium"),
        ("a ${var.tier} b${var.tier}", "a premium bpremium"),
        ("n is ${var.n}, ${var.on_}, ${var.zero}", "n is 2, true, 0"),
        ("$${var.tier}", "${var.tier}"),
        ("$$${var.n}", "$${var.n}"),
        ("$", "$"),
        ("$var.tier", "$var.tier"),
        ("${var.price}${var.n}", "$52"),
    ],
)
def test_variables_in_texts(tmp_path: Path, text: str, expected: str) -> None:
    assert spec_with(tmp_path, f"{{description: '{text}'}}") == {"description": expected}


def test_a_whole_variable_keeps_its_type(tmp_path: Path) -> None:
    spec = "{predictionThreshold: '${var.f}', version: {replicas: '${var.n}'}}"
    assert spec_with(tmp_path, spec) == {"predictionThreshold": 0.25, "version": {"replicas": 2}}


def test_a_target_overrides_variables(tmp_path: Path) -> None:
    assert spec_with(tmp_path, "{name: '${var.tier}'}", "prod") == {"name": "gold"}


def test_variables_in_lists_names_and_references(tmp_path: Path) -> None:
    files = {
        "reconciler.yaml": project("{variables: {e: py311}}"),
        "e.yaml": environment("'${var.e}'"),
        "m.yaml": model(
            spec="{classLabels: [a, '${var.e}'], version: {environment: {ref: '${var.e}'}}}",
            more="dependsOn: ['ExecutionEnvironment/${var.e}']",
        ),
    }
    made = loaded(tmp_path, files).graph.resources[CHURN]
    assert made.spec["classLabels"] == ["a", "py311"]
    assert made.depends_on == (Address("ExecutionEnvironment", "py311"),)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("${var.teir}", "unknown-variable", "'tier'"),
        ("${var.}", "unknown-variable", "''"),
        ("${var.tier", "unknown-placeholder", "${var.tier"),
        ("${tier}", "unknown-placeholder", "'${tier}'"),
        ("${env.HOME}", "environment-in-manifest", "${env.HOME}"),
        ("a ${env.HOME}", "environment-in-manifest", "${env.HOME}"),
        ("${env.}", "unknown-placeholder", "${env.}"),
        ("a ${var.f}", "variable-type", "fraction"),
    ],
)
def test_placeholders_that_are_refused(tmp_path: Path, text: str, code: str, words: str) -> None:
    files = {
        "reconciler.yaml": project(VARIABLES),
        "a.yaml": model(spec=f"{{name: x, description: '{text}'}}"),
    }
    found = problems(tmp_path, files)
    assert places(tmp_path, found) == [f"a.yaml:4:30 {code} spec.description"]
    assert words in found[0].message


# --- provider settings -----------------------------------------------------------------------

SETTINGS = """{variables: {host: example.com}, providers: {custom_models:
  {endpoint: '${env.URL}', token: '${env.TOKEN}', caBundle: "${var.host}/$${x}"}},
  targets: {prod: {providers: {custom_models:
    {endpoint: 'https://${var.host}/api/v2', token: '${env.PROD_TOKEN}'}}}}}"""


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    put(tmp_path, {"reconciler.yaml": project(SETTINGS)})
    env = {"URL": "https://dev.test/api/v2", "TOKEN": "s3cret", "PROD_TOKEN": "pr0d"}
    made = load([], tmp_path, KINDS, env=env).project
    assert made.providers["custom_models"] == {
        "endpoint": "https://dev.test/api/v2",
        "token": "s3cret",
        "caBundle": "example.com/${x}",
    }
    assert "s3cret" not in repr(made)
    assert made.missing == {}
    prod = load([], tmp_path, KINDS, env=env, target="prod").project
    assert prod.providers["custom_models"]["token"] == "pr0d"
    assert prod.providers["custom_models"]["endpoint"] == "https://example.com/api/v2"


def test_a_token_of_another_name_replaces_that_of_the_project(tmp_path: Path) -> None:
    """Otherwise the token of one platform is sent to the endpoint of the other."""
    spec = """{providers: {model_runs: {endpoint: 'https://dev.test', token: '${env.A}'}},
      targets: {prod: {providers:
        {model_runs: {endpoint: 'https://prod.test', apiKey: '${env.B}'}}}}}"""
    put(tmp_path, {"reconciler.yaml": project(spec)})
    loaded = load(
        [], tmp_path, REAL_KINDS, env={"A": "first", "B": "second"}, target="prod"
    ).project
    assert loaded.providers["model_runs"] == {"endpoint": "https://prod.test", "apiKey": "second"}


@pytest.mark.parametrize("env", [{}, {"URL": "", "TOKEN": ""}])
def test_what_the_environment_lacks_is_remembered(tmp_path: Path, env: dict[str, str]) -> None:
    put(tmp_path, {"reconciler.yaml": project(SETTINGS)})
    made = load([], tmp_path, KINDS, env=env).project
    assert made.providers == {"custom_models": {"caBundle": "example.com/${x}"}}
    assert made.missing == {"custom_models": {"endpoint": "URL", "token": "TOKEN"}}


def test_a_value_of_the_environment_is_not_searched_again(tmp_path: Path) -> None:
    put(tmp_path, {"reconciler.yaml": project(SETTINGS)})
    env = {"URL": "${env.TOKEN}", "TOKEN": "${var.host}"}
    settings = load([], tmp_path, KINDS, env=env).project.providers["custom_models"]
    assert settings["endpoint"] == "${env.TOKEN}"
    assert settings["token"] == "${var.host}"


# --- patches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        # The examples of RFC 7386, appendix A, as far as YAML mappings can say them.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge(target: object, patch: object, expected: object) -> None:
    assert merge(target, patch) == expected


def test_which_patch_decides() -> None:
    patch = {"a": {"b": 1, "gone": None}, "list": [1]}
    assert decides(patch, ("a", "b"))
    assert decides(patch, ("a", "gone"))
    assert decides(patch, ("list", 3, "x"))
    assert not decides(patch, ("a", "other"))
    assert not decides(patch, ("a",))
    assert not decides(patch, ("z",))


PATCHES = """
  variables: {n: 4}
  targets:
    prod:
      patches:
        - {kind: CustomModel, name: churn, spec: {version: {replicas: "${var.n}"}, name: null}}
        - {kind: CustomModel, name: churn, spec: {description: second}}
"""


def test_patches_are_merged_in_order(tmp_path: Path) -> None:
    text = model(spec="{name: Churn, description: a, version: {replicas: 1, requiresHa: true}}")
    files = {"reconciler.yaml": project(PATCHES), "a.yaml": text}
    plain = loaded(tmp_path, files).graph.resources[CHURN].spec
    assert plain["version"]["replicas"] == 1
    spec = loaded(tmp_path, files, "prod").graph.resources[CHURN].spec
    assert spec == {"description": "second", "version": {"replicas": 4, "requiresHa": True}}


def test_what_a_patch_breaks_is_shown_at_the_patch(tmp_path: Path) -> None:
    spec = """
  targets:
    prod:
      patches:
        - {kind: CustomModel, name: churn, spec: {version: {replicas: four, files: {root: gone}}}}
        - {kind: CustomModel, name: churn, spec: {nmae: x, description: "${var.x}"}}
"""
    files = {"reconciler.yaml": project(spec), "a.yaml": model(spec="{targetType: binary}")}
    found = problems(tmp_path, files, "prod")
    assert places(tmp_path, found) == [
        "a.yaml:4:20 not-one-of spec.targetType",
        "reconciler.yaml:8:71 wrong-type spec.version.replicas",
        "reconciler.yaml:8:91 no-such-file spec.version.files.root",
        "reconciler.yaml:9:51 unknown-key spec.nmae",
        "reconciler.yaml:9:73 unknown-variable spec.targets.prod.patches[1].spec.description",
    ]
    assert found[1].address == "CustomModel/churn"


def test_patches_of_nothing(tmp_path: Path) -> None:
    spec = """
  targets:
    prod:
      patches:
        - {kind: CustomModel, name: chrun, spec: {}}
        - {kind: Model, name: churn, spec: {}}
    other: {patches: [{kind: CustomModel, name: not-looked-at, spec: {}}]}
"""
    put(tmp_path, {"reconciler.yaml": project(spec), "a.yaml": model(), "b.yaml": model("b")})
    found = problems(tmp_path, {}, "prod")
    assert places(tmp_path, found) == [
        "reconciler.yaml:8:37 unknown-reference spec.targets.prod.patches[0].name",
        "reconciler.yaml:9:18 unknown-kind spec.targets.prod.patches[1].kind",
    ]
    assert "'CustomModel/churn'" in found[0].message
    assert "'CustomModel'" in found[1].message
    # Part of the project only: what a patch is for may lie elsewhere.
    spec = "{targets: {prod: {patches: [{kind: CustomModel, name: churn, spec: {}}]}}}"
    put(tmp_path, {"reconciler.yaml": project(spec)})
    part = load([tmp_path / "b.yaml"], tmp_path, KINDS, target="prod")
    assert (part.whole, len(part.graph)) == (False, 1)


def test_a_patch_of_a_manifest_without_a_spec(tmp_path: Path) -> None:
    spec = "{targets: {p: {patches: [{kind: CustomModel, name: churn, spec: {name: x}}]}}}"
    text = model().replace("spec: {}\n", "")
    with pytest.raises(ManifestError):
        loaded(tmp_path, {"reconciler.yaml": project(spec), "a.yaml": text})
    assert loaded(tmp_path, {}, "p").graph.resources[CHURN].spec == {"name": "x"}
