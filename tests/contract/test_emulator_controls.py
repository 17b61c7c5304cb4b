"""Test controls: the request log, faults before and after their effect, reset, who may use them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.emulator.faults import AnswerTimeout, ConnectionDropped
from tests.support.emulator import PROGRAM, V2, Emulator

BODY = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
MODELS = f"{V2}/customModels/"


def count(emulator: Emulator) -> int:
    return int(emulator.get("/customModels/")["totalCount"])


def plan(emulator: Emulator, **fault: Any) -> None:
    emulator.control("POST", "faults", fault)


def test_the_log_tells_method_path_status_and_body() -> None:
    emulator = Emulator()
    emulator.http.post(MODELS, json=BODY)
    emulator.http.get(MODELS, params={"limit": 1})
    emulator.http.get(f"{MODELS}no such/")
    emulator.client(None).get(MODELS)
    assert emulator.log() == [
        {"method": "POST", "path": MODELS, "status": 201, "body": BODY},
        {"method": "GET", "path": f"{MODELS}?limit=1", "status": 200},
        {"method": "GET", "path": f"{MODELS}no%20such/", "status": 404},
        {"method": "GET", "path": MODELS, "status": 401},
    ]
    assert "token" not in str(emulator.log())
    emulator.control("DELETE", "requests")
    assert emulator.log() == []


def test_the_log_tells_which_files_were_sent_and_not_what_is_in_them() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    environment = emulator.public_environment()["id"]
    emulator.version(model, {"a/custom.py": PROGRAM, "b.txt": b"secret"}, filePath=...)
    emulator.dataset(b"x\n1\n")
    upload, dataset = emulator.log()[-2:]
    assert upload["files"] == ["a/custom.py", "b.txt"]
    assert upload["fields"] == {"isMajorUpdate": "True", "baseEnvironmentId": environment}
    assert (dataset["files"], dataset["fields"]) == (["table.csv"], {})
    assert "secret" not in str(emulator.log())


def test_a_body_that_cannot_be_read_is_logged_without_it() -> None:
    emulator = Emulator()
    for kind in ("application/json", "multipart/form-data", "text/plain"):
        emulator.http.post(MODELS, content=b"{", headers={"Content-Type": kind})
    assert all(
        entry.keys() <= {"method", "path", "status", "fields", "files"} for entry in emulator.log()
    )


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    ("action", "error"),
    [("drop", httpx.ReadError), ("timeout", httpx.ReadTimeout)],
)
def test_an_answer_that_never_comes(
    when: str, left: int, action: str, error: type[Exception]
) -> None:
    emulator = Emulator()
    plan(emulator, action=action, when=when, method="POST")
    with pytest.raises(error):
        emulator.http.post(MODELS, json=BODY)
    assert emulator.log()[-1] == {
        "method": "POST",
        "path": MODELS,
        "status": None,
        "body": BODY,
        "fault": action,
    }
    assert count(emulator) == left
    assert emulator.http.post(MODELS, json=BODY).status_code == 201


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_a_planned_status(when: str, left: int) -> None:
    emulator = Emulator()
    plan(emulator, action="status", when=when, status=503, headers={"Retry-After": "7"})
    answer = emulator.http.post(MODELS, json=BODY)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {"message": "Failure planned by a test control."}
    assert count(emulator) == left


def test_a_planned_body() -> None:
    emulator = Emulator()
    plan(emulator, action="status", status=429, body={"message": "slow"}, times=2)
    plan(
        emulator,
        action="status",
        status=502,
        body="<html>",
        nth=3,
        headers={"Content-Type": "text/html"},
    )
    answers = [emulator.http.get(MODELS) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 502, 200]
    assert answers[1].json() == {"message": "slow"}
    assert (answers[2].text, answers[2].headers["Content-Type"]) == ("<html>", "text/html")


def test_an_answer_cut_short_had_its_effect() -> None:
    emulator = Emulator()
    plan(emulator, action="truncate", method="POST")
    with pytest.raises(httpx.ReadError):
        emulator.http.post(MODELS, json=BODY)
    assert count(emulator) == 1


def test_delays_are_slept_by_the_given_sleep() -> None:
    emulator = Emulator(latency=0.25)
    plan(emulator, action="delay", seconds=3, when="before")
    plan(emulator, action="delay", seconds=4, when="after", nth=2)
    for _ in range(3):
        assert emulator.http.get(MODELS).status_code == 200
    assert emulator.clock.slept == [0.25, 3, 0.25, 4, 0.25]


def test_the_nth_of_the_matching_requests_fails() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    plan(emulator, action="status", path=r"customModels/[0-9a-f]{24}/$", nth=2, times=2)
    plan(emulator, action="status", status=418, path="version", method="get")
    plan(emulator, action="status", status=409, path=r"Models/\?limit=1$")
    statuses = []
    for path in (f"{MODELS}{model}/", MODELS) * 4:
        statuses.append(emulator.http.get(path).status_code)
    assert statuses == [200, 200, 500, 200, 500, 200, 200, 200]
    assert emulator.http.get(f"{V2}/version/").status_code == 418
    assert emulator.http.get(MODELS, params={"limit": 1}).status_code == 409
    assert [fault["seen"] for fault in emulator.control("GET", "faults")] == [4, 1, 1]
    emulator.control("DELETE", "faults")
    assert emulator.control("GET", "faults") == []


def test_without_an_adapter_the_signals_are_python_errors() -> None:
    emulator = Emulator()
    client = httpx.Client(transport=httpx.WSGITransport(app=emulator.app), base_url="http://e")
    for action, error in (
        ("drop", ConnectionDropped),
        ("truncate", ConnectionDropped),
        ("timeout", AnswerTimeout),
    ):
        plan(emulator, action=action)
        with pytest.raises(error):
            client.get(MODELS)


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"action": "explode"},
        {"action": "status", "status": 99},
        {"action": "drop", "nth": 0},
        {"action": "drop", "when": "during"},
        {"action": "drop", "path": "["},
        {"action": "status", "headers": {"X-Bad": "a\nb"}},
        {"action": "drop", "extra": 1},
    ],
)
def test_faults_that_cannot_be_planned(fault: dict[str, Any]) -> None:
    emulator = Emulator()
    assert emulator.http.post("/__emulator__/faults", json=fault).status_code == 422
    assert emulator.control("GET", "faults") == []


def test_reset_is_a_fresh_installation() -> None:
    emulator = Emulator()
    fresh = emulator.control("GET", "state")
    emulator.model()
    emulator.environment()
    emulator.control("POST", "limits", {"maxCustomModelReplicasPerDeployment": 1})
    plan(emulator, action="drop", path="never")
    emulator.control("POST", "reset")
    assert emulator.control("GET", "state") == fresh
    assert emulator.log() == []
    assert emulator.control("GET", "faults") == []
    assert count(emulator) == 0


def test_deployments_are_made_and_ended() -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    first = emulator.version(model, {"custom.py": PROGRAM})
    emulator.next_version(model, {})
    body = {"customModelId": model, "customModelVersionId": first["id"]}
    made = emulator.control("POST", "deployments", body)
    assert made["environmentId"] == first["baseEnvironmentId"]
    assert emulator.public_environment()["deploymentsCount"] == 1
    emulator.control("DELETE", "deployments")
    assert emulator.public_environment()["deploymentsCount"] == 0
    for wrong in ({}, {"customModelId": "unknown"}, {"environmentId": "unknown"}):
        assert emulator.http.post("/__emulator__/deployments", json=wrong).status_code == 422
    assert emulator.http.delete("/__emulator__/deployments/unknown").status_code == 404


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("127.1.2.3", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.1", 404),
        ("2001:db8::1", 404),
        ("nonsense", 404),
    ],
)
def test_the_controls_are_for_this_machine(peer: str, status: int) -> None:
    emulator = Emulator()
    transport = httpx.WSGITransport(app=emulator.app, remote_addr=peer)
    client = httpx.Client(transport=transport, base_url="http://emulator")
    assert client.get("/__emulator__/requests").status_code == status
    assert client.get("/__emulator__/nowhere").status_code == 404
