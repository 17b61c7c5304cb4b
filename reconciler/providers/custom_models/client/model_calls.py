"""The operations on custom models, their versions and access lists: one typed method each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.providers.custom_models.client.calls import Calls, Download, Opener
from reconciler.providers.custom_models.client.responses import Access, Limits, Model, Version
from reconciler.providers.response import parse


class ModelCalls(Calls):
    """``customModels/`` and what lies below it, without the jobs."""

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

    def download_version(self, model: str, version: str) -> Download:
        """GET customModels/{id}/versions/{versionId}/download/: a zip of its files."""
        return self.http.download(f"customModels/{model}/versions/{version}/download/")

    def download_model(self, model: str) -> Download:
        """GET customModels/{id}/download/: a zip of the latest version's files."""
        return self.http.download(f"customModels/{model}/download/")

    def copy_model(self, model: str) -> Model:
        """POST customModels/fromCustomModel/: metadata, versions and files, another id."""
        body = {"customModelId": model}
        return parse(Model, self._json("POST", "customModels/fromCustomModel/", body))

    def create_model_from_template(self, body: Mapping[str, Any]) -> tuple[str, str]:
        """POST customModels/fromModelTemplate/; ids of the new model and of its version."""
        made = self._json("POST", "customModels/fromModelTemplate/", body)
        return str(made["customModelId"]), str(made["customModelVersionId"])

    def create_version_from_repository(self, model: str, body: Mapping[str, Any]) -> str:
        """POST customModels/{id}/versions/fromRepository/: only these files; the job's status."""
        return self._job("POST", f"customModels/{model}/versions/fromRepository/", body)

    def update_version_from_repository(self, model: str, body: Mapping[str, Any]) -> str:
        """PATCH customModels/{id}/versions/fromRepository/: on the latest version's files."""
        return self._job("PATCH", f"customModels/{model}/versions/fromRepository/", body)

    def create_version_with_training_data(self, model: str, body: Mapping[str, Any]) -> str:
        """PATCH customModels/{id}/versions/withTrainingData/ (deprecated); the job's status."""
        return self._job("PATCH", f"customModels/{model}/versions/withTrainingData/", body)

    def assign_training_data(self, model: str, body: Mapping[str, Any]) -> str:
        """PATCH customModels/{id}/trainingData/ (deprecated); the job's status."""
        return self._job("PATCH", f"customModels/{model}/trainingData/", body)

    def get_limits(self) -> Limits:
        """GET customModelLimits/"""
        return parse(Limits, self.http.get("customModelLimits/"))

    def list_access(self, collection: str, identity: str) -> list[Access]:
        """GET {customModels|executionEnvironments}/{id}/accessControl/"""
        found = self._all(f"{collection}/{identity}/accessControl/")
        return [parse(Access, item) for item in found]

    def share(self, collection: str, identity: str, roles: list[Mapping[str, Any]]) -> None:
        """PATCH {customModels|executionEnvironments}/{id}/accessControl/: 100 roles at most."""
        self._json("PATCH", f"{collection}/{identity}/accessControl/", {"data": roles})

    def _version(
        self, method: str, model: str, fields: Mapping[str, Any], files: Mapping[str, Opener]
    ) -> Version:
        # Other lists (``requiredMetadataValues``) travel as one JSON text.
        pairs = [(key, value) for key, value in fields.items() if key != "filesToDelete"]
        lists = [("filesToDelete", item) for item in fields.get("filesToDelete", ())]
        # The n-th ``file`` belongs to the n-th ``filePath``.
        paths = [("filePath", path) for path in files]
        uploads = [("file", path.rpartition("/")[2], opener) for path, opener in files.items()]
        path = f"customModels/{model}/versions/"
        return parse(Version, self._form(method, path, [*pairs, *lists, *paths], uploads))
