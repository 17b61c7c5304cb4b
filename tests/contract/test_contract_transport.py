"""The contract-checking transport finds each kind of breach, and lets the listed ones pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.support.contract_transport import ContractTransport

MODEL = "customModels/5f0000000000000000000001/"
LIMITS = {"maxCustomModelTestingParallelUsers": 20}
VERSION = "executionEnvironments/5f0000000000000000000001/versions/"
ENTRY = {"username": "a", "role": "OWNER", "canShare": True, "userId": "u"}


def access(**other: Any) -> dict[str, Any]:
    """An access list of one entry."""
    return {"count": 1, "data": [ENTRY | other], "next": None, "previous": None}


def exchange(
    method: str,
    path: str,
    status: int = 200,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    **request: Any,
) -> list[str]:
    """The breaches of one request that is answered like this."""

    def answer(_: httpx.Request) -> httpx.Response:
        content = b"" if body is None else json.dumps(body).encode()
        return httpx.Response(status, content=content, headers=headers)

    transport = ContractTransport(httpx.MockTransport(answer))
    with httpx.Client(transport=transport, base_url="http://x/api/v2/") as client:
        client.request(method, path, **request)
    return transport.breaches


@pytest.mark.parametrize(
    "breaches",
    [
        exchange("GET", "customModelLimits/", body=LIMITS),
        exchange("GET", "customModelLimits/", 401),
        exchange("GET", "customModelLimits/", 503),
        exchange("GET", MODEL, 404),
        exchange("DELETE", MODEL, 204),
        exchange("GET", "status/1/"),
        exchange("POST", "datasets/fromFile/", 202),
        exchange("GET", f"{MODEL}accessControl/", body=access()),
        exchange(
            "POST",
            VERSION,
            202,
            {"id": "v"},
            {"Location": "http://x/"},
            data={"label": "l"},
            files={"dockerContext": b"x"},
        ),
    ],
)
def test_what_fits_passes(breaches: list[str]) -> None:
    assert breaches == []


@pytest.mark.parametrize(
    ("breaches", "told"),
    [
        (exchange("GET", "deployments/"), "no operation of the contract"),
        (exchange("PUT", MODEL), "no operation of the contract"),
        (exchange("GET", MODEL.rstrip("/")), "no operation of the contract"),
        (exchange("GET", "customModelLimits/?a=1", body=LIMITS), "undeclared query parameter a"),
        (exchange("GET", "customModels/?orderBy=name", 401), "query parameter orderBy: 'name'"),
        (exchange("GET", "customModels/?limit=x", 401), "query parameter limit: 'x'"),
        (exchange("GET", "customModelTests/", 401), "query parameter customModelId is missing"),
        (exchange("PATCH", MODEL, 403, json={"nam": "x"}), "'nam' was unexpected"),
        (exchange("PATCH", MODEL, 403, json={"name": None}), "request name: None is not of"),
        (exchange("POST", "customModels/", 403, json={}), "'name' is a required property"),
        (exchange("PATCH", MODEL, 403, data={"name": "x"}), "a body of application/x-www-form"),
        (exchange("POST", VERSION, 409, files={"docker_context": b"x"}), "'docker_context' was"),
        (exchange("POST", VERSION, 409, files={"label": (None, "l" * 51)}), "request label"),
        (exchange("GET", "customModelLimits/", 418), "undeclared status 418"),
        (exchange("GET", "customModelLimits/", 404), "undeclared status 404"),
        (exchange("POST", "customModels/fromCustomModel/", 200), "undeclared status 200"),
        (exchange("GET", "customModelLimits/", body={}), "is a required property"),
        (exchange("GET", "customModelLimits/"), "200 has no body"),
        (exchange("GET", "customModelLimits/", body=LIMITS | {"a": 1}), "'a' was unexpected"),
        (
            exchange("GET", "customModelLimits/", body={"maxCustomModelTestingParallelUsers": "2"}),
            "200 maxCustomModelTestingParallelUsers: '2' is not of type 'integer'",
        ),
        (exchange("POST", VERSION, 202, {"id": "v"}), "202 lacks the header location"),
        (
            exchange("GET", f"{MODEL}accessControl/", body=access(role=1)),
            "200 data.role: 1 is not of type 'string'",
        ),
    ],
)
def test_a_breach_is_noted(breaches: list[str], told: str) -> None:
    assert any(told in breach for breach in breaches), breaches


def test_the_check_fails_with_every_breach() -> None:
    transport = ContractTransport(httpx.MockTransport(lambda _: httpx.Response(418)))
    transport.check()
    with httpx.Client(transport=transport, base_url="http://x/api/v2/") as client:
        client.get("customModelLimits/?a=1")
    with pytest.raises(AssertionError, match=r"(?s)parameter a.*status 418"):
        transport.check()
