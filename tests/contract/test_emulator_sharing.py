"""Roles: aliases, owners, who may grant what, and what each role may do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.emulator import ANN, BEN, OWNER, PROGRAM, V2, Emulator


@pytest.fixture(params=["customModels", "executionEnvironments"])
def shared(request: pytest.FixtureRequest) -> tuple[Emulator, str]:
    """An object that can be shared, as the path of its access list."""
    emulator = Emulator()
    made = emulator.model()["id"] if request.param == "customModels" else emulator.environment()
    return emulator, f"/{request.param}/{made}/accessControl/"


def grant(emulator: Emulator, path: str, expected: int, *changes: dict[str, Any]) -> Any:
    answer = emulator.call("PATCH", path, expected, json={"data": list(changes)})
    return answer.json() if answer.content else None


def listed(emulator: Emulator, path: str, **query: str) -> dict[str, tuple[str, bool]]:
    page = emulator.get(path, **query)
    assert page.keys() == {"count", "data", "next", "previous"}
    return {entry["username"]: (entry["role"], entry["canShare"]) for entry in page["data"]}


@pytest.mark.parametrize(
    ("granted", "reported"),
    [
        ("EDITOR", "READ_WRITE"),
        ("USER", "READ_WRITE"),
        ("DATA_SCIENTIST", "READ_WRITE"),
        ("READ_WRITE", "READ_WRITE"),
        ("CONSUMER", "READ_ONLY"),
        ("OBSERVER", "READ_ONLY"),
        ("READ_ONLY", "READ_ONLY"),
        ("ADMIN", "OWNER"),
        ("OWNER", "OWNER"),
    ],
)
def test_an_alias_is_reported_under_one_name(
    shared: tuple[Emulator, str], granted: str, reported: str
) -> None:
    emulator, path = shared
    grant(emulator, path, 204, {"username": ANN, "role": granted})
    assert listed(emulator, path) == {OWNER: ("OWNER", True), ANN: (reported, True)}


def test_grants_change_and_end(shared: tuple[Emulator, str]) -> None:
    emulator, path = shared
    grant(emulator, path, 204, {"username": ANN, "role": "OWNER", "canShare": False})
    assert listed(emulator, path)[ANN] == ("OWNER", False)
    grant(emulator, path, 204, {"username": ANN, "role": "READ_ONLY"})
    assert listed(emulator, path)[ANN] == ("READ_ONLY", True)
    for end in (None, "NO_ROLE", None):
        grant(emulator, path, 204, {"username": ANN, "role": end})
        assert ANN not in listed(emulator, path)


def test_an_owner_remains(shared: tuple[Emulator, str]) -> None:
    emulator, path = shared
    for role in (None, "EDITOR"):
        grant(emulator, path, 409, {"username": OWNER, "role": role})
    change = {"username": ANN, "role": "OWNER"}, {"username": OWNER, "role": None}
    grant(emulator, path, 204, *change)
    emulator.call("GET", path, 404)


def test_unknown_users_and_wrong_grants_change_nothing(shared: tuple[Emulator, str]) -> None:
    emulator, path = shared
    before = listed(emulator, path)
    unknown = {"username": "nobody@example.com", "role": "OWNER"}
    answer = grant(emulator, path, 422, {"username": ANN, "role": "OWNER"}, unknown)
    assert answer["errors"]["data"].keys() == {"1"}
    for wrong in (
        {"username": ANN},
        {"username": ANN, "role": "KING"},
        {"role": "OWNER"},
        {"username": ANN, "role": "OWNER", "canShare": "yes"},
    ):
        grant(emulator, path, 422, wrong)
    grant(emulator, path, 422, *[{"username": ANN, "role": "OWNER"}] * 101)
    grant(emulator, path, 204, *[{"username": ANN, "role": None}] * 100)
    assert listed(emulator, path) == before


def test_the_list_is_paged_and_filtered(shared: tuple[Emulator, str]) -> None:
    emulator, path = shared
    grant(emulator, path, 204, {"username": ANN, "role": "USER"})
    assert [*listed(emulator, path, limit="1")] == [OWNER]
    assert emulator.get(path, limit="1")["next"].endswith("?offset=1&limit=1")
    assert [*listed(emulator, path, username=ANN)] == [ANN]
    number = emulator.get(path, username=ANN)["data"][0]["userId"]
    assert [*listed(emulator, path, userId=number)] == [ANN]
    emulator.call("GET", path, 400, params={"username": ANN, "userId": number})


def test_who_may_grant_what(shared: tuple[Emulator, str]) -> None:
    emulator, path = shared
    first = {"username": ANN, "role": "EDITOR", "canShare": False}
    grant(emulator, path, 204, first)
    ann = emulator.client(ANN)

    def tried(username: str, role: str | None) -> int:
        body = {"data": [{"username": username, "role": role}]}
        return ann.patch(V2 + path, json=body).status_code

    assert tried(BEN, "READ_ONLY") == 403
    grant(emulator, path, 204, {**first, "canShare": True})
    # Up to her own role, and nothing of those above her.
    assert tried(BEN, "OWNER") == 403
    assert tried(OWNER, None) == 403
    assert tried(BEN, "EDITOR") == 204
    assert tried(BEN, None) == 204
    assert tried(ANN, None) == 204
    assert tried(ANN, "EDITOR") == 404


def test_the_list_of_a_public_environment_is_for_those_on_it() -> None:
    emulator = Emulator()
    path = f"/executionEnvironments/{emulator.public_environment()['id']}/accessControl/"
    assert [*listed(emulator, path)] == [OWNER]
    ann = emulator.client(ANN)
    assert ann.get(V2 + path).status_code == 403
    body = {"data": [{"username": ANN, "role": "OWNER"}]}
    assert ann.patch(V2 + path, json=body).status_code == 403
    # It can be used, not changed.
    environment = path.removesuffix("accessControl/")
    assert ann.get(V2 + environment).status_code == 200
    assert ann.patch(V2 + environment, json={"name": "mine"}).status_code == 403
    assert ann.delete(V2 + environment).status_code == 403


@pytest.mark.parametrize(
    ("role", "expected"),
    [("READ_ONLY", (200, 403, 403)), ("EDITOR", (200, 200, 204)), (None, (404, 404, 404))],
)
def test_what_a_role_may_do_with_a_model(role: str | None, expected: tuple[int, ...]) -> None:
    emulator = Emulator()
    model = emulator.model()["id"]
    emulator.version(model, {"custom.py": PROGRAM})
    path = f"/customModels/{model}/"
    grant(emulator, f"{path}accessControl/", 204, {"username": ANN, "role": role})
    ann = emulator.client(ANN)
    seen = ann.get(V2 + "/customModels/").json()["totalCount"]
    assert seen == (0 if role is None else 1)
    answers = (
        ann.get(V2 + path),
        ann.patch(V2 + path, json={"name": "x"}),
        ann.delete(V2 + path),
    )
    assert tuple(answer.status_code for answer in answers) == expected
