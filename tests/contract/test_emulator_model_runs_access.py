"""Access to model runs: two kinds of keys, the shape of errors, and the rate limit."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import ANN, OWNER, Emulator

PATH = "/v1/model-runs"
RATE = "model-runs/rate-limit"


@pytest.mark.parametrize(
    ("headers", "user"),
    [
        ({"Authorization": "Bearer secret"}, OWNER),
        ({"X-API-Key": ANN}, ANN),
        ({"Authorization": f"Bearer {ANN}", "X-API-Key": "secret"}, ANN),
        ({"Authorization": "Bearer wrong", "X-API-Key": "secret"}, OWNER),
        ({"Authorization": "Basic secret", "X-API-Key": "secret"}, OWNER),
        ({}, None),
        ({"Authorization": "Token secret"}, None),
        ({"Authorization": "Bearer wrong"}, None),
        ({"Authorization": "Bearer  "}, None),
        ({"X-API-Key": "wrong"}, None),
    ],
)
def test_the_bearer_token_comes_before_the_api_key(headers: Any, user: str | None) -> None:
    http = Emulator(token="secret").client(None, **headers)
    answer = http.post(PATH, json={"project_name": "p"})
    if user is None:
        assert (answer.status_code, answer.json()["code"]) == (401, 401)
    else:
        assert answer.json()["triggered_by"] == user


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH + "/unknown", 404),
        ("GET", PATH + "/unknown/steps", 404),
        ("POST", PATH + "/unknown/cancel", 404),
        ("GET", PATH + "/unknown/nothing", 404),
        ("GET", PATH + "/", 404),
        ("DELETE", PATH, 405),
        ("GET", PATH + "?max_results=two", 400),
        ("GET", PATH + "?max_result=2", 400),
        ("POST", PATH, 400),
    ],
)
def test_errors_have_a_code_and_a_message(method: str, path: str, status: int) -> None:
    http = Emulator().client(None, Authorization="Bearer x")
    answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json().keys() == {"code", "message"}
    assert answer.json()["code"] == status
    assert int(answer.headers["X-RateLimit-Remaining"]) > 0


def test_a_step_of_another_run_is_not_found() -> None:
    http = Emulator().client(None, Authorization="Bearer x")
    one, two = (http.post(PATH, json={"project_name": "p"}).json()["id"] for _ in range(2))
    step = http.get(f"{PATH}/{one}/steps").json()["data"][0]["id"]
    assert http.get(f"{PATH}/{one}/steps/{step}/test-results").status_code == 200
    assert http.get(f"{PATH}/{two}/steps/{step}/test-results").status_code == 404


def test_page_sizes_are_brought_into_their_range() -> None:
    http = Emulator().client(None, Authorization="Bearer x")
    for _ in range(3):
        http.post(PATH, json={"project_name": "p"})
    shown = {
        size: len(http.get(PATH, params={"max_results": size}).json()["data"])
        for size in ("0", "-5", "+2", "1001", "9" * 40)
    }
    assert shown == {"0": 1, "-5": 1, "+2": 2, "1001": 3, "9" * 40: 3}


def test_a_limit_once_set_is_kept_until_its_window_has_passed() -> None:
    emulator = Emulator()
    http = emulator.client(None, Authorization="Bearer x")
    assert http.get(PATH).headers["X-RateLimit-Limit"] == "1000000"
    emulator.control("POST", RATE, {"limit": 2, "seconds": 30})
    left = [http.get(PATH).headers["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    emulator.clock.sleep(10)
    refused = http.get(PATH)
    assert refused.json() == {"code": 429, "message": "rate limit exceeded"}
    assert refused.headers["Retry-After"] == "20"
    assert refused.headers["X-RateLimit-Reset"] == str(int(emulator.clock()) + 20)
    # The other APIs have limits of their own.
    assert http.get("/v1/files").status_code == 200
    emulator.clock.sleep(20)
    assert http.get(PATH).status_code == 200


def test_requests_without_a_key_count_too() -> None:
    emulator = Emulator()
    emulator.control("POST", RATE, {"limit": 2})
    statuses = [emulator.client(None).get(PATH).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


def test_a_limit_is_lifted_by_the_control_and_by_a_reset() -> None:
    emulator = Emulator()
    http = emulator.client(None, Authorization="Bearer x")
    for lift in (
        lambda: emulator.control("POST", RATE, {}),
        lambda: emulator.control("POST", "reset"),
    ):
        emulator.control("POST", RATE, {"limit": 0})
        assert http.get(PATH).status_code == 429
        lift()
        assert http.get(PATH).status_code == 200


def test_planned_faults_have_the_shape_of_this_api() -> None:
    emulator = Emulator()
    http = emulator.client(None, Authorization="Bearer x")
    for status, headers in ((500, {}), (429, {"Retry-After": "7"})):
        fault = {"action": "status", "status": status, "path": PATH, "headers": headers}
        emulator.control("POST", "faults", fault)
        answer = http.get(PATH)
        assert (answer.status_code, answer.json()["code"]) == (status, status)
        assert "X-RateLimit-Limit" in answer.headers
        assert answer.headers.get("Retry-After") == headers.get("Retry-After")
    entries = [entry for entry in emulator.log() if "fault" in entry]
    assert [entry["status"] for entry in entries] == [500, 429]
