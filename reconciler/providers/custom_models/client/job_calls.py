"""The operations on jobs of a model version: one typed method each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.errors import ApiError
from reconciler.providers.custom_models.client.calls import Calls
from reconciler.providers.custom_models.client.responses import Build, Conversion, Impact, ModelTest
from reconciler.providers.http import FINISHED
from reconciler.providers.response import parse

DONE = "COMPLETED"


def _version(model: str, version: str) -> str:
    return f"customModels/{model}/versions/{version}"


class JobCalls(Calls):
    """Builds, tests, conversions, feature impact, explanations and their statuses."""

    def get_status(self, status: str) -> tuple[str, str, str]:
        """GET status/{id}/: state, message, and where a finished job's result is.

        A finished job answers 303 to its result; a failed one 200 with ERROR or ABORTED.
        """
        answer = self.http.read(f"status/{status}/")
        location = answer.headers.get("location", "")
        if answer.status == FINISHED:
            return DONE, "", location
        told = answer.json()
        return str(told.get("status", "")).upper(), str(told.get("message") or ""), location

    # -- dependency builds -----------------------------------------------------------------

    def start_build(self, model: str, version: str) -> Build:
        """POST customModels/{id}/versions/{versionId}/dependencyBuild/"""
        return parse(
            Build, self._json("POST", f"{_version(model, version)}/dependencyBuild/", None)
        )

    def get_build(self, model: str, version: str) -> Build | None:
        """GET .../dependencyBuild/; None (422) when none was started."""
        return self._if_any(Build, f"{_version(model, version)}/dependencyBuild/", 422)

    def cancel_build(self, model: str, version: str) -> None:
        """DELETE .../dependencyBuild/"""
        self.http.write("DELETE", f"{_version(model, version)}/dependencyBuild/")

    def get_build_log(self, model: str, version: str) -> str:
        """GET .../dependencyBuildLog/: declared as JSON with ``data``, also seen as plain text."""
        answer = self.http.read(f"{_version(model, version)}/dependencyBuildLog/")
        if "json" not in answer.headers.get("content-type", ""):
            return answer.text
        told = answer.json()
        return str(told.get("data", "")) if isinstance(told, dict) else str(told)

    # -- model tests -----------------------------------------------------------------------

    def list_tests(self, model: str) -> list[ModelTest]:
        """GET customModelTests/?customModelId=, newest first."""
        found = self._all("customModelTests/", customModelId=model)
        return [parse(ModelTest, item) for item in found]

    def start_test(self, body: Mapping[str, Any]) -> str:
        """POST customModelTests/; the job's status."""
        return self._job("POST", "customModelTests/", body)

    def get_test(self, test: str) -> ModelTest:
        """GET customModelTests/{id}/"""
        return parse(ModelTest, self.http.get(f"customModelTests/{test}/"))

    def cancel_test(self, test: str) -> None:
        """DELETE customModelTests/{id}/"""
        self.http.write("DELETE", f"customModelTests/{test}/")

    def get_test_log(self, test: str) -> str:
        """GET customModelTests/{id}/log/: the whole log as a file."""
        return self.http.read(f"customModelTests/{test}/log/").text

    def get_test_tail(self, test: str, lines: int) -> str:
        """GET customModelTests/{id}/tail/: its last 1 to 1,000 lines."""
        return str(self.http.get(f"customModelTests/{test}/tail/", lines=lines).get("log", ""))

    # -- conversions -----------------------------------------------------------------------

    def list_conversions(self, model: str, version: str, *, latest: bool) -> list[Conversion]:
        """GET .../conversions/, newest first, or the newest only."""
        path = f"{_version(model, version)}/conversions/"
        wanted = {"isLatest": "true"} if latest else {}
        return [parse(Conversion, item) for item in self._all(path, **wanted)]

    def start_conversion(self, model: str, version: str, item: str) -> str:
        """POST .../conversions/; the new conversion's id."""
        path = f"{_version(model, version)}/conversions/"
        return str(self._json("POST", path, {"mainProgramItemId": item})["conversionId"])

    def get_conversion(self, model: str, version: str, conversion: str) -> Conversion:
        """GET .../conversions/{conversionId}/"""
        path = f"{_version(model, version)}/conversions/{conversion}/"
        return parse(Conversion, self.http.get(path))

    def stop_conversion(self, model: str, version: str, conversion: str) -> None:
        """DELETE .../conversions/{conversionId}/"""
        self.http.write("DELETE", f"{_version(model, version)}/conversions/{conversion}/")

    # -- feature impact and explanations ---------------------------------------------------

    def get_impact(self, model: str, version: str) -> Impact:
        """GET .../featureImpact/; 404 when there is none, 422 while one is computed."""
        return parse(Impact, self.http.get(f"{_version(model, version)}/featureImpact/"))

    def start_impact(self, model: str, version: str, body: Mapping[str, Any]) -> str:
        """POST .../featureImpact/; the job's status."""
        return self._job("POST", f"{_version(model, version)}/featureImpact/", body)

    def get_image_impact(self, image: str) -> Impact:
        """GET customInferenceImages/{imageId}/featureImpact/ (deprecated)"""
        return parse(Impact, self.http.get(f"customInferenceImages/{image}/featureImpact/"))

    def start_image_impact(self, image: str, body: Mapping[str, Any]) -> str:
        """POST customInferenceImages/{imageId}/featureImpact/ (deprecated); the job's status."""
        return self._job("POST", f"customInferenceImages/{image}/featureImpact/", body)

    def start_explanations(self, model: str, version: str) -> str:
        """POST .../predictionExplanationsInitialization/; the job's status."""
        path = f"{_version(model, version)}/predictionExplanationsInitialization/"
        return self._job("POST", path)

    def start_explanations_of_model(self, body: Mapping[str, Any]) -> str:
        """POST customModels/predictionExplanationsInitialization/ (deprecated)"""
        return self._job("POST", "customModels/predictionExplanationsInitialization/", body)

    def _if_any(self, model: type[Build], path: str, none: int) -> Build | None:
        try:
            return parse(model, self.http.get(path))
        except ApiError as error:
            if error.status == none:
                return None
            raise
