"""The example repository: applied, every target of it settles, beside the others in one account."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.sandbox import Stage

EXAMPLES = Path(__file__).parents[2] / "examples" / "manifests"
TARGETS = ((), ("--target", "staging"), ("--target", "prod"))
CUSTOMERS = EXAMPLES / "models" / "churn" / "data" / "customers.csv"
USERS = ("ann@example.com", "ben@example.com")


def staged(folder: Path) -> Stage:
    """A fresh account that knows the users and, as its first dataset, the customers."""
    on = Stage(folder, users=USERS)
    project = (EXAMPLES / "reconciler.yaml").read_text()
    assert f"customers: {on.upload(CUSTOMERS)}\n" in project
    return on


def checkout(on: Stage, name: str, when: int) -> str:
    """A copy of the examples, as a clone of that time would have them."""
    shutil.copytree(EXAMPLES, on.folder / name, copy_function=shutil.copyfile)
    for path in (on.folder / name).rglob("*"):
        os.utime(path, (when, when))
    return name


@pytest.mark.parametrize("target", TARGETS, ids=["trial", "staging", "prod"])
def test_a_target_settles_also_in_a_second_clone(tmp_path: Path, target: tuple[str, ...]) -> None:
    on = staged(tmp_path)
    first, second = checkout(on, "first", 1_000_000_000), checkout(on, "second", 1_700_000_000)
    done = on.run("--project-dir", first, "apply", "--auto-approve", *target)
    assert done.code == 0, done.out
    assert done.writes
    for folder in (first, second):
        for command in (("plan", "--detailed-exitcode"), ("drift",)):
            done = on.run("--project-dir", folder, *command, *target)
            assert (done.code, done.writes) == (0, []), done.out


def test_all_targets_live_in_one_account(tmp_path: Path) -> None:
    on = staged(tmp_path)
    folder = checkout(on, "clone", 1_000_000_000)
    for target in TARGETS:
        done = on.run("--project-dir", folder, "apply", "--auto-approve", *target)
        assert done.code == 0, done.out
    for target in TARGETS:
        done = on.run("--project-dir", folder, "plan", "--detailed-exitcode", *target)
        assert done.code == 0, done.out
    owners = sorted(model["userProvidedId"] for model in on.control("GET", "state")["models"])
    names = ("churn", "claims-cost", "notes-redactor")
    scopes = ("fraud", "fraud/prod", "fraud/staging")
    assert owners == sorted(f"{scope}/{name}" for scope in scopes for name in names)


def test_an_environment_that_models_lean_on_is_protected(tmp_path: Path) -> None:
    on = Stage(tmp_path, users=USERS)
    folder = checkout(on, "clone", 1_000_000_000)
    on.run("--project-dir", folder, "apply", "--auto-approve")
    for name in ("environments/py311-sklearn.yaml", "models/churn.yaml"):
        (tmp_path / folder / name).unlink()
    done = on.run("--project-dir", folder, "plan")
    assert (done.code, done.writes) == (3, []), done.out
    assert "py311-sklearn" in done.out
