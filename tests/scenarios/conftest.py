"""Which scenarios there are, and ``--update``, which rewrites what they expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.scenario import SCRIPT

HERE = Path(__file__).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/scenarios --update``: take what happens now for what should happen."""
    parser.addoption("--update", action="store_true", help="rewrite the scenarios' expected files")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for every folder with a script."""
    if "scenario" in metafunc.fixturenames:
        folders = sorted(path.parent for path in HERE.rglob(SCRIPT))
        names = [folder.relative_to(HERE).as_posix() for folder in folders]
        metafunc.parametrize("scenario", folders, ids=names)


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be rewritten."""
    # Without a default this fails when pytest was started above this folder.
    return bool(request.config.getoption("--update", default=False))


@pytest.fixture(autouse=True)
def _plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No progress bars and colours, whatever the terminal or the CI service says."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
