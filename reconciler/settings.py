"""Endpoints and tokens: the project file first, then the environment; the only reader of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.endpoint import check_allowed, is_usable
from reconciler.errors import SettingsError
from reconciler.provider_source import CA_BUNDLE, SOURCES, SettingsSource

Keys = tuple[tuple[str, str], ...]
"""Settings of the project file, each with the environment variable that serves without it."""

SHORTEST_TOKEN = 8
_NO_BLANKS = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """Where one provider's platform is, and the secret that opens it (never shown)."""

    endpoint: str
    token: str = field(repr=False)
    token_is_key: bool = False
    ca_bundle: str | None = None
    rate: float | None = None
    parallel: int = 8


def environment() -> Mapping[str, str]:
    """The process environment, for the Project document and for ``provider_settings``."""
    return dict(os.environ)


def tokens_of(env: Mapping[str, str]) -> tuple[str, ...]:
    """The tokens of all providers in this environment."""
    names = [variable for source in SOURCES.values() for _, variable in source.tokens]
    return tuple(env[name] for name in names if env.get(name))


def provider_settings(
    name: str,
    project: Mapping[str, str],
    missing: Mapping[str, str],
    env: Mapping[str, str],
    sources: Mapping[str, SettingsSource] = SOURCES,
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
    source = sources[name]
    _, endpoint = _held(name, (("endpoint", source.endpoint),), project, env)
    endpoint = _checked(name, source, endpoint.rstrip("/"))
    check_allowed(name, endpoint, env)
    key, token = _held(name, source.tokens, project, env)
    if not _NO_BLANKS.fullmatch(token):
        raise SettingsError(
            f"the {key} of {name} has characters that no HTTP header can carry",
            "Set it again, without quotes, blanks or line ends in it.",
        )
    if len(token) < SHORTEST_TOKEN:
        raise SettingsError(
            f"the {key} of {name} has fewer than {SHORTEST_TOKEN} characters",
            "Set the whole token; so short a text cannot be removed from messages.",
        )
    return ProviderSettings(endpoint, token, key == "apiKey", _bundle(name, project, env))


def _bundle(name: str, project: Mapping[str, str], env: Mapping[str, str]) -> str | None:
    path = project.get(CA_BUNDLE) or env.get("SSL_CERT_FILE") or None
    if path and not os.path.isfile(path):
        # The value is not shown: it can be any variable of the environment, a token too.
        setting = f"providers.{name}.{CA_BUNDLE}" if project.get(CA_BUNDLE) else "SSL_CERT_FILE"
        raise SettingsError(
            f"{setting} does not name a file", f"Set {setting} to the path of a PEM file."
        )
    return path


def _held(
    name: str, keys: Keys, project: Mapping[str, str], env: Mapping[str, str]
) -> tuple[str, str]:
    """The first key that is set, and its value; the environment serves a silent project only."""
    written = [(key, project[key]) for key, _ in keys if key in project]
    found = written or [(key, env[variable]) for key, variable in keys if env.get(variable)]
    if not found or not found[0][1].strip():
        raise _missing(name, *keys[0])
    return found[0][0], found[0][1].strip()


def _checked(name: str, source: SettingsSource, endpoint: str) -> str:
    # The value is not shown: the two variables are easily swapped, and it may be the token.
    if not is_usable(endpoint):
        raise SettingsError(
            f"the endpoint of {name} is not a plain http(s) URL",
            f"Set providers.{name}.endpoint or {source.endpoint}, like "
            f"https://app.example.com{source.needs_suffix}, without user, query or fragment.",
        )
    if not endpoint.endswith(source.needs_suffix):
        raise SettingsError(
            f"the endpoint of {name} must end in {source.needs_suffix}",
            f"Set {source.endpoint} like https://app.example.com{source.needs_suffix}.",
        )
    return endpoint


def _missing(name: str, key: str, variable: str) -> SettingsError:
    return SettingsError(
        f"no {key} for {name}",
        f"Set {variable}, or providers.{name}.{key} in reconciler.yaml; "
        "`reconciler emulator` serves for a first try.",
    )
