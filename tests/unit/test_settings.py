"""Endpoints and tokens of providers.

Cases: the project file before the environment, what is not set and has no stand-in, forms of
endpoints and tokens, secrets in no message and no representation, every provider's variables.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.errors import SettingsError
from reconciler.provider_source import SOURCES
from reconciler.settings import ProviderSettings, environment, provider_settings

ENDPOINT = "https://app.example.com/api/v2"
SECRET = "s3cr3t-T0ken"
ENV = {"DATAROBOT_ENDPOINT": ENDPOINT, "DATAROBOT_API_TOKEN": SECRET}


def settings(
    project: Mapping[str, str] | None = None,
    env: Mapping[str, str] = ENV,
    missing: Mapping[str, str] | None = None,
    name: str = "custom_models",
) -> ProviderSettings:
    """The settings of a provider."""
    return provider_settings(name, project or {}, missing or {}, env)


def refused(
    project: Mapping[str, str] | None = None,
    env: Mapping[str, str] = ENV,
    missing: Mapping[str, str] | None = None,
    name: str = "custom_models",
) -> SettingsError:
    """The error; no secret may be in it, nor in its trace."""
    with pytest.raises(SettingsError) as caught:
        settings(project, env, missing, name)
    error = caught.value
    told = "".join(traceback.format_exception(error)) + error.message + error.hint + repr(error)
    assert SECRET not in told
    assert error.hint
    return error


def test_the_environment_serves_where_the_project_says_nothing() -> None:
    assert settings() == ProviderSettings(ENDPOINT, SECRET)


def test_the_project_file_beats_the_environment() -> None:
    project = {"endpoint": "https://prod.example.com/api/v2", "token": "other-token"}
    assert settings(project) == ProviderSettings("https://prod.example.com/api/v2", "other-token")
    assert settings({"token": "other-token"}) == ProviderSettings(ENDPOINT, "other-token")


@pytest.mark.parametrize("gone", ["DATAROBOT_ENDPOINT", "DATAROBOT_API_TOKEN"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_is_not_set_is_named_with_its_variable(gone: str, value: str | None) -> None:
    env = {**ENV, gone: value} if value is not None else {k: v for k, v in ENV.items() if k != gone}
    error = refused(env=env)
    assert gone in error.hint
    assert "custom_models" in error.message
    assert error.exit_code == 1


def test_a_variable_that_the_project_reads_and_is_not_set_has_no_stand_in() -> None:
    error = refused({"endpoint": ENDPOINT}, missing={"token": "PROD_TOKEN"})
    assert "PROD_TOKEN" in error.message
    assert "providers.custom_models.token" in error.message
    refused({"token": SECRET}, missing={"endpoint": "PROD_ENDPOINT"})


@pytest.mark.parametrize("project", [{"endpoint": ""}, {"token": ""}])
def test_an_empty_setting_of_the_project_has_no_stand_in(project: dict[str, str]) -> None:
    refused(project)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (ENDPOINT, ENDPOINT),
        (f"{ENDPOINT}/", ENDPOINT),
        (f"{ENDPOINT}//", ENDPOINT),
        (f" {ENDPOINT}\n", ENDPOINT),
        ("http://127.0.0.1:8080/api/v2", "http://127.0.0.1:8080/api/v2"),
        ("http://[::1]:8080/api/v2", "http://[::1]:8080/api/v2"),
        ("https://app.example.com/mounted/api/v2", "https://app.example.com/mounted/api/v2"),
    ],
)
def test_endpoints_in_every_usual_form(written: str, meant: str) -> None:
    assert settings({"endpoint": written}).endpoint == meant


@pytest.mark.parametrize(
    "wrong",
    [
        "app.example.com/api/v2",
        "ftp://app.example.com/api/v2",
        "//app.example.com/api/v2",
        "https:///api/v2",
        "https://:8080/api/v2",
        "https://app.example.com",
        "https://app.example.com/api/v3",
        "https://app.example.com/xapi/v2",
        f"https://somebody:{SECRET}@app.example.com/api/v2",
        f"https://app.example.com/api/v2?token={SECRET}",
        f"https://app.example.com/?token={SECRET}/api/v2",
        "https://app.example.com/#/api/v2",
        "https://app.example.com:port/api/v2",
        "https://app.example.com:99999/api/v2",
        "https://[::1/api/v2",
        "https://app example.com/api/v2",
        "https://app.example.com\n/api/v2",
        SECRET,
        f"{SECRET}@x/api/v2",
    ],
)
def test_an_endpoint_that_cannot_be_used_is_refused_and_not_shown(wrong: str) -> None:
    assert "endpoint" in refused({"endpoint": wrong}).message


def test_a_provider_without_a_fixed_path_takes_any() -> None:
    env = {"TFY_HOST": "https://registry.example.com", "TFY_API_KEY": SECRET}
    assert settings(env=env, name="model_registry").endpoint == "https://registry.example.com"


def test_blanks_around_a_token_are_no_part_of_it() -> None:
    assert settings({"token": f" {SECRET}\n"}).token == SECRET


@pytest.mark.parametrize("wrong", ["{}\n{}", "{} {}", "{}é", "\x1b{}", "{}\x00"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(wrong: str) -> None:
    assert "token" in refused({"token": wrong.replace("{}", SECRET)}).message


@pytest.mark.parametrize("short", ["x", "1234567", " 1234567 "])
def test_a_token_that_is_too_short_to_be_removed_from_messages_is_refused(short: str) -> None:
    error = refused({"token": short})
    assert "fewer than 8" in error.message
    assert settings({"token": "12345678"}).token == "12345678"


def test_a_key_serves_where_there_is_no_bearer_token() -> None:
    env = {"MODEL_RUNS_URL": "https://runs.example.com", "MODEL_RUNS_API_KEY": "key-of-runs"}
    found = settings(env=env, name="model_runs")
    assert (found.token, found.token_is_key) == ("key-of-runs", True)
    found = settings(env={**env, "MODEL_RUNS_TOKEN": "bearer-token"}, name="model_runs")
    assert (found.token, found.token_is_key) == ("bearer-token", False)
    found = settings(
        {"apiKey": "mine-of-runs"}, env={**env, "MODEL_RUNS_TOKEN": "x"}, name="model_runs"
    )
    assert (found.token, found.token_is_key) == ("mine-of-runs", True)


def test_a_certificate_bundle_may_be_named(tmp_path: Path) -> None:
    assert settings().ca_bundle is None
    first, second = tmp_path / "a.pem", tmp_path / "b.pem"
    for file in (first, second):
        file.touch()
    env = {**ENV, "SSL_CERT_FILE": str(first)}
    assert settings(env=env).ca_bundle == str(first)
    assert settings({"caBundle": str(second)}, env=env).ca_bundle == str(second)


def test_a_certificate_bundle_that_is_no_file_is_told_before_anything_is_sent() -> None:
    with pytest.raises(SettingsError, match="does not name a file"):
        settings({"caBundle": "/no/such.pem"})


@pytest.mark.parametrize("name", SOURCES)
def test_every_provider_says_which_variables_it_reads(name: str) -> None:
    error = refused(env={}, name=name)
    assert SOURCES[name].endpoint in error.hint
    error = refused({"endpoint": ENDPOINT}, env={}, name=name)
    assert SOURCES[name].tokens[0][1] in error.hint


def test_no_representation_shows_the_token() -> None:
    assert SECRET not in repr(settings())


def test_the_environment_is_that_of_the_process_and_a_copy() -> None:
    found = environment()
    assert found == dict(os.environ)
    assert found is not os.environ


def test_a_variable_named_as_certificate_bundle_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        settings({"caBundle": "s3cret-token-of-a-variable"})
    assert "s3cret" not in caught.value.message + caught.value.hint


# --- which endpoints may receive a token -----------------------------------------------------

ALLOWED = "RECONCILER_ALLOWED_ENDPOINTS"


@pytest.mark.parametrize(
    "allowed",
    [
        ENDPOINT,
        f"{ENDPOINT}/",
        "https://APP.example.com:443/api/v2",
        f"https://other.example.com {ENDPOINT}",
        f"https://other.example.com,{ENDPOINT}",
        f"https://other.example.com\n{ENDPOINT}\n",
    ],
)
def test_an_endpoint_of_the_list_is_allowed(allowed: str) -> None:
    assert settings(env={**ENV, ALLOWED: allowed}).endpoint == ENDPOINT


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example.com/api/v2",
        "https://app.example.com.evil.example/api/v2",
        "https://app.example.com:8443/api/v2",
        "https://app.example.com/other/api/v2",
        f"https://app.example.com/{SECRET}/api/v2",
        "http://127.0.0.1:8080/api/v2",
    ],
)
def test_an_endpoint_that_is_not_in_the_list_is_refused_and_not_shown(endpoint: str) -> None:
    error = refused({"endpoint": endpoint}, env={**ENV, ALLOWED: ENDPOINT})
    assert ALLOWED in error.message
    assert "evil" not in error.message + error.hint


@pytest.mark.parametrize("name", SOURCES)
def test_the_list_holds_for_every_provider_and_for_the_environment(name: str) -> None:
    source = SOURCES[name]
    env = {source.endpoint: "https://evil.example/api/v2", source.tokens[0][1]: SECRET}
    assert ALLOWED in refused(env={**env, ALLOWED: ENDPOINT}, name=name).message


@pytest.mark.parametrize("empty", ["", " ", ",", "app.example.com", f"{ENDPOINT} x"])
def test_a_list_that_is_empty_or_wrong_allows_nothing(empty: str) -> None:
    assert ALLOWED in refused(env={**ENV, ALLOWED: empty}).message


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://app.example.com/api/v2",
        "http://127.0.0.1.example.com/api/v2",
        "http://10.0.0.1/api/v2",
        "http://localhost.example.com/api/v2",
        "http://0.0.0.0/api/v2",
    ],
)
def test_http_is_refused_outside_of_loopback(endpoint: str) -> None:
    assert "https" in refused({"endpoint": endpoint}).message
    assert "https" in refused({"endpoint": endpoint}, env={**ENV, ALLOWED: endpoint}).message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_http_is_allowed_on_loopback(host: str) -> None:
    endpoint = f"http://{host}:8080/api/v2"
    assert settings({"endpoint": endpoint}).endpoint == endpoint
