"""The table of operations of the model runs API; a path begins below ``/v1``."""

from __future__ import annotations

from reconciler.providers.model_runs.responses import Run, RunStep, TestResult
from reconciler.providers.operation import NONE, Operation, OperationTable, listing, one

OPERATIONS = OperationTable()
RUN = "model-runs/{run}"
LIST_RUNS = OPERATIONS.add(listing("list_runs", "model-runs", Run))
TRIGGER_RUN = OPERATIONS.add(Operation("trigger_run", "POST", "model-runs", one(Run)))
GET_RUN = OPERATIONS.add(Operation("get_run", "GET", RUN, one(Run), NONE))
# 400 when it has ended.
CANCEL_RUN = OPERATIONS.add(Operation("cancel_run", "POST", RUN + "/cancel", one(Run), NONE))
LIST_STEPS = OPERATIONS.add(listing("list_steps", RUN + "/steps", RunStep))
LIST_TESTS = OPERATIONS.add(listing("list_tests", RUN + "/steps/{step}/test-results", TestResult))
