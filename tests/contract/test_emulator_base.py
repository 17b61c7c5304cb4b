"""What every operation shares: tokens, error bodies, wrong paths and bodies, pages, URLs."""

from __future__ import annotations

from itertools import pairwise

import httpx
import pytest

from reconciler.emulator.app import Options
from tests.support.emulator import ANN, OWNER, V2, Emulator


def test_any_token_will_do_when_none_is_set() -> None:
    emulator = Emulator()
    for scheme in ("Token", "Bearer"):
        client = emulator.client(None, Authorization=f"{scheme} whatever")
        assert client.get(f"{V2}/version/").status_code == 200


@pytest.mark.parametrize("header", [None, "", "whatever", "Token", "Token  ", "Basic abc"])
def test_a_missing_or_unreadable_token_is_401(header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = Emulator().client(None, **headers).get(f"{V2}/customModels/")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["message"]


def test_with_a_token_set_only_it_and_user_names_are_known() -> None:
    emulator = Emulator(token="secret")
    statuses = {
        token: emulator.client(token).get(f"{V2}/version/").status_code
        for token in ("secret", ANN, OWNER, "other")
    }
    assert statuses == {"secret": 200, ANN: 200, OWNER: 200, "other": 401}


def test_a_user_name_is_that_users_token() -> None:
    emulator = Emulator()
    body = {"name": "Hers", "customModelType": "inference", "targetType": "Unstructured"}
    made = emulator.client(ANN).post(f"{V2}/customModels/", json=body).json()
    assert made["createdBy"] == ANN
    assert emulator.model()["createdBy"] == OWNER
    emulator.call("GET", f"/customModels/{made['id']}/", 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", f"{V2}/nowhere/", 404),
        ("GET", f"{V2}/customModels", 404),
        ("GET", f"{V2}/customModels/unknown/", 404),
        ("PUT", f"{V2}/customModels/", 405),
        ("OPTIONS", f"{V2}/customModels/", 405),
        ("DELETE", f"{V2}/version/", 405),
    ],
)
def test_wrong_paths_and_methods(method: str, path: str, status: int) -> None:
    answer = Emulator().http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(answer.json()["message"], str)
    assert ("Allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"name": NaN}', "application/json", 400),
        (b'{"name": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"1" * 5_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b"name=x", "application/x-www-form-urlencoded", 415),
        (b"{}", "text/plain", 415),
        (b"", "text/plain", 422),
    ],
)
def test_wrong_json_bodies(content: bytes, kind: str, status: int) -> None:
    emulator = Emulator()
    headers = {"Content-Type": kind}
    answer = emulator.http.post(f"{V2}/customModels/", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"garbage", "multipart/form-data", 400),
        (b"garbage", "multipart/form-data; boundary=x", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"", "multipart/form-data; boundary=x", 422),
    ],
)
def test_wrong_forms(content: bytes, kind: str, status: int) -> None:
    emulator = Emulator()
    path = f"{V2}/customModels/{emulator.model()['id']}/versions/"
    answer = emulator.http.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text


def test_every_wrong_field_is_named() -> None:
    body = {
        "name": "x" * 256,
        "customModelType": "neither",
        "predictionThreshold": 1.5,
        "replicas": True,
        "maximumMemory": 10**30,
        "classLabels": ["a", 1],
        "extra": 1,
        "description": None,
    }
    answer = Emulator().call("POST", "/customModels/", 422, json=body).json()
    assert answer["errors"].keys() == body.keys()
    assert answer["errors"]["classLabels"] == {"1": "value is not a string"}


def test_pages_link_to_each_other_with_absolute_urls() -> None:
    emulator = Emulator(page_size=2)
    made = [emulator.model(name=f"m{n}")["id"] for n in range(5)]
    first = emulator.get("/customModels/", isDeployed="False")
    assert (first["count"], first["totalCount"], first["previous"]) == (2, 5, None)
    pages, url = [first], first["next"]
    while url:
        assert url.startswith("http://emulator/api/v2/customModels/?isDeployed=False&offset=")
        pages.append(emulator.http.get(url).json())
        url = pages[-1]["next"]
    assert [doc["id"] for page in pages for doc in page["data"]] == made[::-1]
    for before, after in pairwise(pages):
        assert emulator.http.get(after["previous"]).json()["data"] == before["data"]


def test_a_limit_above_the_servers_own_is_cut() -> None:
    emulator = Emulator(page_size=2)
    for n in range(3):
        emulator.model(name=f"m{n}")
    page = emulator.get("/customModels/", limit=1000)
    assert page["count"] == 2
    assert emulator.get("/customModels/", limit=1, offset=1)["count"] == 1
    assert emulator.get("/customModels/", offset=10**15)["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "1.5"},
        {"limit": ""},
        {"offset": "-1"},
        {"offset": "9" * 40},
        {"offset": "\uff11"},
        {"orderBy": "name"},
        {"isDeployed": "yes"},
        {"searchfor": "typo"},
    ],
)
def test_wrong_queries(query: dict[str, str]) -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    answer = emulator.call("GET", "/customModels/", 422, params=query)
    assert answer.json()["errors"].keys() == query.keys()
    # This one list documents 400 for its query.
    emulator.call("GET", f"/customModels/{model}/versions/", 400, params=query)


def test_the_client_needs_version_status_and_ping() -> None:
    emulator = Emulator()
    assert emulator.get("/version/")["versionString"] == "2.49.0"
    for path in ("/ping", "//ping"):
        assert emulator.get(path) == {"response": "pong"}
    emulator.call("GET", "/status/unknown/", 404)


def test_a_hostile_host_header_is_no_error_of_the_server() -> None:
    emulator = Emulator()
    client = emulator.client("x", Host="a b\\c")
    assert client.get(f"{V2}/customModels/").status_code < 500


@pytest.mark.parametrize("options", [{"page_size": 0}, {"page_size": 1001}, {"latency": -1.0}])
def test_impossible_options(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        Options(**options)  # type: ignore[arg-type]


def test_head_has_no_body() -> None:
    answer: httpx.Response = Emulator().http.head(f"{V2}/version/")
    assert (answer.status_code, answer.content) == (200, b"")
