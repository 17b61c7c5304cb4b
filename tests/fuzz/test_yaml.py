"""Whatever bytes a manifest or a project file holds: a desired state, or problems with a place.

Never a traceback, never more than ten seconds or 500 MB.
"""

from __future__ import annotations

import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.main import error_lines
from reconciler.desired.load import load
from reconciler.errors import ManifestError, ReconcilerError
from reconciler.providers.all import KINDS
from tests.fuzz.yaml_mutations import document

SECONDS, MEGABYTES = 10.0, 500
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A project with a folder of files that manifests may name."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        for name in ("model", "py311", "docker", "churn"):
            (Path(place) / name).mkdir()
            (Path(place) / name / "custom.py").write_text("x\n")
        yield Path(place)


def outcome(folder: Path, data: bytes, name: str) -> str:
    """How loading ends with this file in the project; fails on anything that is no outcome."""
    path = folder / name
    path.write_bytes(data)
    start = time.monotonic()
    try:
        load([], folder, KINDS, env={"HOME": "x"})
        told = "loaded"
    except ManifestError as error:
        told = error.problems[0].code
        check_lines(error)
    except ReconcilerError as error:
        told = type(error).__name__
    finally:
        path.unlink()
    took = time.monotonic() - start
    assert took < SECONDS, f"{took:.1f} s"
    return told


def check_lines(error: ManifestError) -> None:
    """What is printed is text, each problem on a line of its own."""
    for line in error_lines(error):
        line.encode()
        assert "\n" not in line


def peak() -> float:
    """The most memory this process ever held, in MB; what other tests took is in it, too."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_any_document_gives_a_result_or_problems(folder: Path, yaml_seeds: range) -> None:
    before = peak()
    told: Counter[str] = Counter()
    slowest = 0.0
    for seed in yaml_seeds:
        chance = random.Random(seed)
        data = document(chance)
        name = "reconciler.yaml" if chance.random() < 0.2 else "all.yaml"
        start = time.monotonic()
        try:
            told[outcome(folder, data, name)] += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}, {name}: {data[:2000]!r}") from error
        slowest = max(slowest, time.monotonic() - start)
    used = peak() - before
    size = f"{len(yaml_seeds)} documents, slowest {slowest:.2f} s, {used:.0f} MB"
    print(f"\n{size}: {dict(told.most_common(8))}")
    assert used < MEGABYTES
