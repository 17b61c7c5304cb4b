"""Waiting for the platform's jobs: polls with growing pauses, and the log of what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reconciler.core.provider import Watch
from reconciler.core.step import Wait
from reconciler.errors import ApiError, Interrupted, JobFailed
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.client.responses import ModelTest, Version
from reconciler.providers.custom_models.environment_version import BUILDING
from reconciler.providers.custom_models.jobs import (
    PASSED_TEST,
    RUNNING_BUILD,
    RUNNING_TEST,
    STATUS_RUNNING,
)
from reconciler.providers.http import Runtime
from reconciler.providers.polling import Polling

LOG_LINES = 40
RETRY = "Mend it and apply again; --retry-failed runs the same once more."


class Waits:
    """Follows one job to its end; JobFailed carries the end of its log."""

    def __init__(self, client: Client, outside: Runtime) -> None:
        self.client = client
        self.outside = outside

    def wait(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        """Poll until the job ends or its time is over."""
        return WAITS[wait.operation](self, wait, watch)

    def _environment_build(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]

        def status() -> str:
            return self.client.get_environment_version(identity, version).build_status

        if self._poll(wait, status, BUILDING, watch) == "success":
            return {"versionId": version}
        raise JobFailed(
            f"the build of environment version {version} failed",
            "Mend the Docker context and apply again; --retry-failed builds the same once more.",
            log=tail(self._log(lambda: self.client.get_environment_build_log(identity, version))),
        )

    def _training_data(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]

        def status() -> str:
            data = self.client.get_version(identity, version).training_data
            if data is None:
                return "not assigned"
            if data.assignment_in_progress:
                return "assigning"
            error = data.assignment_error
            return (error.message if error else None) or "assigned"

        state = self._poll(wait, status, frozenset({"assigning"}), watch)
        if state == "assigned":
            return {"versionId": version}
        raise JobFailed(
            f"training data could not be given to version {version}: {state}",
            "Check the dataset; another dataset makes a new version.",
        )

    def _dependency_build(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]
        if not wait.params["building"]:
            return {}

        def status() -> str:
            build = self.client.get_build(identity, version)
            return build.build_status if build else "not started"

        state = self._poll(wait, status, RUNNING_BUILD, watch)
        if state == "success":
            return {}
        raise JobFailed(
            f"the dependency build of version {version} ended as {state}",
            RETRY,
            log=tail(self._log(lambda: self.client.get_build_log(identity, version))),
        )

    def _model_test(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        test = wait.params["test"]
        last: list[ModelTest] = []

        def status() -> str:
            last[:] = [self.client.get_test(test)]
            return last[0].overall_status

        state = self._poll(wait, status, RUNNING_TEST, watch)
        if state in PASSED_TEST:
            return {}
        checks = last[0].testing_status
        failed = [f"{name}: {c.message}" for name, c in checks.items() if c.status == "failed"]
        raise JobFailed(
            f"the model test {test} ended as {state}" + "".join(f"; {line}" for line in failed),
            RETRY,
            log=tail(self._log(lambda: self.client.get_test_tail(test, LOG_LINES))),
        )

    def _feature_impact(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        if wait.params["status"]:
            self._job_status(wait, watch)
        else:
            # Started by a run that was cut off before it could note the job's status.
            if self._poll(wait, lambda: self._impact_state(wait), STATUS_RUNNING, watch) == "ERROR":
                version = wait.params["version"]
                raise JobFailed(f"the feature impact of version {version} came to nothing", RETRY)
        found = self.client.get_impact(wait.params["id"], wait.params["version"])
        rows = [
            {"feature": f.feature_name, "impact": f"{f.impact_normalized:.3f}"}
            for f in found.feature_impacts
        ]
        return {"table": rows, "rowCount": found.row_count}

    def _impact_state(self, wait: Wait) -> str:
        try:
            self.client.get_impact(wait.params["id"], wait.params["version"])
        except ApiError as error:
            if error.status in (404, 422):
                return "RUNNING" if error.status == 422 else "ERROR"
            raise
        return "COMPLETED"

    def _job_status(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        message = [""]

        def status() -> str:
            state, message[0], _ = self.client.get_status(wait.params["status"])
            return state

        state = self._poll(wait, status, STATUS_RUNNING, watch)
        if state == "COMPLETED":
            return {}
        noun = wait.operation.replace("_", " ")
        raise JobFailed(f"the {noun} ended as {state}: {message[0]}", RETRY)

    def _conversion(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        identity, version = wait.params["id"], wait.params["version"]
        logs = [""]

        def status() -> str:
            found = self.client.get_conversion(identity, version, wait.params["conversion"])
            logs[0] = found.log_message or ""
            if found.conversion_in_progress:
                return "converting"
            return "converted" if found.conversion_succeeded else "failed"

        state = self._poll(wait, status, frozenset({"converting"}), watch)
        if state == "converted":
            return {}
        raise JobFailed(f"the conversion of version {version} failed", RETRY, log=tail(logs[0]))

    def _model_training(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        if wait.params["status"]:
            return self._job_status(wait, watch)

        def status() -> str:
            model = self.client.get_model(wait.params["id"])
            return "assigning" if model.training_data_assignment_in_progress else "assigned"

        # Started, but the answer that named the job was lost.
        self._poll(wait, status, frozenset({"assigning"}), watch)
        return {}

    def _repository_version(self, wait: Wait, watch: Watch) -> Mapping[str, Any]:
        if not wait.params["status"]:
            return self._pulled(self.client.list_versions(wait.params["id"])[0])
        where = [""]

        def status() -> str:
            state, message, where[0] = self.client.get_status(wait.params["status"])
            return state if state in STATUS_RUNNING or state == "COMPLETED" else message or state

        state = self._poll(wait, status, STATUS_RUNNING, watch)
        if state != "COMPLETED":
            raise JobFailed(f"no version could be made from the repository: {state}", RETRY)
        made = where[0].rstrip("/").rpartition("/")[2]
        return self._pulled(self.client.get_version(wait.params["id"], made))

    def _pulled(self, version: Version) -> Mapping[str, Any]:
        commits = sorted({item.commit_sha for item in version.items if item.commit_sha})
        return {"versionId": version.id, "commit": commits[0] if len(commits) == 1 else "several"}

    def _log(self, read: Callable[[], str]) -> str:
        # A log that cannot be had must not hide the failure that it would explain.
        try:
            return read()
        except ApiError as error:
            return f"(no log: {error.message})"

    def _poll(
        self, wait: Wait, status: Callable[[], str], running: frozenset[str], watch: Watch
    ) -> str:
        pace, last = Polling(self.outside, wait.timeout), ""
        while True:
            state = status()
            if state not in running:
                return state
            if state != last:
                watch.tell(state)
                last = state
            if pace.is_over:
                raise JobFailed(
                    f"{wait.operation.replace('_', ' ')} is still {state} after {wait.timeout:g} s",
                    "It goes on there; the next run waits for it again. Raise the timeout.",
                )
            if watch.stopped():
                raise Interrupted(
                    f"stopped waiting for the {wait.operation.replace('_', ' ')}, which goes on",
                    "The next run waits for it again.",
                )
            pace.rest()


WAITS: Mapping[str, Callable[[Waits, Wait, Watch], Mapping[str, Any]]] = {
    "environment_build": Waits._environment_build,
    "training_data": Waits._training_data,
    "dependency_build": Waits._dependency_build,
    "model_test": Waits._model_test,
    "feature_impact": Waits._feature_impact,
    "prediction_explanations": Waits._job_status,
    "model_training": Waits._model_training,
    "repository_version": Waits._repository_version,
    "conversion": Waits._conversion,
}


def tail(log: str) -> str:
    """The last lines of a log."""
    return "\n".join(log.splitlines()[-LOG_LINES:])
