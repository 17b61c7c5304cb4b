"""Checks of the provider settings in a project file: keys, secrets, endpoints, pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.core.nearest import did_you_mean
from reconciler.desired.path_problem import Keys, PathProblem, Report, shown
from reconciler.desired.variables import WHOLE_ENV, reads_environment
from reconciler.provider_source import ENDPOINT, SOURCES, SettingsSource

_SECRET_WORDS: Final = ("token", "key", "secret", "password")


def check_settings(
    provider: str, settings: Mapping[str, str], keys: Keys, report: Report, *, target: bool = False
) -> None:
    """Report what is wrong with the settings of one provider; ``keys`` lead to them.

    ``target``: they belong to a target and override those of the project.
    """
    source = SOURCES.get(provider)
    for setting, text in settings.items():
        at = (*keys, setting)
        if _secret(setting) and not WHOLE_ENV.fullmatch(text):
            report(_secret_in_file(setting, at))
        elif source and setting not in source.keys:
            report(_unknown(setting, source, at))
        elif setting == ENDPOINT and reads_environment(text) and not WHOLE_ENV.fullmatch(text):
            report(_part_of_endpoint(at))
    if source and target:
        _check_pair(provider, settings, keys, report)


def token_keys(provider: str) -> tuple[str, ...]:
    """The settings that hold a token of this provider, () for an unknown one."""
    return tuple(key for key, _ in SOURCES[provider].tokens) if provider in SOURCES else ()


def tokens_in(provider: str, settings: Mapping[str, str]) -> tuple[str, ...]:
    """Those of ``token_keys`` that are set here."""
    return tuple(key for key in token_keys(provider) if key in settings)


def _check_pair(provider: str, settings: Mapping[str, str], keys: Keys, report: Report) -> None:
    # The other half would come from another platform: its token would go to the wrong endpoint.
    tokens = tokens_in(provider, settings)
    if bool(tokens) == (ENDPOINT in settings):
        return
    present, absent = (tokens[0], ENDPOINT) if tokens else (ENDPOINT, token_keys(provider)[0])
    message = f"this target sets {present} but not {absent}"
    hint = f"Set {absent} too, so that a token is never sent to the endpoint of another target."
    report(PathProblem("incomplete-settings", message, hint, keys, True))


def _secret_in_file(setting: str, at: Keys) -> PathProblem:
    message = f"{setting} is a secret and may not stand in a file"
    hint = "Write ${env.NAME} and set that environment variable."
    return PathProblem("secret-in-file", message, hint, at)


def _unknown(setting: str, source: SettingsSource, at: Keys) -> PathProblem:
    message = f"unknown setting {shown(setting)}{did_you_mean(setting, source.keys)}"
    hint = f"Settings: {', '.join(source.keys)}."
    return PathProblem("unknown-setting", message, hint, at, True)


def _part_of_endpoint(at: Keys) -> PathProblem:
    message = "an environment variable must be the whole endpoint, not a part of it"
    hint = (
        "Write the endpoint in full, or use a single ${env.NAME} as the whole value: a variable "
        "inside a URL would be sent in the path of every request."
    )
    return PathProblem("variable-in-endpoint", message, hint, at)


def _secret(setting: str) -> bool:
    return any(word in setting.casefold() for word in _SECRET_WORDS)
