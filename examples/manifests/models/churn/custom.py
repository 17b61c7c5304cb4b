"""Hooks that DRUM calls to serve the churn model."""

from pathlib import Path

import joblib
import pandas as pd

NUMBERS = ["tenure_months", "monthly_charge", "support_calls"]
WORDS = ["contract", "autopay"]


def load_model(code_dir):
    """The trained pipeline; called once, when a replica starts."""
    return joblib.load(Path(code_dir) / "churn.joblib")


def transform(data, model):
    """The pipeline's own columns and types, whatever the request left out or spelled otherwise."""
    data = data.reindex(columns=NUMBERS + WORDS)
    data[NUMBERS] = data[NUMBERS].apply(pd.to_numeric, errors="coerce")
    # The encoder takes a word it has not seen as "none of those", but no missing one.
    data[WORDS] = data[WORDS].astype(object).fillna("unknown")
    return data


def score(data, model, positive_class_label, negative_class_label, **kwargs):
    """One row in, one row out: the probability of each class."""
    leaves = model.predict_proba(data)[:, list(model.classes_).index(positive_class_label)]
    return pd.DataFrame({positive_class_label: leaves, negative_class_label: 1 - leaves})
