"""What the fuzzers have found, each as small as it goes."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import httpx
import pytest

from reconciler.errors import ApiError
from reconciler.providers.archive import read_archive
from reconciler.providers.unpack import unpack
from tests.scenarios.scenario import HERE
from tests.support.sandbox import Stage


def zipped() -> bytes:
    """A small good archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("custom.py", "x\n" * 20)
    return out.getvalue()


def damaged(place: int, value: int, record: bytes) -> bytes:
    """The archive with one byte changed, so far behind the start of a record."""
    content = bytearray(zipped())
    content[content.index(record) + place] = value
    return bytes(content)


CENTRAL, END = b"PK\x01\x02", b"PK\x05\x06"


@pytest.mark.parametrize(
    "content",
    [
        zipped()[20:],  # begins before its start
        damaged(8, 1, CENTRAL),  # says that it is encrypted
        damaged(10, 99, CENTRAL),  # packed in an unknown way
        damaged(16, 7, CENTRAL),  # another checksum
        damaged(42, 200, CENTRAL),  # the member lies elsewhere
        damaged(16, 250, END),  # the directory lies elsewhere
        b"PK\x03\x04",
        b"\x1f\x8b\x08" + b"\0" * 20,
        b"\xfd7zXZ\0" + b"\1" * 40,
        b"BZh9" + b"\1" * 40,
        b"",
    ],
)
def test_a_damaged_archive_is_an_error_of_ours(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ApiError):
        read_archive(io.BytesIO(content), "tree")
    with pytest.raises(ApiError):
        unpack(io.BytesIO(content), tmp_path / "new")


class Instead(httpx.BaseTransport):
    """Gives this body in the place of every answer whose path ends so."""

    def __init__(self, inner: httpx.BaseTransport, end: str, body: bytes) -> None:
        self.inner, self.end, self.body = inner, end, body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self.inner.handle_request(request)
        response.read()
        fits = request.method == "GET" and request.url.path.endswith(self.end)
        return httpx.Response(200, content=self.body) if fits else response


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b'{"latestVersion": 1}', b"{}"])
def test_an_object_that_is_none_is_an_error_of_a_saved_plan(body: bytes, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))
    stage = Stage(folder)
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    path = folder / "churn.yaml"
    path.write_text(path.read_text().replace("Churn", "Leavers"))
    model = stage.control("GET", "state")["models"][0]["id"]
    stage.wire = Instead(stage.wire, f"/customModels/{model}/", body)  # type: ignore[assignment]
    done = stage.run("-q", "plan", "--out", "plan.json")
    assert done.code == 1
    assert "breaks its contract" in done.err
    assert "unexpected" not in done.err


def test_an_id_that_no_url_can_carry_is_an_error(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(HERE / "bases" / "churn", tmp_path / "project"))
    stage = Stage(folder)
    assert stage.run("-q", "apply", "--auto-approve").code == 0
    state = stage.control("GET", "state")["models"][0]
    inner = stage.wire
    listed = stage.api.get(
        "/api/v2/customModels/", headers={"Authorization": "Bearer owner@example.com"}
    ).text
    body = listed.replace(state["id"], "\\ud800").encode()
    (folder / "model" / "custom.py").write_text("# another\n")
    stage.wire = Instead(inner, "/customModels/", body)  # type: ignore[assignment]
    for command in (("plan",), ("apply", "--auto-approve"), ("plan", "--out", "plan.json")):
        done = stage.run("-q", *command)
        assert done.code in (0, 1, 5), done.out + done.err
        assert "unexpected" not in done.out + done.err
