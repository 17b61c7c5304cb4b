"""The example models do what they say: hooks score the sample rows, training repeats itself."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import pandas as pd
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.load import load
from reconciler.providers.all import KINDS

EXAMPLES = Path(__file__).parents[2] / "examples" / "manifests"
MODELS = EXAMPLES / "models"
README = " ".join((EXAMPLES / "README.md").read_text().split())


def hooks(model: str) -> ModuleType:
    """The model's ``custom.py``, loaded as its runner does: from its path, under no package."""
    path = MODELS / model / "custom.py"
    spec = importlib.util.spec_from_file_location(f"custom_{model.replace('-', '_')}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def train(script: Path, into: Path) -> str:
    """Run a training script as a person would; its output."""
    command = [sys.executable, "-B", str(script), "--into", str(into)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def churn_scores(artefact_dir: Path) -> pd.DataFrame:
    custom = hooks("churn")
    rows = pd.read_csv(MODELS / "churn" / "data" / "customers.csv")
    model = custom.load_model(str(artefact_dir))
    scores: pd.DataFrame = custom.score(
        custom.transform(rows, model), model, positive_class_label="yes", negative_class_label="no"
    )
    return scores


def test_churn_scores_every_row_and_knows_who_left() -> None:
    scores = churn_scores(MODELS / "churn")
    answers = pd.read_csv(MODELS / "churn" / "data" / "customers.csv")["churned"]
    assert list(scores.columns) == ["yes", "no"]
    assert len(scores) == len(answers)
    assert (scores.sum(axis=1) - 1).abs().max() < 1e-9
    assert scores["yes"].between(0, 1).all()
    # The manifest's threshold, as a check that the artefact is the model it claims to be.
    assert ((scores["yes"] >= 0.4) == (answers == "yes")).mean() > 0.75


def test_churn_scores_a_row_with_missing_and_unknown_values() -> None:
    custom = hooks("churn")
    model = custom.load_model(str(MODELS / "churn"))
    rows = custom.transform(pd.DataFrame([{"tenure_months": 3, "contract": "weekly"}]), model)
    scores = custom.score(rows, model, positive_class_label="yes", negative_class_label="no")
    assert scores["yes"].between(0, 1).all()


def test_training_churn_again_gives_the_same_data_and_the_same_model(tmp_path: Path) -> None:
    assert train(MODELS / "churn" / "train.py", tmp_path) == "held-out AUC 0.852\n"
    assert "held-out AUC 0.852" in README
    data = Path("data", "customers.csv")
    assert (tmp_path / data).read_bytes() == (MODELS / "churn" / data).read_bytes()
    # By value, not by byte: another processor may round the last digit of a weight differently.
    pd.testing.assert_frame_equal(churn_scores(tmp_path), churn_scores(MODELS / "churn"), rtol=1e-6)


def test_churn_artefact_is_small_and_pinned_to_what_the_environment_installs() -> None:
    assert (MODELS / "churn" / "churn.joblib").stat().st_size < 100_000
    pinned = pins(EXAMPLES / "environments" / "py311-sklearn" / "requirements.txt")
    assert pinned["scikit-learn"] == sklearn.__version__
    assert pinned["joblib"] == joblib.__version__
    assert pins(MODELS / "churn" / "requirements.txt").items() <= pinned.items()


def pins(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if "==" in line)
    return dict(line.split("==", 1) for line in lines)


def test_claims_cost_scores_close_to_what_happened() -> None:
    custom = hooks("claims-cost")
    rows = pd.read_csv(MODELS / "claims-cost" / "training" / "policies.csv")
    scores = custom.score(rows, custom.load_model(str(MODELS / "claims-cost")))
    assert list(scores.columns) == ["Predictions"]
    assert (scores["Predictions"] - rows["cost"]).abs().mean() < 120


def test_training_claims_cost_again_gives_the_same_files(tmp_path: Path) -> None:
    output = train(MODELS / "claims-cost" / "training" / "train.py", tmp_path)
    assert output == "held-out mean error 105 EUR; always saying the mean: 374 EUR\n"
    assert "held-out mean error 105 EUR, against 374 for" in README
    for file in ("forest.json", "training/policies.csv"):
        assert (tmp_path / file).read_bytes() == (MODELS / "claims-cost" / file).read_bytes()


numbers = st.none() | st.floats() | st.integers(-(10**6), 10**6)


@given(st.dictionaries(st.sampled_from(["driver_age", "annual_km", "city", "colour"]), numbers))
def test_claims_cost_is_never_negative_and_never_fails(row: dict[str, Any]) -> None:
    custom = hooks("claims-cost")
    assert custom.cost(FOREST, row) >= 0


FOREST = json.loads((MODELS / "claims-cost" / "forest.json").read_text())


def redactor() -> tuple[ModuleType, Any]:
    custom = hooks("notes-redactor")
    return custom, custom.load_model(str(MODELS / "notes-redactor"))


def test_redactor_takes_out_personal_data_and_nothing_else() -> None:
    custom, rules = redactor()
    samples = MODELS / "notes-redactor" / "samples"
    note = (samples / "note.txt").read_text()
    wanted = (samples / "note.redacted.txt").read_text()
    answer = (wanted, {"mimetype": "text/plain", "charset": "utf-8"})
    assert custom.score_unstructured(rules, note, None) == answer
    assert custom.score_unstructured(rules, note.encode(), {}, charset="utf-8") == answer
    counts, headers = custom.score_unstructured(rules, note, {"counts": "true"})
    assert json.loads(counts) == {"EMAIL": 2, "IBAN": 1, "CARD": 1, "PHONE": 1}
    assert headers["mimetype"] == "application/json"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("a.b+c@x-y.example.org.", "[EMAIL]."),
        ("GB82 WEST 1234 5698 7654 32", "[IBAN]"),
        ("GB82 WEST 1234 5698 7654 33", "GB82 WEST 1234 5698 7654 33"),
        ("5500-0000-0000-0004", "[CARD]"),
        ("5500-0000-0000-0005", "5500-0000-0000-0005"),
        ("(0170) 123 45 67", "[PHONE]"),
        ("0170 123 45 67", "[PHONE]"),
        ("at 10:30 on 2026-11-03, 1200 units", "at 10:30 on 2026-11-03, 1200 units"),
    ],
)
def test_redactor_case_by_case(text: str, redacted: str) -> None:
    custom, rules = redactor()
    assert custom.redact(rules, text)[0] == redacted


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    custom, rules = REDACTOR
    once, _ = custom.redact(rules, text)
    assert custom.redact(rules, once)[0] == once


REDACTOR = redactor()


# --- the manifests ---------------------------------------------------------------------------


def names(target: str | None) -> dict[str, str]:
    """Display name by address, of the whole project for this target."""
    resources = load([EXAMPLES], EXAMPLES, KINDS, target=target).graph.resources
    return {str(address): resource.display_name for address, resource in resources.items()}


def test_each_target_loads_and_no_two_of_them_share_a_name() -> None:
    each = [names(target) for target in (None, "staging", "prod")]
    assert [len(found) for found in each] == [5, 5, 5]
    assert len({name for found in each for name in found.values()}) == 15
    assert each[2]["CustomModel/churn"] == "Churn"


def test_only_what_the_platform_needs_is_uploaded() -> None:
    resources = load([EXAMPLES], EXAMPLES, KINDS).graph.resources
    uploaded = {
        str(address): [entry.path for files in resource.files.values() for entry in files.entries]
        for address, resource in resources.items()
    }
    context = ["Dockerfile", "requirements.txt", "start_server.sh"]
    assert uploaded == {
        "CustomModel/churn": ["churn.joblib", "custom.py", "requirements.txt"],
        "CustomModel/claims-cost": ["custom.py", "forest.json"],
        "CustomModel/notes-redactor": ["custom.py", "rules.json"],
        "ExecutionEnvironment/py311-plain": context,
        "ExecutionEnvironment/py311-sklearn": context,
    }


def test_every_exact_list_keeps_the_user_who_runs() -> None:
    for resource in load([EXAMPLES], EXAMPLES, KINDS).graph.resources.values():
        sharing = resource.spec.get("sharing", {})
        if sharing.get("mode") == "exact":
            owners = {each["username"] for each in sharing["users"] if each["role"] == "OWNER"}
            assert "owner@example.com" in owners
