"""What holds for every command of every scenario, whatever it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.scenarios.planned_calls import differences, planned_calls
from tests.scenarios.stage import TOKEN, Done, Stage

OFFLINE = ("validate", "schema")
READING = ("plan", "drift", *OFFLINE)
CODES = {0, 1, 2, 3, 4, 5, 64, 130}
USAGE = 64
# What `plan` takes too; the other options of `apply` are about this one run.
_KEPT_WITH_VALUE = ("--target", "--select", "--parallelism")
_DROPPED_WITH_VALUE = ("--report", "--format", "--expect", "--confirm")


def check(stage: Stage, done: Done) -> None:
    """Fail when the command broke a promise that all commands keep."""
    name = command(done)
    told = " ".join(done.arguments)
    assert done.code in CODES, f"{told}: exit code {done.code} means nothing"
    assert "unexpected" not in done.out + done.err, f"{told}: a defect showed\n{done.out}{done.err}"
    _check_secrets(stage, done)
    if name in READING:
        assert done.writes == [], f"{told} wrote: {done.writes}"
    if name in OFFLINE:
        assert done.log == (), f"{told} sent requests: {done.log}"
    if "json" in done.arguments and "--output" not in done.arguments and done.code != USAGE:
        assert isinstance(json.loads(done.out), dict), told
    _check_order(done)
    settles = not _never_settles(stage.folder) and not _removes(stage.folder, done.arguments)
    if name == "apply" and done.code == 0 and settles:
        _check_settled(stage, done)


def plan_before(stage: Stage, arguments: Sequence[str]) -> dict[str, Any] | None:
    """The plan that this ``apply`` is about to carry out, as JSON; None for other commands.

    Planned faults are put aside meanwhile, so that the plan itself meets none.
    """
    if _name(arguments) != "apply":
        return None
    saved = next((word for word in _positional(arguments) if word.endswith(".json")), None)
    if saved:
        path = stage.folder / saved
        return _plan_in(path.read_text(encoding="utf-8")) if path.is_file() else None
    place = list(arguments).index("apply")
    kept: list[str] = []
    rest = iter(arguments[place + 1 :])
    for word in rest:
        if word in (*_DROPPED_WITH_VALUE, "--output"):
            next(rest)
        elif word != "--auto-approve":
            kept.append(word)
    faults = _without_faults(stage)
    try:
        return _plan_in(stage.run(*arguments[:place], "plan", "--format", "json", *kept).out)
    finally:
        for fault in faults:
            stage.control("POST", "faults", fault)


def _positional(arguments: Sequence[str]) -> Iterator[str]:
    rest = iter(arguments)
    for word in rest:
        if word in (*_KEPT_WITH_VALUE, *_DROPPED_WITH_VALUE, "--output", "--project-dir"):
            next(rest)
        else:
            yield word


def check_calls(plan: dict[str, Any], done: Done) -> None:
    """What was sent is what the plan shows, call by call."""
    wrong = differences(planned_calls(plan), done.writes, whole=done.code == 0)
    assert wrong == [], "\n".join([" ".join(done.arguments), *wrong, done.out, done.err])


def _plan_in(text: str) -> dict[str, Any] | None:
    try:
        plan: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return plan if "steps" in plan else None


def _without_faults(stage: Stage) -> list[dict[str, Any]]:
    """Take the planned faults away; those that are left of them, to be planned again."""
    faults = stage.control("GET", "faults")
    stage.control("DELETE", "faults")
    for fault in faults:
        used = max(fault["seen"] - fault["nth"] + 1, 0)
        fault["nth"] = max(fault["nth"] - fault.pop("seen"), 1)
        fault["times"] -= used
    return [
        {key: value for key, value in fault.items() if value is not None}
        for fault in faults
        if fault["times"] > 0
    ]


def command(done: Done) -> str:
    """The name of the command; global options come before it."""
    return _name(done.arguments)


def _name(arguments: Sequence[str]) -> str:
    rest = iter(arguments)
    for word in rest:
        if word == "--project-dir":
            next(rest)
        elif not word.startswith("-"):
            return word
    return ""


def _check_secrets(stage: Stage, done: Done) -> None:
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    leaks = [str(path) for path in files if TOKEN.encode() in path.read_bytes()]
    leaks += [
        where for where, text in (("stdout", done.out), ("stderr", done.err)) if TOKEN in text
    ]
    assert leaks == [], f"the token stands in {leaks}"


def _check_order(done: Done) -> None:
    """No environment goes before the last model did: a model may run on it."""
    deletes = [entry["path"] for entry in done.log if entry["method"] == "DELETE"]
    last_model = max((i for i, path in enumerate(deletes) if "/customModels/" in path), default=-1)
    early = [path for path in deletes[:last_model] if "/executionEnvironments/" in path]
    assert early == [], f"environments deleted before models: {deletes}"


def _never_settles(folder: Path) -> bool:
    """Whether a manifest asks for something to be done at every apply."""
    texts = (path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml"))
    return any("rerun: always" in text for text in texts)


def _removes(folder: Path, arguments: tuple[str, ...]) -> bool:
    """Whether a saved plan was applied that destroys or forgets what has its manifests still."""
    plans = [folder / word for word in arguments if word == "plan.json"]
    return any(json.loads(each.read_text("utf-8"))["binding"]["mode"] != "apply" for each in plans)


def _check_settled(stage: Stage, done: Done) -> None:
    before, after = _kept(stage.folder, done.arguments)
    for name, option in (("plan", "--detailed-exitcode"), ("apply", "--auto-approve")):
        second = stage.run(*before, name, option, *after)
        assert second.code == 0, f"not settled after apply\n{second.out}{second.err}"
        assert second.writes == [], f"{name} after apply wrote: {second.writes}"


def _kept(folder: Path, arguments: tuple[str, ...]) -> tuple[list[str], list[str]]:
    place = arguments.index("apply")
    before, after = list(arguments[:place]), []
    rest = iter(arguments[place + 1 :])
    for word in rest:
        if word in _KEPT_WITH_VALUE:
            after += [word, next(rest)]
        elif word in _DROPPED_WITH_VALUE:
            next(rest)
        elif word.endswith(".json"):
            saved = json.loads((folder / word).read_text(encoding="utf-8"))
            after += ["--target", saved["target"]] if saved["target"] else []
        elif not word.startswith("-"):
            after.append(word)
    return before, after
