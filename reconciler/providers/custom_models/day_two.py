"""Looking after what is live: logs, history, running jobs, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.core.marker import split
from reconciler.core.resource import Live
from reconciler.errors import ApiError, LiveStateError, SettingsError
from reconciler.providers.custom_models.build import RUNNING_BUILD
from reconciler.providers.custom_models.client import operations as api
from reconciler.providers.custom_models.client.responses import Version
from reconciler.providers.custom_models.conversion import latest_conversion
from reconciler.providers.custom_models.environment_version import BUILDING
from reconciler.providers.custom_models.facts import VersionFacts, environment_facts, model_facts
from reconciler.providers.custom_models.model_test import RUNNING_TEST, read_tail
from reconciler.providers.unpack import unpack

if TYPE_CHECKING:
    from reconciler.providers.custom_models.client.client import Client

ENVIRONMENT = "ExecutionEnvironment"
TAIL_AT_ONCE = 1000
"""Most lines that GET customModelTests/{id}/tail/ gives; more come from the whole log."""


class DayTwo:
    """Reads for people, and the cancelling of jobs."""

    def __init__(self, client: Client) -> None:
        self.client = client

    # -- logs ------------------------------------------------------------------------------

    def logs(self, live: Live, job: str, lines: int) -> str:
        """The end of the newest log of this kind; LiveStateError without one."""
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
        latest = environment_facts(live).latest
        if latest is None:
            raise _nothing(live, "version")
        return self.client.read(api.GET_ENVIRONMENT_BUILD_LOG, live.id, latest.id).text

    def _build_log(self, live: Live, lines: int) -> str:
        try:
            return self.client.read(api.GET_BUILD_LOG, live.id, _version(live).id)
        except ApiError as error:
            # 404 while it runs, 422 when it was never started.
            if error.status in (404, 422):
                raise _nothing(live, "finished dependency build") from error
            raise

    def _test_log(self, live: Live, lines: int) -> str:
        test = next(self.client.every(api.LIST_TESTS, customModelId=live.id), None)
        if test is None:
            raise _nothing(live, "test")
        if lines > TAIL_AT_ONCE:
            return self.client.read(api.GET_TEST_LOG, test.id)
        return read_tail(self.client, test.id, lines)

    def _conversion_log(self, live: Live, lines: int) -> str:
        latest = latest_conversion(self.client, live.id, _version(live).id)
        if latest is None:
            raise _nothing(live, "conversion")
        return latest.log_message or ""

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
                for version in self.client.every(api.LIST_ENVIRONMENT_VERSIONS, live.id)
            ]
        return [_row(version) for version in self.client.every(api.LIST_VERSIONS, live.id)]

    # -- cancel ----------------------------------------------------------------------------

    def cancel(self, live: Live) -> Sequence[str]:
        """Stop every running build, test and conversion; what was stopped."""
        if live.kind == ENVIRONMENT:
            latest = environment_facts(live).latest
            if latest and latest.status in BUILDING:
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
            message = f"{error.message}; stopped before that: {', '.join(stopped)}"
            raise ApiError(message, error.hint, status=error.status) from error
        return stopped

    def _cancelled(self, live: Live) -> Iterator[str]:
        version = model_facts(live).version
        for test in self.client.every(api.LIST_TESTS, customModelId=live.id):
            if test.overall_status in RUNNING_TEST:
                self.client.write(api.CANCEL_TEST, test.id)
                yield f"test {test.id}"
        if version is None:
            return
        build = self.client.build_of(live.id, version.id)
        if build and build.build_status in RUNNING_BUILD:
            self.client.write(api.CANCEL_BUILD, live.id, version.id)
            yield f"dependency build of version {version.number}"
        for each in self.client.every(api.LIST_CONVERSIONS, live.id, version.id):
            if each.conversion_in_progress:
                self.client.write(api.STOP_CONVERSION, live.id, version.id, each.id)
                yield f"conversion {each.id}"

    # -- download --------------------------------------------------------------------------

    def download(self, live: Live, target: Path) -> Sequence[str]:
        """The files of the newest version, into a new folder."""
        if live.kind == ENVIRONMENT:
            latest = environment_facts(live).latest
            if latest is None or not latest.has_context:
                raise _nothing(live, "Docker context")
            ids = live.id, latest.id
            download = self.client.download(api.DOWNLOAD_ENVIRONMENT_VERSION, *ids)
        else:
            _version(live)
            download = self.client.download(api.DOWNLOAD_MODEL, live.id)
        with download as content:
            return unpack(content, target)


def _version(live: Live) -> VersionFacts:
    version = model_facts(live).version
    if version is None:
        raise _nothing(live, "version")
    return version


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
