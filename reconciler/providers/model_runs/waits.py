"""Following a run to its end: progress as its steps change, and the judgement."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.core.kind import Outputs
from reconciler.core.provider import Watch
from reconciler.core.step import Wait
from reconciler.errors import ApiError, Interrupted, JobFailed, UnknownOutcome
from reconciler.providers.http import Runtime
from reconciler.providers.model_runs import tree
from reconciler.providers.model_runs.client import Client
from reconciler.providers.model_runs.kind import END
from reconciler.providers.model_runs.operations import CANCEL_RUN, GET_RUN
from reconciler.providers.model_runs.outcome import (
    NO_TESTS,
    Tests,
    failed_tests,
    settled,
    steps_agree,
    steps_failure,
    tests_agree,
)
from reconciler.providers.model_runs.reads import Reads
from reconciler.providers.model_runs.responses import CANCELLED, PENDING, SUCCESS, Run, RunStep
from reconciler.providers.polling import Polling

RETRY = "Fix the models and apply with --retry-failed; a change of what it depends on runs it too."
AGAIN = "Apply again to start another run."
SELECT = "Correct modelNames: a selection without models is never taken for a run."
ADD_TESTS = "Add data tests to the models, or set require.allowNoTests."
FIX_DATA = "Fix the data or the test, and apply with --retry-failed."


class Waits:
    """Polls one run; JobFailed carries the tree of its steps."""

    def __init__(self, client: Client, reads: Reads, outside: Runtime) -> None:
        self.client = client
        self.reads = reads
        self.outside = outside
        self.started: set[str] = set()
        """Runs that this process has triggered, and may therefore stop."""

    def wait(self, wait: Wait, watch: Watch) -> Outputs:
        """The run's end; JobFailed when it is not the one that is wanted."""
        run = self._follow(wait, watch)
        if wait.operation == END:
            return {}
        self._judge(run, wait)
        return {"runId": run.id}

    def _follow(self, wait: Wait, watch: Watch) -> Run:
        polling = Polling(self.outside, wait.timeout)
        progress = _Progress(self.client, watch)
        while True:
            run = self.client.read(GET_RUN, wait.params["run"])
            progress.tell(run)
            if not run.under_way:
                return run
            if watch.stopped():
                raise self._interrupted(wait)
            if polling.is_over:
                raise JobFailed(
                    f"the run {run.id} is still {run.status} after {wait.timeout:g} s",
                    "It goes on there; the next apply waits for it again. Raise the timeout.",
                    log=tree.failure_log(run, self.client.list_steps(run.id)),
                )
            polling.rest()

    def _interrupted(self, wait: Wait) -> Interrupted:
        identity = wait.params["run"]
        if identity not in self.started:
            return Interrupted(
                f"stopped waiting for the run {identity}, which goes on",
                "The next apply waits for it again; `reconciler cancel` stops it.",
            )
        try:
            run = stop_run(self.client, identity)
        except ApiError as error:
            return Interrupted(
                f"the run {identity} could not be cancelled: {error.message}",
                "It may go on there; the next apply finds it.",
            )
        detail = "was cancelled" if run.status == CANCELLED else f"had ended as {run.status}"
        return Interrupted(f"stopped, and the run {identity} {detail}", AGAIN)

    def _judge(self, run: Run, wait: Wait) -> None:
        if run.status != SUCCESS:
            detail = f": {run.error_message}" if run.error_message else ""
            raise JobFailed(
                f"the run {run.id} ended as {run.status}{detail}",
                AGAIN if run.status == CANCELLED else RETRY,
                log=tree.failure_log(run, self.client.list_steps(run.id)),
            )
        if run.catalog not in (None, wait.params["catalog"]):
            raise JobFailed(
                f"the run {run.id} was for another catalog, {run.catalog}",
                "While it waited that could not be seen; apply again to start the right one.",
            )
        steps = self._settled_steps(run)
        failure = steps_failure(run, steps)
        if failure:
            raise JobFailed(
                f"the run {run.id} ended as {SUCCESS}, but {failure}",
                SELECT if not steps else RETRY,
                log=tree.failure_log(run, steps),
            )
        if wait.params["tests"]:
            self._judge_tests(run, steps, wait)

    def _judge_tests(self, run: Run, steps: Sequence[RunStep], wait: Wait) -> None:
        tests = self._settled_tests(run, steps)
        failed = failed_tests(steps, tests)
        if failed:
            count = f"{len(failed)} data tests" if len(failed) > 1 else "a data test"
            raise JobFailed(
                f"the run {run.id} succeeded, but {count} did not pass",
                FIX_DATA,
                log="\n".join(tree.test_line(*each) for each in failed[: tree.MOST_LINES]),
            )
        if not any(tests.values()) and not wait.params["allowNoTests"]:
            raise JobFailed(f"the run {run.id} ended as {SUCCESS}, but {NO_TESTS}", ADD_TESTS)

    def _settled_steps(self, run: Run) -> list[RunStep]:
        return settled(
            lambda: self.client.list_steps(run.id),
            lambda steps, _: steps_agree(run, steps),
            self.outside.sleep,
        )

    def _settled_tests(self, run: Run, steps: Sequence[RunStep]) -> Tests:
        return settled(lambda: self.reads.tests(run.id, steps), tests_agree, self.outside.sleep)


class _Progress:
    """Tells each state of the run and of each of its steps once."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self.client = client
        self.tell_line = watch.tell
        self._told: dict[str, str] = {}

    def tell(self, run: Run) -> None:
        """What is new since the last time; that it has ended comes last."""
        if run.under_way:
            self._once(run.id, run.status, f"run {run.id} is {run.status}")
        for line in tree.diagnostic_lines(run):
            self._once(line, line, line)
        # A run that waits has nothing to show of its steps.
        if run.status != PENDING:
            for step, line in tree.step_lines(self.client.list_steps(run.id)):
                if step.status != PENDING:
                    self._once(step.id, step.status, line)
        self._once(run.id, run.status, f"run {run.id} is {run.status}")

    def _once(self, key: str, state: str, line: str) -> None:
        if self._told.get(key) != state:
            self._told[key] = state
            self.tell_line(line)


def stop_run(client: Client, identity: str) -> Run:
    """Cancel a run; the run as it then is, which may have ended by itself just before."""
    try:
        return client.write(CANCEL_RUN, identity)
    except ApiError as error:
        # 400, in older releases 409: it has ended.  A lost answer is answered by the run itself.
        if error.status not in (400, 409) and not isinstance(error, UnknownOutcome):
            raise
        run = client.read(GET_RUN, identity)
        if run.under_way:
            raise
        return run
