"""Carry out a plan over its dependency graph; the only caller of writes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from graphlib import TopologicalSorter
from string import Formatter
from threading import Event
from typing import Any, Protocol

from reconciler.core.json_value import JsonObject
from reconciler.core.kind import Outputs
from reconciler.core.plan import Plan
from reconciler.core.provider import Provider, Watch
from reconciler.core.report import Report, StepResult
from reconciler.core.resource import Address, Resource
from reconciler.core.step import Call, KnownAfter, KnownText, Step, Values, Wait
from reconciler.errors import (
    DEFECT,
    ApiError,
    JobFailed,
    ManifestError,
    ReconcilerError,
    UnknownOutcome,
)

Listen = Callable[[Step, str], None]
"""Receives every step with ``start``, a line of progress, or how it ended."""


LOG = logging.getLogger(__name__)

SENDINGS = 4
"""How often one write is sent at most, each time after a look that found nothing."""

CUT = "cut off while it ran: whether it took effect is not known"
CHANGED_FILES = "Do not modify the files during an apply, and run it again."
LOOK = "Run it again: what took effect is found and not created twice."

ProviderOf = Callable[[Address], Provider]


class Guard(Protocol):
    """Watches over the objects of a reviewed plan while it is carried out."""

    def before(self, step: Step) -> None:
        """Raises StalePlanError when the object of the step is not what was reviewed."""

    def after(self, step: Step, work: Call | Wait) -> None:
        """Takes what our own call or wait changed as what to expect next."""


class Run:
    """One apply: the plan, who serves which address, and what is known so far."""

    def __init__(
        self,
        plan: Plan,
        provider_of: ProviderOf,
        resources: Mapping[Address, Resource],
        listen: Listen,
        stop: Event | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.plan = plan
        self.provider_of = provider_of
        self.resources = resources
        self.listen = listen
        self.stop = stop or Event()
        self.guard = guard
        self.outputs: dict[str, JsonObject] = {}
        self.results: dict[str, StepResult] = {}

    def execute(self, parallelism: int) -> Report:
        """Run every step whose needs are done; a failure skips its dependants, and only those."""
        steps = {step.id: step for step in self.plan.steps}
        sorter = TopologicalSorter(
            {
                step.id: [need for need in step.depends_on if need in steps]
                for step in steps.values()
            }
        )
        sorter.prepare()
        running: dict[Future[StepResult], str] = {}
        pool = ThreadPoolExecutor(parallelism, thread_name_prefix="apply")
        cut = False
        try:
            self._loop(sorter, steps, pool, running)
        except KeyboardInterrupt:
            cut = True
            self._cut_off(steps, running)
        pool.shutdown(wait=not cut, cancel_futures=cut)
        ordered = tuple(self.results[step.id] for step in self.plan.steps)
        return Report(ordered, interrupted=cut or self.stop.is_set(), cut=cut)

    def _loop(
        self,
        sorter: TopologicalSorter[str],
        steps: Mapping[str, Step],
        pool: ThreadPoolExecutor,
        running: dict[Future[StepResult], str],
    ) -> None:
        while sorter.is_active():
            for name in sorted(sorter.get_ready()):
                cause = self._cause(steps[name])
                if self.stop.is_set() or cause:
                    self._settle(steps[name], _not_run(steps[name], cause))
                    sorter.done(name)
                else:
                    running[pool.submit(self._step, steps[name])] = name
            for name in self._finished(running, steps):
                sorter.done(name)

    def _cut_off(
        self, steps: Mapping[str, Step], running: Mapping[Future[StepResult], str]
    ) -> None:
        """What is known at this moment: finished steps, and those whose end nobody will hear."""
        under_way = set(running.values())
        for name, step in steps.items():
            if name in self.results:
                continue
            result = _not_run(step, "")
            if name in under_way:
                result = replace(result, state="failed", error=CUT, hint=LOOK)
            self.results[name] = result

    def _finished(
        self, running: dict[Future[StepResult], str], steps: Mapping[str, Step]
    ) -> Iterator[str]:
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            name = running[future]
            self._settle(steps[name], future.result())
            del running[future]
            yield name

    def _settle(self, step: Step, result: StepResult) -> None:
        self.results[step.id] = result
        self._tell(step, result.state)

    def _tell(self, step: Step, event: str) -> None:
        # A listener may fail (its terminal is gone): neither work nor report may be lost for it.
        with suppress(Exception, SystemExit):
            self.listen(step, event)

    def _cause(self, step: Step) -> str:
        for need in step.depends_on:
            result = self.results.get(need)
            if result and result.state != "done":
                return result.cause or (need if result.state == "failed" else "")
        return ""

    def _step(self, step: Step) -> StepResult:
        if self.stop.is_set():
            # It was ready before the stop and waited for a worker until now.
            return _not_run(step, "")
        result = StepResult(step.id, step.address, step.action, "done")
        known = self.outputs.setdefault(step.id, {})
        self._tell(step, "start")
        done = 0
        try:
            if self.guard:
                self.guard.before(step)
            for work in _work(step):
                known.update(self._do(step, work))
                done += isinstance(work, Call)
                if self.guard:
                    self.guard.after(step, work)
        except ReconcilerError as error:
            return _failed(replace(result, outputs=dict(known)), error, done)
        except Exception as error:
            # A defect of ours in one branch must not cost the report of all the others.
            LOG.debug("%s failed", step.id, exc_info=True)
            return _failed(result, ReconcilerError(f"unexpected {error!r}", DEFECT), done)
        return replace(result, outputs=dict(known), done_calls=done)

    def _do(self, step: Step, work: Call | Wait) -> Outputs:
        provider = self.provider_of(step.address)
        if isinstance(work, Wait):
            resource = self.resources.get(step.address)
            watch = Watch(lambda line: self._tell(step, line), self.stop.is_set, resource)
            return provider.wait(replace(work, params=self._resolve(work.params)), watch)
        if work.only_if is not None and not self._known(work.only_if):
            return dict.fromkeys(work.outputs)
        call = replace(
            work,
            path_params=self._resolve(work.path_params),
            body=self._resolve(work.body),
            recovery=self._resolve(work.recovery),
        )
        _check_path(call.path, call.path_params)
        return self._send(step, provider, call)

    def _send(self, step: Step, provider: Provider, call: Call) -> Outputs:
        """One write, whatever happens to its answer: looked for before it is sent again."""
        resource = self.resources.get(step.address)
        sent = 0
        while True:
            sent += 1
            try:
                return provider.send(call, resource)
            except UnknownOutcome as lost:
                self._tell(step, f"{lost.message}; looking for what it did")
                found = self._effect(step, call, lost)
                if found is not None:
                    return found
                if sent == SENDINGS:
                    raise

    def _effect(self, step: Step, call: Call, lost: UnknownOutcome) -> Outputs | None:
        provider, resource = self.provider_of(step.address), self.resources.get(step.address)
        try:
            return provider.recover(call, resource)
        except ApiError as error:
            raise UnknownOutcome(
                f"{lost.message}; and what it did could not be looked up: {error.message}",
                lost.hint,
            ) from error

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, KnownAfter):
            return self._known(value)
        if isinstance(value, KnownText):
            return value.resolve(self._known)
        if isinstance(value, Mapping):
            return {key: self._resolve(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._resolve(inner) for inner in value]
        return value

    def _known(self, after: KnownAfter) -> Any:
        try:
            return self.outputs[after.step][after.key]
        except KeyError:
            raise ApiError(
                f"{after.step} did not tell its {after.key}",
                "The platform's answer lacked it; run the plan again to read it.",
            ) from None


def _work(step: Step) -> Iterator[Call | Wait]:
    for index, call in enumerate((None, *step.calls)):
        if call is not None:
            yield call
        yield from (pause for pause in step.waits if pause.after == index)


def _check_path(path: str, params: Values) -> None:
    for _, name, _, _ in Formatter().parse(path):
        if name and params.get(name) is None:
            raise ApiError(
                f"{path} needs {name}, which has no value",
                "What was made before has none; give it one, or take out what needs it.",
            )


def _not_run(step: Step, cause: str) -> StepResult:
    state = "skipped" if cause else "notReached"
    return StepResult(step.id, step.address, step.action, state, cause=cause)


def _failed(result: StepResult, error: ReconcilerError, done: int) -> StepResult:
    log = error.log if isinstance(error, JobFailed) else ""
    text, hint = error.message, error.hint
    if isinstance(error, ManifestError):
        # Files are read again when they are sent; its own message is about a list of problems.
        text = "; ".join(problem.message for problem in error.problems)
        hint = CHANGED_FILES
    return replace(result, state="failed", error=text, hint=hint, log=log, done_calls=done)
