"""The operations of the custom models API that we use: one typed method each.

Paths are relative to the endpoint, which ends in ``/api/v2``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

from reconciler.providers.custom_models.wire import (
    Access,
    BuiltVersion,
    Environment,
    Model,
    Version,
    parse,
)
from reconciler.providers.http import Http

PAGE = 100

Opener = Callable[[], BinaryIO]
"""Opens the bytes of one upload anew; called once per sending."""


class Client:
    """Typed calls over one ``Http``."""

    def __init__(self, http: Http) -> None:
        self.http = http

    # -- execution environments ------------------------------------------------------------

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

    def download_environment_version(self, environment: str, version: str) -> bytes:
        """GET executionEnvironments/{id}/versions/{versionId}/download/: the Docker context."""
        path = f"executionEnvironments/{environment}/versions/{version}/download/"
        return self.http.read(path).content

    # -- custom models ---------------------------------------------------------------------

    def list_models(self) -> list[Model]:
        """GET customModels/, oldest first so that a model made meanwhile shifts no page."""
        found = self._all("customModels/", customModelType="inference", orderBy="created")
        return [parse(Model, item) for item in found]

    def get_model(self, model: str) -> Model:
        """GET customModels/{id}/"""
        return parse(Model, self.http.get(f"customModels/{model}/"))

    def create_model(self, body: Mapping[str, Any]) -> Model:
        """POST customModels/"""
        return parse(Model, self._json("POST", "customModels/", body))

    def update_model(self, model: str, body: Mapping[str, Any]) -> None:
        """PATCH customModels/{id}/ (documented as 201, seen as 200: any success counts)."""
        self._json("PATCH", f"customModels/{model}/", body)

    def delete_model(self, model: str) -> None:
        """DELETE customModels/{id}/"""
        self.http.write("DELETE", f"customModels/{model}/")

    def list_versions(self, model: str) -> list[Version]:
        """GET customModels/{id}/versions/, newest first."""
        return [parse(Version, item) for item in self._all(f"customModels/{model}/versions/")]

    def get_version(self, model: str, version: str) -> Version:
        """GET customModels/{id}/versions/{versionId}/"""
        return parse(Version, self.http.get(f"customModels/{model}/versions/{version}/"))

    def create_version(
        self, model: str, fields: Mapping[str, Any], files: Mapping[str, Opener]
    ) -> Version:
        """POST customModels/{id}/versions/: a version with these files only."""
        return self._version("POST", model, fields, files)

    def create_version_from_latest(
        self, model: str, fields: Mapping[str, Any], files: Mapping[str, Opener]
    ) -> Version:
        """PATCH customModels/{id}/versions/: the latest version with files put in or taken out."""
        return self._version("PATCH", model, fields, files)

    def update_version(self, model: str, version: str, body: Mapping[str, Any]) -> None:
        """PATCH customModels/{id}/versions/{versionId}/: description and other metadata."""
        self._json("PATCH", f"customModels/{model}/versions/{version}/", body)

    def download_version(self, model: str, version: str) -> bytes:
        """GET customModels/{id}/versions/{versionId}/download/: a zip of its files."""
        return self.http.read(f"customModels/{model}/versions/{version}/download/").content

    # -- sharing ---------------------------------------------------------------------------

    def list_access(self, collection: str, identity: str) -> list[Access]:
        """GET {customModels|executionEnvironments}/{id}/accessControl/"""
        found = self._all(f"{collection}/{identity}/accessControl/")
        return [parse(Access, item) for item in found]

    def share(self, collection: str, identity: str, roles: list[Mapping[str, Any]]) -> None:
        """PATCH {customModels|executionEnvironments}/{id}/accessControl/: 100 roles at most."""
        self._json("PATCH", f"{collection}/{identity}/accessControl/", {"data": roles})

    # -- how they travel -------------------------------------------------------------------

    def _all(self, path: str, **params: Any) -> Iterable[dict[str, Any]]:
        return self.http.pages(path, offset=0, limit=PAGE, **params)

    def _json(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        return self.http.json_of(self.http.write(method, path, lambda: {"json": dict(body)}))

    def _version(
        self, method: str, model: str, fields: Mapping[str, Any], files: Mapping[str, Opener]
    ) -> Version:
        pairs = [(key, value) for key, value in fields.items() if not isinstance(value, list)]
        lists = [(key, item) for key, value in fields.items() if isinstance(value, list)
                 for item in value]  # fmt: skip
        # The n-th ``file`` belongs to the n-th ``filePath``.
        paths = [("filePath", path) for path in files]
        uploads = [("file", path.rpartition("/")[2], opener) for path, opener in files.items()]
        path = f"customModels/{model}/versions/"
        return parse(Version, self._form(method, path, [*pairs, *lists, *paths], uploads))

    def _form(
        self,
        method: str,
        path: str,
        fields: Iterable[tuple[str, Any]],
        uploads: Iterable[tuple[str, str, Opener]],
    ) -> Any:
        texts = [(key, form_text(value)) for key, value in fields]
        uploads = tuple(uploads)
        with ExitStack() as stack:

            def body() -> dict[str, Any]:
                # A file may have been read by a try before: every sending opens it anew.
                parts: list[Any] = [(key, (None, text)) for key, text in texts]
                for key, filename, opener in uploads:
                    stream = stack.enter_context(opener())
                    parts.append((key, (filename, stream, "application/octet-stream")))
                return {"files": parts}

            return self.http.json_of(self.http.write(method, path, body))


def form_text(value: Any) -> str:
    """One value of a multipart form.

    The API types numbers and booleans of its forms as ``integer or null``; a form has no null, an
    empty field is the nearest there is.  Objects travel as JSON text (``trainingData``,
    ``requiredMetadataValues``, ``gitModelVersion``).
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    return value if isinstance(value, str) else json.dumps(value)
