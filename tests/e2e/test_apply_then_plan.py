"""Whatever the manifests: once applied there is nothing left to do, also in another clone.

Two properties, each on a fresh emulator per case: any set of manifests from nothing, and any set
edited into another one.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.e2e.strategies_edit import Edit, edits
from tests.scenarios.names import known_as
from tests.support.manifest_strategies import USERS, ManifestSet, manifest_sets
from tests.support.sandbox import Done, Stage, declare

SEEDS = st.integers(0, 2**32)
# Thousands of small folders come and go: where there is one, a disk in memory is kinder.
MEMORY = Path("/dev/shm")
# What is shown here does not hang on threads, and starting them takes longer than the work.
ALONE = ("--parallelism", "1")

# An edit takes two applies: half the usual number is worth the time.
HALF = settings(max_examples=settings().max_examples // 2)


@contextmanager
def stage() -> Iterator[Stage]:
    """A fresh emulator and an empty folder."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Stage(Path(folder), users=USERS)


def put(on: Stage, name: str, made: ManifestSet, seed: int | None = None) -> str:
    """Write the manifests into a folder of this name; a seed lays them out differently."""
    folder = on.folder / name
    folder.mkdir()
    declare(folder)
    made.write(folder, seed)
    return name


def applied(on: Stage, folder: str) -> Done:
    """An apply that must succeed, whatever it has to do; what has no manifest goes."""
    wishes = ("--auto-approve", "--prune", "--allow-mass-change", *ALONE)
    done = on.run("--project-dir", folder, "-q", "apply", *wishes)
    assert done.code == 0, done.out + done.err
    return done


def assert_nothing_to_do(on: Stage, folder: str) -> None:
    """The plan is empty and read-only."""
    done = on.run("--project-dir", folder, "plan", "--detailed-exitcode", *ALONE)
    assert done.code == 0, done.out + done.err
    assert done.writes == []


def addresses(made: ManifestSet) -> set[str]:
    """What the manifests call their objects."""
    return {f"{each['kind']}/{each['metadata']['name']}" for each in made.documents}


def owned(on: Stage) -> set[str]:
    """The addresses of all live objects that carry an owner."""
    state = on.control("GET", "state")
    living = [doc for doc in state.get("environments", ()) if not doc["deleted"]]
    pairs = [
        ("ExecutionEnvironment", doc) for doc in living if "[reconciler " in doc["description"]
    ]
    pairs += [("CustomModel", doc) for doc in state.get("models", ())]
    return {f"{kind}/{known_as(doc)}" for kind, doc in pairs}


def versions(on: Stage) -> Counter[str]:
    """How many versions each live model has, by the model's id."""
    return Counter(doc["parent"] for doc in on.control("GET", "state").get("modelVersions", ()))


def check_from_nothing(made: ManifestSet, seed: int) -> None:
    """Apply; then plan, here and in a shuffled copy."""
    with stage() as on:
        first = put(on, "first", made)
        applied(on, first)
        assert_nothing_to_do(on, first)
        assert_nothing_to_do(on, put(on, "second", made, seed))


def check_edit(edit: Edit, seed: int) -> None:
    """Apply one set, then the other: a version a model at most, and nothing left to do or over."""
    with stage() as on:
        applied(on, put(on, "before", edit.before))
        held = versions(on)
        after = put(on, "after", edit.after, seed)
        applied(on, after)
        made = versions(on) - held
        assert max(made.values(), default=0) <= 1, made
        assert_nothing_to_do(on, after)
        assert owned(on) == addresses(edit.after)


@given(manifest_sets(), SEEDS)
def test_after_an_apply_the_plan_is_empty_in_any_clone(made: ManifestSet, seed: int) -> None:
    check_from_nothing(made, seed)


@HALF
@given(edits(), SEEDS)
def test_an_edit_makes_one_version_at_most_and_then_the_plan_is_empty(
    edit: Edit, seed: int
) -> None:
    check_edit(edit, seed)
