"""How much of the fault matrix a run takes: a fixed sample unless all of it is asked for."""

from __future__ import annotations

from collections import Counter

import pytest

MARK = "faults "


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every", type=int, default=12, help="Take every N-th request of the matrix.")


@pytest.fixture
def every(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--every"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases ran, also where several processes shared them."""
    total: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        for name, count in report.user_properties:
            if name.startswith(MARK):
                total[name.removeprefix(MARK)] += int(count)
    if total:
        told = ", ".join(f"{phase} {count}" for phase, count in sorted(total.items()))
        terminalreporter.write_line(f"fault matrix: {total.total()} cases converged ({told})")
