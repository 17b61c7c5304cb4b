"""The settings of every provider by name: keys of the project file and environment variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ENDPOINT: Final = "endpoint"
CA_BUNDLE: Final = "caBundle"


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where the settings of one provider come from.

    ``endpoint`` is the environment variable of the endpoint; ``tokens`` are the keys of a secret in
    the project file, each with the variable that serves without it; ``needs_suffix`` ends every
    endpoint.
    """

    endpoint: str
    tokens: tuple[tuple[str, str], ...]
    needs_suffix: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """All settings that the project file may have for this provider."""
        return (ENDPOINT, *(key for key, _ in self.tokens), CA_BUNDLE)


SOURCES: Final[Mapping[str, SettingsSource]] = {
    "custom_models": SettingsSource(
        "DATAROBOT_ENDPOINT", (("token", "DATAROBOT_API_TOKEN"),), "/api/v2"
    ),
    "model_registry": SettingsSource("TFY_HOST", (("token", "TFY_API_KEY"),)),
    "model_runs": SettingsSource(
        "MODEL_RUNS_URL", (("token", "MODEL_RUNS_TOKEN"), ("apiKey", "MODEL_RUNS_API_KEY"))
    ),
    "batch_inference": SettingsSource(
        "BATCH_INFERENCE_URL", (("token", "BATCH_INFERENCE_API_KEY"),)
    ),
}
