"""The four checks of a custom model test, made by reading the files and the dataset.

Nothing of the model is run.  What fails a check is in the input: code that does not compile or
raises at import, no hook, a hook that only raises, a dataset without rows or without the columns
that the model was trained on.
"""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SUCCEEDED, FAILED, WARNING, SKIPPED, ABORTED = (
    "succeeded",
    "failed",
    "warning",
    "skipped",
    "aborted",
)
# In the order in which they run.
DEFAULTS = {
    "longRunningService": "fail",
    "errorCheck": "fail",
    "nullValueImputation": "warn",
    "sideEffects": "warn",
}
# Hooks and artifacts that the public model runner looks for.
_HOOKS = ("load_model", "transform", "score", "chat", "score_unstructured", "post_process")
_ARTIFACTS = (
    ".pkl",
    ".pickle",
    ".joblib",
    ".pth",
    ".pt",
    ".h5",
    ".keras",
    ".onnx",
    ".pmml",
    ".rds",
    ".jar",
    ".zip",
    ".jlso",
    ".model",
)
# Each is a program of its own, which cannot be read here and is taken to work.
_OPAQUE = ("custom.R", "custom.r", "custom.jl", "start_server.sh")
_NULL_TESTS = ("isnull", "isna", "notnull", "notna", "hasnans")
_UNSTEADY = ("random", "uuid", "uuid4", "shuffle")


@dataclass(frozen=True)
class Subject:
    """What is tested: the files, the target type, the dataset and the columns it must have."""

    files: dict[str, bytes]
    target_type: str
    columns: list[str]
    rows: int | None
    needed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Result:
    """The end of a test: each check's status and message, the whole, and the log."""

    checks: dict[str, dict[str, str]]
    overall: str
    log: str


def run(subject: Subject, configuration: dict[str, str]) -> Result:
    """Make the checks in their order; a model that cannot start or predict ends the test."""
    checks: dict[str, dict[str, str]] = {}
    lines = ["Starting the custom model", f"Files: {', '.join(sorted(subject.files)) or 'none'}"]
    broken = False
    for name, default in DEFAULTS.items():
        wish = configuration.get(name, default)
        status, message = (ABORTED, "An earlier check failed.") if broken else (SKIPPED, "")
        if not broken and wish != "skip":
            problem = _CHECKS[name](subject)
            status = (FAILED if wish == "fail" else WARNING) if problem else SUCCEEDED
            message = problem or ""
        broken = broken or (status == FAILED and name in ("longRunningService", "errorCheck"))
        checks[name] = {"status": status, "message": message}
        lines.append(f"{name}: {status}" + (f": {message}" if message else ""))
    overall = _overall({check["status"] for check in checks.values()})
    return Result(checks, overall, "\n".join([*lines, f"Test {overall}"]) + "\n")


def cannot_start(subject: Subject) -> str | None:
    """Why the model cannot be loaded, or None."""
    source = subject.files.get("custom.py")
    if source is None:
        return None if _has_program(subject.files) else "No custom.py and no model artifact found."
    try:
        body = _parsed(source)
    except SyntaxError as wrong:
        return f"custom.py line {wrong.lineno or 1}: {type(wrong).__name__}: {wrong.msg}"
    except (ValueError, RecursionError, MemoryError) as wrong:
        return f"custom.py cannot be read: {wrong}"
    raised = next((node for node in body if isinstance(node, ast.Raise)), None)
    return _quoted(source, raised) if raised else None


def cannot_predict(subject: Subject) -> str | None:
    """Why the model cannot make predictions on the dataset, or None."""
    if subject.rows == 0:
        return "The dataset has no rows."
    missing = [name for name in subject.needed if name not in subject.columns]
    if missing:
        return f"The dataset lacks columns of the training data: {', '.join(missing)}."
    hooks = _hooks(subject)
    if hooks is None:
        return None
    wanted = ("score_unstructured",) if subject.target_type == "Unstructured" else _HOOKS
    found = [hooks[name] for name in wanted if name in hooks]
    if not found and not (_has_program(subject.files) and wanted is _HOOKS):
        return f"custom.py has none of these hooks: {', '.join(wanted)}."
    for hook in found:
        first = next((node for node in hook.body if not _is_docstring(node)), None)
        if isinstance(first, ast.Raise):
            return f"{hook.name}() failed: {_quoted(subject.files['custom.py'], first)}"
    return None


def refuses_nulls(subject: Subject) -> str | None:
    """Whether the code raises when it finds a null value."""
    branches = (node for node in _walk(subject) if isinstance(node, ast.If))
    for branch in branches:
        raises = any(isinstance(node, ast.Raise) for node in branch.body)
        if raises and set(_names(branch.test)) & set(_NULL_TESTS):
            return f"custom.py line {branch.lineno}: null values are refused."
    return None


def has_side_effects(subject: Subject) -> str | None:
    """Whether a prediction may depend on the ones before it, or on chance."""
    for hook in (_hooks(subject) or {}).values():
        for node in ast.walk(hook):
            unsteady = set(_names(node)) & set(_UNSTEADY) if isinstance(node, ast.Call) else ()
            if isinstance(node, ast.Global) or unsteady:
                line = getattr(node, "lineno", hook.lineno)
                return f"custom.py line {line}: row-wise predictions may differ from the batch."
    return None


_CHECKS: dict[str, Callable[[Subject], str | None]] = {
    "longRunningService": cannot_start,
    "errorCheck": cannot_predict,
    "nullValueImputation": refuses_nulls,
    "sideEffects": has_side_effects,
}


def _parsed(source: bytes) -> list[ast.stmt]:
    """The statements of a program that compiles; SyntaxError and its kin for another."""
    with warnings.catch_warnings():
        # Warnings about the uploaded code do not concern this process.
        warnings.simplefilter("ignore")
        # Compiling finds what parsing alone does not, such as a return outside a function.
        compile(source, "custom.py", "exec")
        return ast.parse(source).body


def _quoted(source: bytes, statement: ast.stmt) -> str:
    line = source.decode("utf-8", "replace").splitlines()[statement.lineno - 1]
    return f"custom.py line {statement.lineno}: {line.strip()}"


def _overall(statuses: set[str]) -> str:
    return next((s for s in (FAILED, WARNING) if s in statuses), SUCCEEDED)


def _has_program(files: dict[str, bytes]) -> bool:
    """Whether something besides custom.py can predict: an artifact or another program."""
    return any(path in files for path in _OPAQUE) or any(
        posixpath.splitext(path)[1].lower() in _ARTIFACTS for path in files
    )


def _hooks(subject: Subject) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef] | None:
    source = subject.files.get("custom.py")
    if source is None:
        return None
    return {
        node.name: node
        for node in _parsed(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name in _HOOKS
    }


def _walk(subject: Subject) -> Iterator[ast.AST]:
    source = subject.files.get("custom.py")
    return (node for top in _parsed(source or b"") for node in ast.walk(top))


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Name):
            yield inner.id


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
