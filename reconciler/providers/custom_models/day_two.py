"""Looking after what is live: logs, history, running jobs, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.core.marker import split
from reconciler.core.resource import Live
from reconciler.errors import ApiError, LiveStateError, SettingsError
from reconciler.providers.custom_models.client.client import Client
from reconciler.providers.custom_models.client.responses import Version
from reconciler.providers.custom_models.environment_version import BUILDING
from reconciler.providers.custom_models.jobs import RUNNING_BUILD, RUNNING_TEST
from reconciler.providers.unpack import unpack

ENVIRONMENT = "ExecutionEnvironment"
TAIL_AT_ONCE = 1000
"""Most lines that GET customModelTests/{id}/tail/ gives; more come from the whole log."""


class DayTwo:
    """Reads for people, and the cancelling of jobs."""

    def __init__(self, client: Client) -> None:
        self.client = client

    # -- logs ------------------------------------------------------------------------------

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of the newest log of this kind; LiveStateError when there is none."""
        if live.kind == ENVIRONMENT:
            return _tail(self._environment_log(live, job), lines)
        read: Mapping[str, Callable[[Live, int], str]] = {
            "build": self._build_log,
            "test": self._test_log,
            "conversion": self._conversion_log,
        }
        return _tail(read[job](live, lines), lines)

    def _environment_log(self, live: Live, job: str) -> str:
        if job != "build":
            raise SettingsError(f"an environment has no {job} log", "Ask for --build.")
        latest = live.facts["latest"]
        if latest is None:
            raise _nothing(live, "version")
        return self.client.get_environment_build_log(live.id, latest["id"])

    def _build_log(self, live: Live, lines: int) -> str:
        version = self._version(live)
        try:
            return self.client.get_build_log(live.id, version)
        except ApiError as error:
            # 404 while it runs, 422 when it was never started.
            if error.status in (404, 422):
                raise _nothing(live, "finished dependency build") from error
            raise

    def _test_log(self, live: Live, lines: int) -> str:
        tests = self.client.list_tests(live.id)
        if not tests:
            raise _nothing(live, "test")
        if lines > TAIL_AT_ONCE:
            return self.client.get_test_log(tests[0].id)
        return self.client.get_test_tail(tests[0].id, lines)

    def _conversion_log(self, live: Live, lines: int) -> str:
        found = self.client.list_conversions(live.id, self._version(live), latest=True)
        if not found:
            raise _nothing(live, "conversion")
        return found[0].log_message or ""

    def _version(self, live: Live) -> str:
        version = live.facts["version"]
        if version is None:
            raise _nothing(live, "version")
        return str(version["id"])

    # -- history ---------------------------------------------------------------------------

    def history(self, live: Live) -> Sequence[Mapping[str, str]]:
        """Versions, newest first."""
        if live.kind == ENVIRONMENT:
            return [
                {
                    "version": version.label or "",
                    "id": version.id,
                    "created": version.created,
                    "state": version.build_status,
                    "commit": "",
                    "description": split(version.description)[0],
                }
                for version in self.client.list_environment_versions(live.id)
            ]
        return [_row(version) for version in self.client.list_versions(live.id)]

    # -- cancel ----------------------------------------------------------------------------

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop every running build, test and conversion; what was stopped."""
        if live.kind == ENVIRONMENT:
            latest = live.facts["latest"]
            if latest and latest["status"] in BUILDING:
                raise LiveStateError(
                    f"the build of {live.name} runs, and the platform has no way to stop it",
                    "Wait for its end; the next version replaces it.",
                )
            return ()
        stopped: list[str] = []
        try:
            for what in self._cancelled(live):
                stopped.append(what)
        except ApiError as error:
            if not stopped:
                raise
            told = f"{error.message}; stopped before that: {', '.join(stopped)}"
            raise ApiError(told, error.hint, status=error.status) from error
        return stopped

    def _cancelled(self, live: Live) -> Iterator[str]:
        version = live.facts["version"]
        for test in self.client.list_tests(live.id):
            if test.overall_status in RUNNING_TEST:
                self.client.cancel_test(test.id)
                yield f"test {test.id}"
        if version is None:
            return
        build = self.client.get_build(live.id, version["id"])
        if build and build.build_status in RUNNING_BUILD:
            self.client.cancel_build(live.id, version["id"])
            yield f"dependency build of version {version['number']}"
        for found in self.client.list_conversions(live.id, version["id"], latest=False):
            if found.conversion_in_progress:
                self.client.stop_conversion(live.id, version["id"], found.id)
                yield f"conversion {found.id}"

    # -- download --------------------------------------------------------------------------

    def download(self, live: Live, target: Path) -> Sequence[str]:
        """The files of the newest version, into a new folder."""
        if live.kind == ENVIRONMENT:
            latest = live.facts["latest"]
            if latest is None or not latest["hasContext"]:
                raise _nothing(live, "Docker context")
            download = self.client.download_environment_version(live.id, latest["id"])
        else:
            self._version(live)
            download = self.client.download_model(live.id)
        with download as content:
            return unpack(content, target)


def _row(version: Version) -> dict[str, str]:
    commit = version.git_model_version
    return {
        "version": version.number,
        "id": version.id,
        "created": version.created,
        "state": "frozen" if version.is_frozen else "",
        "commit": commit.main_branch_commit_sha if commit else "",
        "description": split(version.description)[0],
    }


def _tail(log: str, lines: int) -> str:
    return "\n".join(log.splitlines()[-lines:])


def _nothing(live: Live, what: str) -> LiveStateError:
    return LiveStateError(
        f"{live.kind} {live.name} has no {what}", "`reconciler history` shows what there is."
    )
