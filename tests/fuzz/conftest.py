"""How long the fuzzers run: seconds unless more is asked for.

All of it: ``pytest -n 2 tests/fuzz --documents 100000 --answers 10000 -s``
"""

from __future__ import annotations

import pytest

SHARDS = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--documents", type=int, default=600, help="How many YAML documents.")
    parser.addoption("--answers", type=int, default=60, help="How many answers of the API.")
    parser.addoption("--first", type=int, default=0, help="The first seed.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Twenty shards of seeds for each fuzzer."""
    for name, option in (("yaml_seeds", "--documents"), ("answer_seeds", "--answers")):
        if name in metafunc.fixturenames:
            first = int(metafunc.config.getoption("--first"))
            share = -(-int(metafunc.config.getoption(option)) // SHARDS)
            shards = [range(first + n * share, first + (n + 1) * share) for n in range(SHARDS)]
            metafunc.parametrize(name, shards, ids=[f"from {each.start}" for each in shards])
