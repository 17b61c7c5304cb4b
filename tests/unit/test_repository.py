"""House rules that no linter checks: who reads the environment, prints, sleeps; how long code is.

Each test lists every offence as ``file:line``, so that one run shows all there is to mend.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reconciler import __version__

ROOT = Path(__file__).parents[2]
PRODUCT = ROOT / "reconciler"
MAX_FILE, MAX_FUNCTION = 400, 60
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def sources(*folders: str) -> list[Path]:
    """The Python files below these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """The file's syntax tree; parsed once, read by several tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def where(path: Path, line: int) -> str:
    """``file:line``, as editors and people like it."""
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def dotted(node: ast.AST) -> str:
    """``os.environ.get`` for the expression that spells it; '' for anything but a plain chain."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def called(path: Path) -> Iterator[tuple[str, int]]:
    """Every plain name that is called in the file, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node.lineno


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Every name that the file imports, in full, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def used(path: Path) -> Iterator[tuple[str, int]]:
    """Every dotted name that the file mentions, imports included, with its line."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            yield dotted(node), node.lineno
    yield from imported(path)


def test_only_settings_reads_the_environment() -> None:
    reading = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    found = [
        where(path, line)
        for path in sources("reconciler")
        if path != PRODUCT / "settings.py"
        for name, line in used(path)
        if name in reading
    ]
    assert found == []


def test_only_the_command_line_prints() -> None:
    found = [
        where(path, line)
        for path in sources("reconciler")
        if PRODUCT / "cli" not in path.parents
        for name, line in [*called(path), *used(path)]
        if name in {"print", "click.echo", "click.secho", "sys.stdout", "sys.stderr"}
    ]
    assert found == []


def test_sleep_is_handed_in_never_called_by_its_name() -> None:
    # `sleep: Callable = time.sleep` as a default is how it is handed in; that is no call.
    found = [
        where(path, line)
        for path in sources("reconciler")
        for name, line in [*called(path), *imported(path)]
        if name == "time.sleep"
    ]
    assert found == []


def test_tests_neither_sleep_nor_patch() -> None:
    refused = ("time.sleep", "unittest.mock", "monkeypatch.setattr", "mocker.")
    found = [
        f"{where(path, line)}: {name}"
        for path in sources("tests")
        for name, line in used(path)
        if name.startswith(refused)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    # Spelled in two halves, so that this file is no offender.
    words = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|raise NotImplement" r"edError)\b")
    found = [
        f"{where(path, number)}: {line.strip()}"
        for path in sources("reconciler", "tests", "bench", "examples")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]
    assert found == []


def test_files_are_short() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources("reconciler", "tests", "bench", "examples")
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE} == {}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first of the signature to the last of the body, docstring left out."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_functions_are_short() -> None:
    found = [
        f"{where(path, node.lineno)}: {node.name} has {length(node)} lines"
        for path in sources("reconciler", "tests", "bench", "examples")
        for node in ast.walk(tree(path))
        if isinstance(node, FUNCTIONS) and length(node) > MAX_FUNCTION
    ]
    assert found == []


def test_every_public_thing_opens_with_its_contract() -> None:
    found = []
    for path in sources("reconciler"):
        if path.read_text(encoding="utf-8").strip() and ast.get_docstring(tree(path)) is None:
            found.append(where(path, 1))
        found += [
            f"{where(path, node.lineno)}: {node.name}"
            for node in tree(path).body
            if isinstance(node, (ast.ClassDef, *FUNCTIONS))
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert found == []


# --- lock files and package ------------------------------------------------------------------

PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE)
LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-dev.txt")


def pins(lock: str) -> set[tuple[str, str]]:
    """What the lock file pins: (name, version)."""
    return set(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


def test_locks_agree_with_each_other() -> None:
    assert pins("requirements.txt") < pins("requirements-dev.txt")
    assert pins("requirements-build.txt") < pins("requirements-dev.txt")


def test_every_locked_package_has_its_hashes_and_nothing_says_where_it_came_from() -> None:
    allowed = re.compile(
        r"[a-z0-9._-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|\s*#( .*)?"
    )
    for lock in LOCKS:
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if not allowed.fullmatch(line)] == []
        assert "://" not in text
        assert len(re.findall(r" \\\n    --hash=", text)) == text.count("--hash=")
        assert not re.search(r" \\\n(?!    --hash=)", text)


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-build.txt": groups["build"],
        "requirements-dev.txt": [*groups["dev"], *groups["build"]],
    }
    for lock, requirements in wanted.items():
        names = {re.split(r"[<>=!~\[; ]", each)[0].lower() for each in requirements}
        assert names <= {name for name, _ in pins(lock)}


def test_changelog_speaks_of_the_version_that_is_here() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert headings[0] in {"Unreleased", __version__}
