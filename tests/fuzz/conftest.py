"""How long the fuzzers run: seconds unless more is asked for.

All of it is ``make fuzz``.
"""

from __future__ import annotations

import pytest

SHARDS = 20
FUZZERS = {
    "yaml_seeds": "--documents",
    "answer_seeds": "--answers",
    "manifest_seeds": "--projects",
    "plan_seeds": "--plans",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--documents", type=int, default=600, help="How many YAML documents.")
    parser.addoption("--answers", type=int, default=60, help="How many answers of the API.")
    parser.addoption("--projects", type=int, default=60, help="How many valid projects.")
    parser.addoption("--plans", type=int, default=300, help="How many forged saved plans.")
    parser.addoption("--first", type=int, default=0, help="The first seed.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Twenty shards of seeds for each fuzzer."""
    for name, option in FUZZERS.items():
        if name in metafunc.fixturenames:
            first = int(metafunc.config.getoption("--first"))
            share = -(-int(metafunc.config.getoption(option)) // SHARDS)
            shards = [range(first + n * share, first + (n + 1) * share) for n in range(SHARDS)]
            metafunc.parametrize(name, shards, ids=[f"from {each.start}" for each in shards])
