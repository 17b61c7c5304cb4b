"""Endpoints and tokens: the project file first, then the environment; the only reader of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where one provider's platform is, and the secret that opens it (never shown)."""

    endpoint: str
    token: str = field(repr=False)
    token_is_key: bool = False
    ca_bundle: str | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    endpoint: str
    tokens: tuple[tuple[str, str], ...]
    needs_suffix: str = ""


# Setting in the project file -> environment variable that serves where it is absent.
SOURCES: Mapping[str, _Source] = {
    "custom_models": _Source("DATAROBOT_ENDPOINT", (("token", "DATAROBOT_API_TOKEN"),), "/api/v2"),
    "model_registry": _Source("TFY_HOST", (("token", "TFY_API_KEY"),)),
    "model_runs": _Source(
        "MODEL_RUNS_URL", (("token", "MODEL_RUNS_TOKEN"), ("apiKey", "MODEL_RUNS_API_KEY"))
    ),
    "batch_inference": _Source("BATCH_INFERENCE_URL", (("token", "BATCH_INFERENCE_API_KEY"),)),
}


def environment() -> Mapping[str, str]:
    """The process environment, for the Project document and for ``provider_settings``."""
    return dict(os.environ)


def provider_settings(
    name: str, project: Mapping[str, str], missing: Mapping[str, str], env: Mapping[str, str]
) -> ProviderSettings:
    """Settings of a provider that is about to be used.

    ``missing`` names, per setting of the project file, the variable that it reads and that is not
    set: nothing else may stand in for it, or a run could reach the wrong platform.  Raises
    SettingsError that names what is missing, never what is there.
    """
    for key, variable in missing.items():
        raise SettingsError(
            f"{variable} is not set, and providers.{name}.{key} reads it",
            f"Set {variable}, or change {key} in reconciler.yaml.",
        )
    source = SOURCES[name]
    endpoint = (project.get("endpoint") or env.get(source.endpoint, "")).rstrip("/")
    if not endpoint:
        raise _missing(name, "endpoint", source.endpoint)
    if not endpoint.startswith(("http://", "https://")):
        raise SettingsError(
            f"the endpoint of {name} is no http(s) URL: {endpoint.split('@')[-1]!r}",
            f"Set providers.{name}.endpoint or {source.endpoint}.",
        )
    if not endpoint.endswith(source.needs_suffix):
        raise SettingsError(
            f"the endpoint of {name} must end in {source.needs_suffix}",
            f"Set {source.endpoint} like https://app.example.com{source.needs_suffix}.",
        )
    bundle = project.get("caBundle") or env.get("SSL_CERT_FILE") or None
    for key, variable in source.tokens:
        token = project.get(key) or env.get(variable, "")
        if token:
            return ProviderSettings(endpoint, token, key == "apiKey", bundle)
    raise _missing(name, source.tokens[0][0], source.tokens[0][1])


def _missing(name: str, key: str, variable: str) -> SettingsError:
    return SettingsError(
        f"no {key} for {name}",
        f"Set {variable}, or providers.{name}.{key} in reconciler.yaml; "
        "`reconciler emulator` serves for a first try.",
    )
