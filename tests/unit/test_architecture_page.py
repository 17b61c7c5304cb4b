"""The pages about the architecture name what exists, and all floors.

Cases: paths in docs/architecture.md, floors of the import contract on both pages, file names of the
roles of a family.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "reconciler"
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]["contracts"]
ROLES = ("spec", "kind", "operations", "responses", "client", "facts", "provider")
FAMILIES = ("batch_inference", "custom_models", "model_registry", "model_runs")


def floors() -> set[str]:
    """Every module of the contract about floors."""
    (layers,) = (each["layers"] for each in CONTRACTS if each.get("containers") == ["reconciler"])
    return {name.strip() for layer in layers for name in layer.split("|")}


def named() -> set[str]:
    """Paths between backticks: with a slash, or of a module of Python."""
    spans = re.findall(r"`([a-z_]+(?:/[a-z_]*)*(?:\.py)?)`", PAGE)
    return {span for span in spans if "/" in span or span.endswith(".py")}


def test_every_path_of_the_page_exists() -> None:
    # The roles are file names of every family, and api.py is one of every emulated API.
    roles = {f"{role}.py" for role in (*ROLES, "matching", "api")}
    known = [path for path in named() if (PRODUCT / path).exists() or (ROOT / path).exists()]
    assert named() - roles - set(known) == set()


def test_the_page_tells_of_every_floor() -> None:
    told = {path.rstrip("/").removesuffix(".py") for path in named()}
    assert floors() - {"__main__"} <= told


def test_the_table_of_floors_has_every_floor() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", CONTRIBUTING, re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert floors() - {"__main__"} <= told


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_roles_have_the_same_file_names(family: str) -> None:
    names = {path.stem for path in (PRODUCT / "providers" / family).rglob("*.py")}
    assert names >= set(ROLES)


@pytest.mark.parametrize("page", ["README.md", ".github/CONTRIBUTING.md"])
def test_the_page_is_linked(page: str) -> None:
    assert "docs/architecture.md" in (ROOT / page).read_text(encoding="utf-8")
