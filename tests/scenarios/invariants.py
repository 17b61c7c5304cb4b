"""What holds for every command of every scenario, whatever it is about."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from urllib.parse import quote

from tests.scenarios.planned_calls import differences
from tests.support.sandbox import TOKEN, Done, Stage

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
    if name != "cancel":
        _check_calls(done)
    settles = not _never_settles(stage.folder) and not _removes(stage.folder, done.arguments)
    if name == "apply" and done.code == 0 and settles:
        _check_settled(stage, done)


def command(done: Done) -> str:
    """The name of the command; global options come before it."""
    rest = iter(done.arguments)
    for word in rest:
        if word == "--project-dir":
            next(rest)
        elif not word.startswith("-"):
            return word
    return ""


def _check_secrets(stage: Stage, done: Done) -> None:
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    texts = {str(path): path.read_bytes().decode("utf-8", "replace") for path in files}
    leaks = [
        where
        for where, text in {**texts, "stdout": done.out, "stderr": done.err}.items()
        if any(form in text.lower() for form in FORMS)
    ]
    assert leaks == [], f"the token stands in {leaks}"


def _check_calls(done: Done) -> None:
    """What was sent is what the plan says, call by call."""
    if not done.applied:
        assert done.writes == [], f"{done.arguments} wrote without a plan: {done.writes}"
    for plan, report in done.applied:
        wrong = differences(plan, report, done.writes)
        assert wrong == [], "\n".join([" ".join(done.arguments), *wrong, done.out, done.err])


def forms(secret: str) -> frozenset[str]:
    """The spellings of a secret in lower case: plain, in URLs, JSON and HTML, and in base64."""
    data = secret.encode()
    padded = [base64.b64encode(b"x" * n + data + b"x" * (-(n + len(data)) % 3)) for n in range(3)]
    # Without the characters at both ends, which hold bits of what stands beside the secret.
    inner = [each.decode()[4:-4] for each in padded]
    every = [quote(secret, safe=""), "".join(f"%{byte:02x}" for byte in data)]
    every += ["".join(f"\\u{byte:04x}" for byte in data), "".join(f"&#{byte};" for byte in data)]
    texts = [secret, json.dumps(secret)[1:-1], html.escape(secret), *every, *inner]
    return frozenset(text.lower() for text in texts)


FORMS = forms(TOKEN)


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
