"""Hooks that DRUM calls to serve the claims model: a forest that is read from JSON and walked."""

import json
from pathlib import Path

import pandas as pd


def load_model(code_dir):
    """The forest; called once, when a replica starts."""
    return json.loads(Path(code_dir, "forest.json").read_text())


def score(data, model, **kwargs):
    """One row in, one row out: the expected cost in EUR, in the column that DRUM asks for."""
    rows = data.to_dict("records")
    return pd.DataFrame({"Predictions": [cost(model, row) for row in rows]})


def cost(forest, row):
    """The forest's answer for one row (a mapping), never below zero."""
    return max(0.0, forest["start"] + sum(leaf(tree, row) for tree in forest["trees"]))


def leaf(tree, row):
    """Where the row ends up; a missing value is never below a bound, so it goes the other way."""
    while isinstance(tree, dict):
        value = row.get(tree["feature"])
        tree = tree["then"] if value is not None and value < tree["below"] else tree["else"]
    return tree
