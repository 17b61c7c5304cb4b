"""Quirks of the emulator that change what it does, against the emulator without them."""

from __future__ import annotations

import httpx
import pytest

from reconciler.emulator.app import Options
from reconciler.emulator.quirks.table import QUIRKS
from tests.contract import test_emulator_quirks_answers
from tests.support.emulator import V2, Emulator
from tests.support.quirks import (
    BOTH,
    MODEL,
    REGISTRY,
    batched,
    emulator_with,
    listings,
    model_test,
    ran,
    read,
    registered,
    sent,
)


@BOTH
def test_inherit_description(quirked: bool) -> None:
    emulator = emulator_with("inherit-description", quirked)
    model = emulator.model()["id"]
    first = emulator.version(model, MODEL)["id"]
    path = f"{V2}/customModels/{model}/versions/{first}/"
    sent(emulator, "PATCH", path, json={"description": "first"})
    following = emulator.next_version(model, {})
    assert following["description"] == ("first" if quirked else None)
    # A clean version starts from nothing.
    assert emulator.version(model, MODEL)["description"] is None


@BOTH
def test_frozen_metadata(quirked: bool) -> None:
    emulator = emulator_with("frozen-metadata", quirked)
    model = emulator.model()["id"]
    frozen, latest = (emulator.version(model, MODEL)["id"] for _ in range(2))
    statuses = [
        emulator.http.patch(
            f"{V2}/customModels/{model}/versions/{version}/", json={"description": "x"}
        ).status_code
        for version in (frozen, latest)
    ]
    assert statuses == [422 if quirked else 200, 200]


@BOTH
def test_ascending(quirked: bool) -> None:
    emulator = emulator_with("ascending", quirked)
    for path, (made, listed) in listings(emulator).items():
        assert listed == (made if quirked else made[::-1]), path
    models = emulator.get("/customModels/")["data"]
    first, second = models if quirked else models[::-1]
    # An order that the request names is kept.
    for order, expected in (("created", [first, second]), ("-created", [second, first])):
        assert emulator.get("/customModels/", orderBy=order)["data"] == expected
    files = read(emulator, "/v1/files", order="desc", purpose="batch")["data"]
    assert read(emulator, "/v1/files", order="asc", purpose="batch")["data"] == files[::-1]


@BOTH
def test_ascending_orders_model_tests(quirked: bool) -> None:
    emulator = emulator_with("ascending", quirked)
    model = emulator.model()["id"]
    emulator.version(model, MODEL)
    first = model_test(emulator, model)["id"]
    model_test(emulator, model)
    listed = emulator.get("/customModelTests/", customModelId=model)["data"]
    assert listed[0 if quirked else 1]["id"] == first


@BOTH
def test_hide_versionless(quirked: bool) -> None:
    emulator = emulator_with("hide-versionless", quirked)
    bare, whole = emulator.model(name="bare")["id"], emulator.model(name="whole")["id"]
    emulator.version(whole, MODEL)
    found = emulator.get("/customModels/")
    assert [model["id"] for model in found["data"]] == ([whole] if quirked else [whole, bare])
    assert found["totalCount"] == len(found["data"])
    assert emulator.get("/customModels/", searchFor="bare")["totalCount"] == 1
    assert emulator.get(f"/customModels/{bare}/")["id"] == bare


@BOTH
def test_strict_forms(quirked: bool) -> None:
    emulator = emulator_with("strict-forms", quirked)
    model = emulator.model()["id"]
    emulator.version(model, MODEL)
    for field in ("maximumMemory", "replicas", "resourceBundleId"):
        answer = emulator.upload("PATCH", model, {}, **{field: ""})
        assert answer.status_code == (422 if quirked else 201), answer.text
        if quirked:
            assert list(answer.json()["errors"]) == [field]
    # JSON says null by itself.
    path = f"{V2}/customModels/{model}/versions/"
    body = {"isMajorUpdate": True, "maximumMemory": None}
    assert emulator.http.patch(path, json=body).status_code == 201
    assert emulator.upload("PATCH", model, {}, maximumMemory="536870912").status_code == 201


@BOTH
def test_lag(quirked: bool) -> None:
    emulator = emulator_with("lag=5s", quirked)
    for path, (made, listed) in listings(emulator).items():
        assert len(listed) == (0 if quirked else len(made)), path
    # What was there from the start is not new.
    assert emulator.get("/executionEnvironments/", isPublic=True)["totalCount"] == 1
    model = emulator.model()["id"]
    assert emulator.get(f"/customModels/{model}/")["id"] == model
    emulator.clock.now += 4.9
    assert emulator.get("/customModels/")["totalCount"] == (0 if quirked else 3)
    emulator.clock.now += 0.1
    assert emulator.get("/customModels/")["totalCount"] == 3


@BOTH
def test_slow_404(quirked: bool) -> None:
    emulator = emulator_with("slow-404=2s", quirked)
    model, environment = emulator.model()["id"], emulator.environment()
    registered_, run, batch = registered(emulator), ran(emulator), batched(emulator)
    paths = (
        f"{V2}/customModels/{model}/",
        f"{V2}/customModels/{model}/versions/",
        f"{V2}/executionEnvironments/{environment}/",
        f"{REGISTRY}/model-versions/{registered_['id']}",
        f"/v1/model-runs/{run['id']}",
        f"/v1/batches/{batch['id']}",
        f"/v1/files/{batch['input_file_id']}",
    )
    for path in paths:
        assert emulator.http.get(path).status_code == (404 if quirked else 200), path
    # Lists and writes know the object, and what was there before is found.
    assert emulator.get("/customModels/")["totalCount"] == 1
    assert emulator.http.patch(paths[0], json={"name": "n"}).status_code == 200
    emulator.get(f"/executionEnvironments/{emulator.public_environment()['id']}/")
    emulator.clock.now += 2
    for path in paths:
        assert emulator.http.get(path).status_code == 200, path


@BOTH
def test_late(quirked: bool) -> None:
    emulator = emulator_with("late=90s", quirked)
    body = {"name": "m", "customModelType": "inference", "targetType": "Unstructured"}
    if quirked:
        with pytest.raises(httpx.ReadError):
            emulator.http.post(f"{V2}/customModels/", json=body)
    else:
        assert emulator.http.post(f"{V2}/customModels/", json=body).status_code == 201
    emulator.clock.now += 89
    assert emulator.get("/customModels/")["totalCount"] == (0 if quirked else 1)
    emulator.clock.now += 1
    assert emulator.get("/customModels/")["totalCount"] == 1


def test_a_planned_fault_comes_before_the_late_quirk() -> None:
    emulator = emulator_with("late", True)
    emulator.control("POST", "faults", {"action": "status", "status": 503})
    assert emulator.http.post(f"{V2}/customModels/", json={}).status_code == 503
    assert "effect" not in emulator.log()[0]


def test_every_quirk_has_a_test_and_a_sentence() -> None:
    names = [quirk.name for quirk in QUIRKS]
    assert len(set(names)) == len(names)
    for quirk in QUIRKS:
        test = f"test_{quirk.name.replace('-', '_')}"
        assert test in globals() or hasattr(test_emulator_quirks_answers, test)
        assert quirk.summary
        assert not quirk.summary.endswith(".")


def test_quirks_together() -> None:
    emulator = Emulator(quirks=("empty-objects", "nulls", "ascending", "trim-text"))
    first, second = emulator.model(description=" a "), emulator.model()
    assert (first["template"], first["userProvidedId"], first["description"]) == ({}, None, "a")
    assert [m["id"] for m in emulator.get("/customModels/")["data"]] == [first["id"], second["id"]]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("assending", "unknown quirk 'assending'; the nearest name is 'ascending'"),
        ("", "the nearest name is"),
        ("lag=soon", "'soon' is not a duration: write it like 20ms, 1.5s or 2m"),
        ("lag=", "'' is not a duration"),
        ("nulls=1s", "quirk 'nulls' takes no value"),
    ],
)
def test_a_quirk_that_does_not_exist_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Options(quirks=(text,))
