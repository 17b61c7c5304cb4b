"""Where a run of data models stands at a moment: a pure reading of the stored run and the time.

A run waits for a fifth of its time; the rest is shared by its tiers, one after another.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from reconciler.emulator.model_runs import names
from reconciler.emulator.store import Doc
from reconciler.emulator.world import iso

PENDING, RUNNING, SUCCESS, FAILED, CANCELLED, SKIPPED = (
    "PENDING",
    "RUNNING",
    "SUCCESS",
    "FAILED",
    "CANCELLED",
    "SKIPPED",
)
STATUSES = (PENDING, RUNNING, SUCCESS, FAILED, CANCELLED)
# Earlier than any run: at this moment everything is pending.
BEFORE = float("-inf")
_WAITING = 0.2


def new_id(*parts: str) -> str:
    """An identifier in the form of a UUID, the same for the same parts."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def planned(run_id: str, models: list[str], full_refresh: bool) -> list[Doc]:
    """The steps of a run and how each will end, in the order in which they are listed."""
    steps: list[Doc] = []
    missing: set[str] = set()
    reads, tiers = names.dependencies(models), sorted({names.tier_of(model) for model in models})
    for name in sorted(models, key=lambda model: (names.tier_of(model), model)):
        waits = [model for model in reads[name] if model in missing]
        ends = SKIPPED if waits else FAILED if names.BROKEN in name else SUCCESS
        if ends != SUCCESS:
            missing.add(name)
        steps.append(
            {
                "id": new_id(run_id, name),
                "model_name": name,
                "place": tiers.index(names.tier_of(name)),
                "depends_on": reads[name],
                "ends": ends,
                "error": _error(name, ends, waits),
                "rows": _rows(name, full_refresh),
            }
        )
    return steps


def status(run: Doc, now: float) -> str:
    """The status of a run."""
    if run["cancelled"] is not None:
        return CANCELLED
    begin, end = _times(run)
    if now < begin:
        return PENDING
    if now < end:
        return RUNNING
    return FAILED if failure(run) else SUCCESS


def failure(run: Doc) -> str | None:
    """Why the run fails, if it does."""
    if run["diagnostics"]["errors"]:
        return "compilation failed: " + "; ".join(run["diagnostics"]["errors"])
    failed = [step["model_name"] for step in run["steps"] if step["ends"] == FAILED]
    total = len(run["steps"])
    return f"{len(failed)} of {total} models failed: {', '.join(failed)}" if failed else None


def shown(run: Doc, now: float) -> Doc:
    """The run as the API shows it; what is absent is left out, not null."""
    state, (begin, end) = status(run, now), _times(run)
    stopped = run["cancelled"]
    ended = stopped if stopped is not None else end if state in (SUCCESS, FAILED) else None
    reached = now if stopped is None else stopped
    message = run["cancelled_by"] and f"cancelled by {run['cancelled_by']}"
    return _present(
        id=run["id"],
        status=state,
        trigger_type="MANUAL",
        triggered_by=run["user"],
        # The server keeps the target schema only, and gives it back as the project's name.
        project_name=run["target_schema"],
        model_names=run["model_names"],
        full_refresh=run["full_refresh"],
        compile_manifest=_manifest(run) if reached >= begin else None,
        compile_diagnostics=run["diagnostics"] if reached >= begin else None,
        started_at=iso(begin) if reached >= begin else None,
        finished_at=None if ended is None else iso(ended),
        error_message=message or (failure(run) if state == FAILED else None),
        created_at=iso(run["created"]),
    )


def shown_step(run: Doc, step: Doc, now: float) -> Doc:
    """One step as the API shows it."""
    state, (begin, end) = step_status(run, step, now), _slot(run, step)
    ran = state in (RUNNING, SUCCESS, FAILED)
    reached = now if run["cancelled"] is None else run["cancelled"]
    started = ran or (state == CANCELLED and reached >= begin)
    stopped = run["cancelled"] if state == CANCELLED and started else None
    ended = end if state in (SUCCESS, FAILED) else stopped
    target = (run["target_catalog"], run["target_schema"])
    sql = names.sql_of(step["model_name"], step["depends_on"], target, run["full_refresh"])
    fresh = run["full_refresh"] or not names.is_incremental(step["model_name"])
    return _present(
        id=step["id"],
        run_id=run["id"],
        model_name=step["model_name"],
        compiled_sql=sql,
        compiled_hash=_digest(sql),
        depends_on=step["depends_on"],
        vars_used=[] if fresh else ["start_date"],
        macros_used=[],
        status=state,
        rows_affected=step["rows"] if state == SUCCESS else None,
        started_at=iso(begin) if started else None,
        finished_at=None if ended is None else iso(ended),
        error_message=step["error"] if state in (FAILED, SKIPPED) else None,
        created_at=iso(run["created"]),
    )


def step_status(run: Doc, step: Doc, now: float) -> str:
    """The status of a step; a cancelled run stops what had not ended."""
    reached = now if run["cancelled"] is None else run["cancelled"]
    begin, end = _slot(run, step)
    # What is skipped has nothing to wait for once its turn has come.
    done = reached >= (begin if step["ends"] == SKIPPED else end)
    if done:
        return str(step["ends"])
    if run["cancelled"] is not None:
        return CANCELLED
    return RUNNING if reached >= begin else PENDING


def test_results(run: Doc, step: Doc, now: float) -> list[Doc]:
    """The tests of a step; only a model that was built is tested."""
    if step_status(run, step, now) != SUCCESS:
        return []
    name, (_, end) = step["model_name"], _slot(run, step)
    results = [_null_test(name), _unique_test(name)]
    return [
        _present(
            id=new_id(step["id"], result["test_name"]),
            run_step_id=step["id"],
            # The test is the same on every run; its result is not.
            test_id=new_id(name, result["test_name"]),
            **result,
            created_at=iso(end),
        )
        for result in results
    ]


def _null_test(name: str) -> Doc:
    test = f"not_null_{name}_id"
    if names.ERRORING_TEST in name:
        message = f'Binder Error: column "id" not found in "{name}"'
        return {"test_name": test, "status": "ERROR", "error_message": message}
    return {"test_name": test, "status": "PASS", "rows_returned": 0}


def _unique_test(name: str) -> Doc:
    test = f"unique_{name}_id"
    if names.FAILING_TEST in name:
        rows = 1 + names.size_of(name) % 9
        message = f"got {rows} rows, expected 0"
        return {
            "test_name": test,
            "status": "FAIL",
            "rows_returned": rows,
            "error_message": message,
        }
    return {"test_name": test, "status": "PASS", "rows_returned": 0}


def _times(run: Doc) -> tuple[float, float]:
    created, length = run["created"], run["duration"]
    return created + _WAITING * length, created + length


def _slot(run: Doc, step: Doc) -> tuple[float, float]:
    """When the tier of the step runs."""
    begin, end = _times(run)
    # The steps are in the order of their tiers.
    length = (end - begin) / (run["steps"][-1]["place"] + 1)
    return begin + step["place"] * length, begin + (step["place"] + 1) * length


def _error(name: str, ends: str, waits: list[str]) -> str | None:
    if ends == SKIPPED:
        return f"skipped: upstream failed: {', '.join(waits)}"
    message = f'Catalog Error: a table that "{name}" reads does not exist'
    return message if ends == FAILED else None


def _rows(name: str, full_refresh: bool) -> int:
    rows = names.size_of(name)
    return rows if full_refresh or not names.is_incremental(name) else rows // 10


def _manifest(run: Doc) -> str:
    target = (run["target_catalog"], run["target_schema"])
    models = [
        {
            "name": step["model_name"],
            "depends_on": step["depends_on"],
            "compiled_hash": _digest(
                names.sql_of(step["model_name"], step["depends_on"], target, run["full_refresh"])
            ),
        }
        for step in run["steps"]
    ]
    return json.dumps({"target_catalog": target[0], "target_schema": target[1], "models": models})


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _present(**fields: Any) -> Doc:
    return {name: value for name, value in fields.items() if value is not None}
