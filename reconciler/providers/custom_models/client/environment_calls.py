"""The operations on execution environments: one typed method each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.providers.custom_models.client.calls import Calls, Download, Opener
from reconciler.providers.custom_models.client.responses import BuiltVersion, Environment
from reconciler.providers.response import parse


class EnvironmentCalls(Calls):
    """``executionEnvironments/`` and what lies below it."""

    def list_environments(self) -> list[Environment]:
        """GET executionEnvironments/"""
        return [parse(Environment, item) for item in self._all("executionEnvironments/")]

    def get_environment(self, environment: str) -> Environment:
        """GET executionEnvironments/{id}/"""
        return parse(Environment, self.http.get(f"executionEnvironments/{environment}/"))

    def create_environment(self, body: Mapping[str, Any]) -> str:
        """POST executionEnvironments/; the new id."""
        return str(self._json("POST", "executionEnvironments/", body)["id"])

    def update_environment(self, environment: str, body: Mapping[str, Any]) -> None:
        """PATCH executionEnvironments/{id}/"""
        self._json("PATCH", f"executionEnvironments/{environment}/", body)

    def delete_environment(self, environment: str) -> None:
        """DELETE executionEnvironments/{id}/: marked as deleted, gone from every API."""
        self.http.write("DELETE", f"executionEnvironments/{environment}/")

    def list_environment_versions(self, environment: str) -> list[BuiltVersion]:
        """GET executionEnvironments/{id}/versions/, newest first."""
        found = self._all(f"executionEnvironments/{environment}/versions/")
        return [parse(BuiltVersion, item) for item in found]

    def get_environment_version(self, environment: str, version: str) -> BuiltVersion:
        """GET executionEnvironments/{id}/versions/{versionId}/"""
        path = f"executionEnvironments/{environment}/versions/{version}/"
        return parse(BuiltVersion, self.http.get(path))

    def create_environment_version(
        self, environment: str, fields: Mapping[str, Any], uploads: Mapping[str, tuple[str, Opener]]
    ) -> str:
        """POST executionEnvironments/{id}/versions/, multipart; the new version's id."""
        path = f"executionEnvironments/{environment}/versions/"
        files = [(name, filename, opener) for name, (filename, opener) in uploads.items()]
        return str(self._form("POST", path, fields.items(), files)["id"])

    def get_environment_build_log(self, environment: str, version: str) -> str:
        """GET executionEnvironments/{id}/versions/{versionId}/buildLog/: log, then error."""
        path = f"executionEnvironments/{environment}/versions/{version}/buildLog/"
        answer = self.http.get(path)
        return "\n".join(str(answer[key]) for key in ("log", "error") if answer.get(key))

    def download_environment_version(self, environment: str, version: str) -> Download:
        """GET executionEnvironments/{id}/versions/{versionId}/download/: the Docker context."""
        path = f"executionEnvironments/{environment}/versions/{version}/download/"
        return self.http.download(path)

    def erase_environments(self, environments: Sequence[str]) -> None:
        """POST executionEnvironmentsPermadelete/: only what was deleted before, 10 ids a call."""
        body = {"executionEnvironmentIds": list(environments)}
        self._json("POST", "executionEnvironmentsPermadelete/", body)
