"""Make the policies, boost small trees on them, and write the forest that custom.py serves.

    python training/train.py             rewrites training/policies.csv and forest.json
    python training/train.py --into DIR  writes both there instead

Standard library only. The policies are made up, by the same random numbers each time.
"""

import argparse
import csv
import json
import random
from pathlib import Path
from statistics import fmean

HERE = Path(__file__).resolve().parent
POLICIES, SEED = 500, 4_711
FEATURES = ["driver_age", "vehicle_age", "annual_km", "previous_claims", "city"]
TREES, DEPTH, RATE, SMALLEST_LEAF = 40, 3, 0.2, 15


def make_policies(path):
    """Write a table of policies whose cost follows from them, with some luck mixed in."""
    dice = random.Random(SEED)
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*FEATURES, "cost"])
        for _ in range(POLICIES):
            age, vehicle = dice.randint(18, 85), dice.randint(0, 20)
            km = dice.randrange(3_000, 40_000, 500)
            claims = dice.choices([0, 1, 2, 3], weights=[60, 25, 10, 5])[0]
            city = dice.choice([0, 1])
            worry = 900 if age < 25 else 350 if age > 72 else 0
            base = 150 + worry + 0.014 * km * (1.3 if city else 1) + 260 * claims - 9 * vehicle
            table.writerow(
                [age, vehicle, km, claims, city, round(base * dice.uniform(0.8, 1.25), 2)]
            )


def read_policies(path):
    """Rows of numbers, keyed by the name of the column."""
    with open(path, newline="") as file:
        return [{key: float(text) for key, text in row.items()} for row in csv.DictReader(file)]


def boost(rows):
    """Trees that each learn what the ones before them left unexplained."""
    start = fmean(row["cost"] for row in rows)
    left = [row["cost"] - start for row in rows]
    trees = []
    for _ in range(TREES):
        tree = grow(rows, left, DEPTH)
        left = [rest - leaf(tree, row) for rest, row in zip(left, rows, strict=True)]
        trees.append(tree)
    return {"start": round(start, 2), "trees": trees}


def grow(rows, left, depth):
    """The tree of this depth that explains most of what is left; a leaf is a number."""
    split = best_split(rows, left) if depth else None
    if not split:
        return round(RATE * fmean(left), 2)
    feature, bound = split
    sides = {True: ([], []), False: ([], [])}
    for row, rest in zip(rows, left, strict=True):
        side = sides[row[feature] < bound]
        side[0].append(row)
        side[1].append(rest)
    then, other = (grow(*sides[low], depth - 1) for low in (True, False))
    return {"feature": feature, "below": bound, "then": then, "else": other}


def best_split(rows, left):
    """The feature and bound that tell large rests from small ones best, or None."""
    found, best = None, 0.0
    for feature in FEATURES:
        for bound in bounds(sorted({row[feature] for row in rows})):
            low = [rest for row, rest in zip(rows, left, strict=True) if row[feature] < bound]
            high = len(left) - len(low)
            if min(len(low), high) < SMALLEST_LEAF:
                continue
            below, above = sum(low), sum(left) - sum(low)
            gain = below**2 / len(low) + above**2 / high - sum(left) ** 2 / len(left)
            if gain > best + 1e-6:
                found, best = (feature, bound), gain
    return found


def bounds(values):
    """At most ten places to split at, between neighbours."""
    step = max(1, len(values) // 10)
    return [
        (one + other) / 2 for one, other in zip(values[:-1:step], values[1::step], strict=False)
    ]


def leaf(tree, row):
    """Where the row ends up."""
    while isinstance(tree, dict):
        tree = tree["then"] if row[tree["feature"]] < tree["below"] else tree["else"]
    return tree


def write_forest(forest, path):
    """JSON with one tree a line, so that a diff says which trees changed."""
    trees = ",\n".join(json.dumps(tree) for tree in forest["trees"])
    path.write_text(f'{{"start": {forest["start"]}, "trees": [\n{trees}\n]}}\n')


def main():
    """Data first, then the forest on three quarters of it, then how good that is on the rest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=HERE.parent)
    into = parser.parse_args().into
    (into / "training").mkdir(parents=True, exist_ok=True)
    make_policies(into / "training" / "policies.csv")
    rows = read_policies(into / "training" / "policies.csv")
    seen, held = rows[: POLICIES * 3 // 4], rows[POLICIES * 3 // 4 :]
    forest = boost(seen)
    write_forest(forest, into / "forest.json")
    plain = fmean(abs(row["cost"] - forest["start"]) for row in held)
    trees = forest["trees"]
    error = fmean(
        abs(row["cost"] - forest["start"] - sum(leaf(tree, row) for tree in trees)) for row in held
    )
    print(f"held-out mean error {error:.0f} EUR; always saying the mean: {plain:.0f} EUR")


if __name__ == "__main__":
    main()
