"""Quirks of the emulator that change what answers hold, against the emulator without them."""

from __future__ import annotations

import io
import tarfile
import unicodedata
from urllib.parse import urlsplit

from tests.support.emulator import ANN, OWNER, V2, unzipped
from tests.support.quirks import (
    BOTH,
    MODEL,
    batched,
    emulator_with,
    model_test,
    ran,
    read,
    registered,
    sent,
)


@BOTH
def test_bundle_memory(quirked: bool) -> None:
    emulator = emulator_with("bundle-memory", quirked)
    model = emulator.model()["id"]
    plain = emulator.version(model, MODEL)
    assert (plain["resourceBundleId"], plain["maximumMemory"]) == (None, None)
    emulator.next_version(model, {}, resourceBundleId="cpu.small")
    (shown, _) = emulator.get(f"/customModels/{model}/versions/")["data"]
    expected = 2 * 1024**3 if quirked else None
    assert (shown["resourceBundleId"], shown["maximumMemory"]) == ("cpu.small", expected)
    assert emulator.get(f"/customModels/{model}/")["latestVersion"] == shown


@BOTH
def test_nulls(quirked: bool) -> None:
    emulator = emulator_with("nulls", quirked)
    model = emulator.model(targetType="Unstructured", targetName=...)
    version = emulator.version(model["id"], MODEL)
    run = ran(emulator)
    checks = (
        (model, ("targetName", "classLabels", "gitModelVersion", "userProvidedId")),
        (version, ("gitModelVersion", "trainingData", "holdoutData")),
        (emulator.get("/customModels/")["data"][0]["latestVersion"], ("trainingData",)),
        (registered(emulator)["manifest"], ("description", "framework", "version_alias")),
        (run, ("finished_at", "error_message", "compile_diagnostics")),
        (read(emulator, "/v1/model-runs"), ("next_page_token",)),
    )
    for value, keys in checks:
        for key in keys:
            assert (key in value) == quirked, key
            assert value.get(key) is None
    # What has a value keeps it.
    assert emulator.get(f"/customModels/{model['id']}/")["name"] == "Churn"


@BOTH
def test_empty_objects(quirked: bool) -> None:
    emulator = emulator_with("empty-objects", quirked)
    model = emulator.model()
    version = emulator.version(model["id"], MODEL)
    checks = (
        (model, ("latestVersion", "template", "gitModelVersion")),
        (version, ("gitModelVersion", "trainingData", "holdoutData")),
        (emulator.get(f"/executionEnvironments/{emulator.environment()}/"), ("latestVersion",)),
        (registered(emulator)["manifest"], ("framework", "environment")),
        (ran(emulator), ("compile_diagnostics",)),
        (batched(emulator), ("metadata", "errors", "usage")),
    )
    for value, keys in checks:
        for key in keys:
            assert value.get(key) == ({} if quirked else None), key
    latest = emulator.get(f"/customModels/{model['id']}/")["latestVersion"]
    assert latest["id"] == version["id"]


@BOTH
def test_other_host(quirked: bool) -> None:
    emulator = emulator_with("other-host", quirked)
    for _ in range(3):
        emulator.model()
    page = emulator.get("/customModels/", limit=1, offset=1)
    for key in ("next", "previous"):
        link = urlsplit(page[key])
        place = f"{link.scheme}://{link.netloc}"
        if quirked:
            assert place not in (str(emulator.http.base_url), "http://emulator")
            assert link.path == f"/gateway{V2}/customModels/"
        else:
            assert (place, link.path) == ("http://emulator", f"{V2}/customModels/")
        # Path and query, put on the own endpoint, lead on.
        followed = read(emulator, f"{link.path.removeprefix('/gateway')}?{link.query}")
        assert followed["count"] == 1
    assert emulator.get("/customModels/")["next"] is None


@BOTH
def test_trim_text(quirked: bool) -> None:
    emulator = emulator_with("trim-text", quirked)
    text, trimmed = "  one\ntwo\r\nthree \n", "one\r\ntwo\r\nthree"
    expected = trimmed if quirked else text
    model = emulator.model(description=text)
    version = emulator.version(model["id"], MODEL)["id"]
    path = f"{V2}/customModels/{model['id']}/versions/{version}/"
    assert model["description"] == expected
    assert sent(emulator, "PATCH", path, json={"description": text})["description"] == expected
    assert registered(emulator, description=text)["manifest"]["description"] == expected
    assert batched(emulator, metadata={"note": text})["metadata"] == {"note": expected}


@BOTH
def test_lower_users(quirked: bool) -> None:
    emulator = emulator_with("lower-users", quirked, users=("Ann@Example.com",))
    model = emulator.model()["id"]
    path = f"{V2}/customModels/{model}/accessControl/"
    for name in ("Ann@Example.com", "ann@EXAMPLE.com"):
        grant = {"data": [{"username": name, "role": "READ_ONLY"}]}
        known = quirked or name == "Ann@Example.com"
        assert emulator.http.patch(path, json=grant).status_code == (204 if known else 422)
    names = [entry["username"] for entry in read(emulator, path)["data"]]
    assert names == [OWNER, ANN if quirked else "Ann@Example.com"]
    if quirked:
        assert read(emulator, path, username=ANN)["count"] == 1
    made = emulator.client("Ann@Example.com").post(
        f"{V2}/customModels/",
        json={"name": "m", "customModelType": "inference", "targetType": "Unstructured"},
    )
    assert made.json()["createdBy"] == (ANN if quirked else "Ann@Example.com")


@BOTH
def test_nfc_names(quirked: bool) -> None:
    emulator = emulator_with("nfc-names", quirked)
    sent_name = unicodedata.normalize("NFD", "modèle.txt")
    expected = unicodedata.normalize("NFC", sent_name) if quirked else sent_name
    model = emulator.model()["id"]
    version = emulator.version(model, {sent_name: b"x"})
    assert [item["filePath"] for item in version["items"]] == [expected]
    assert [item["fileName"] for item in version["items"]] == [expected]
    content = emulator.call("GET", f"/customModels/{model}/download/", 200).content
    assert list(unzipped(content)) == [expected]


@BOTH
def test_tar_gz_log(quirked: bool) -> None:
    emulator = emulator_with("tar-gz-log", quirked)
    model = emulator.model()["id"]
    emulator.version(model, MODEL)
    test = model_test(emulator, model)["id"]
    answer = emulator.call("GET", f"/customModelTests/{test}/log/", 200)
    tail = emulator.get(f"/customModelTests/{test}/tail/")["log"]
    content = answer.content
    assert answer.headers["Content-Disposition"].endswith(".tar.gz") == quirked
    if quirked:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            (member,) = archive.getmembers()
            content = archive.extractfile(member).read()  # type: ignore[union-attr]
    assert content.decode() == tail
