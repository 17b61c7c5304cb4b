"""Make the customers, train the churn pipeline on them, and write what custom.py serves.

    python train.py             rewrites data/customers.csv and churn.joblib
    python train.py --into DIR  writes both there instead

The customers are made up, by the same random numbers each time; a real script would read them.
The same versions of scikit-learn, numpy and joblib write the same bytes.
"""

import argparse
import csv
import random
from math import exp
from pathlib import Path

import joblib
import pandas as pd
from custom import NUMBERS, WORDS
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).resolve().parent
CUSTOMERS, SEED = 600, 20_261
FEATURES = NUMBERS + WORDS
# How much longer contracts hold people back, as a summand of the odds' logarithm.
HOLD = {"monthly": 0.9, "one_year": -0.6, "two_year": -1.7}


def make_customers(path):
    """Write a table of customers who leave for reasons that a model can find."""
    dice = random.Random(SEED)
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*FEATURES, "churned"])
        for _ in range(CUSTOMERS):
            tenure = dice.randint(1, 72)
            charge = round(dice.uniform(15, 120), 2)
            calls = min(9, int(dice.expovariate(0.7)))
            contract = dice.choices(list(HOLD), weights=[5, 3, 2])[0]
            autopay = dice.choice(["yes", "no"])
            odds = HOLD[contract] - 0.045 * tenure + 0.016 * charge + 0.45 * calls - 0.9
            churned = "yes" if dice.random() < 1 / (1 + exp(-odds)) else "no"
            # One bill in twenty is missing, as in life.
            shown = "" if dice.random() < 0.05 else charge
            table.writerow([tenure, shown, calls, contract, autopay, churned])


def train(path):
    """The fitted pipeline and its area under the curve on rows it has not seen."""
    customers = pd.read_csv(path)
    rows, answers = customers[FEATURES], customers["churned"]
    pipeline = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
            (OneHotEncoder(handle_unknown="ignore"), WORDS),
        ),
        LogisticRegression(C=1.0, max_iter=1000),
    )
    seen, held, seen_answers, held_answers = train_test_split(
        rows, answers, test_size=0.25, random_state=SEED, stratify=answers
    )
    pipeline.fit(seen, seen_answers)
    leaves = pipeline.predict_proba(held)[:, list(pipeline.classes_).index("yes")]
    return pipeline, roc_auc_score(held_answers == "yes", leaves)


def main():
    """Data first, then the model, then how good it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=HERE)
    into = parser.parse_args().into
    (into / "data").mkdir(parents=True, exist_ok=True)
    make_customers(into / "data" / "customers.csv")
    pipeline, area = train(into / "data" / "customers.csv")
    joblib.dump(pipeline, into / "churn.joblib", compress=3)
    print(f"held-out AUC {area:.3f}")


if __name__ == "__main__":
    main()
