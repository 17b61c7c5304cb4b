"""The table of operations of the model runs API; a path begins below ``/v1``."""

from __future__ import annotations

from reconciler.providers.model_runs.responses import Run, RunStep, TestResult
from reconciler.providers.operation import NONE, Operation, listing, one, table

RUN = "model-runs/{run}"
LIST_RUNS = listing("list_runs", "model-runs", Run)
TRIGGER_RUN = Operation("trigger_run", "POST", "model-runs", one(Run))
GET_RUN = Operation("get_run", "GET", RUN, one(Run), NONE)
# 400 when it has ended.
CANCEL_RUN = Operation("cancel_run", "POST", RUN + "/cancel", one(Run), NONE)
LIST_STEPS = listing("list_steps", RUN + "/steps", RunStep)
LIST_TESTS = listing("list_tests", RUN + "/steps/{step}/test-results", TestResult)

OPERATIONS = table(LIST_RUNS, TRIGGER_RUN, GET_RUN, CANCEL_RUN, LIST_STEPS, LIST_TESTS)
