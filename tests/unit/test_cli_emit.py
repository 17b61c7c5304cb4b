"""Results on their way out: no secret, no command for a runner, and JSON stays equal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.cli.console import Console
from reconciler.cli.context import emit
from reconciler.cli.redact import OUTPUT

SECRET = "s3cr3t-token"
HOSTILE = "plan\n  ::add-mask::e\nname ##[add-mask]e and ##vso[x]\n"


@pytest.fixture(autouse=True)
def _known_secret() -> Iterator[None]:
    OUTPUT.learn([SECRET])
    yield
    OUTPUT.forget()


def test_a_result_holds_no_command_and_no_secret(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "plan.txt"
    emit(HOSTILE + SECRET)
    emit(HOSTILE + SECRET, file)
    for text in (capsys.readouterr().out, file.read_text(encoding="utf-8")):
        assert SECRET not in text
        assert "##[" not in text
        assert "##vso[" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_json_is_equal_after_its_commands_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    emit(json.dumps({"description": HOSTILE}))
    shown = capsys.readouterr().out
    assert "##[" not in shown
    assert json.loads(shown) == {"description": HOSTILE}


def test_commands_of_our_own_stay(capsys: pytest.CaptureFixture[str]) -> None:
    emit(f"::error title=x::{SECRET}", commands=True)
    assert capsys.readouterr().out == "::error title=x::***\n"


def test_progress_and_logs_are_cleaned_too(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say(f"::add-mask::{SECRET} ##[error]x")
    assert capsys.readouterr().err == "\\u003a:add-mask::*** \\u0023#[error]x\n"
