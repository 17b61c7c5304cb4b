"""An in-process emulator with a client, a hand-moved clock, and the things tests upload.

``EmulatorTransport`` is for tests of the product: it turns the emulator's in-process signals for a
lost answer into the errors that httpx raises for a real connection.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Any

import flask
import httpx

from reconciler.emulator.app import Options, create_app
from reconciler.emulator.custom_models.seed import PUBLIC_ENVIRONMENT
from reconciler.emulator.faults import AnswerTimeout, ConnectionDropped
from reconciler.emulator.world import iso

OWNER = "owner@example.com"
ANN, BEN = "ann@example.com", "ben@example.com"
V2 = "/api/v2"
DOCKERFILE = b"FROM python:3.11\n"
PROGRAM = b"def score(data, model, **kwargs):\n    return data\n"
TABLE = b"age,income,churned\n" + b"31,1000,0\n42,2000,1\n" * 10


class Clock:
    """A clock that moves only when told; its ``sleep`` moves it."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class EmulatorTransport(httpx.BaseTransport):
    """The app behind httpx, with lost answers as httpx tells them."""

    def __init__(self, app: flask.Flask) -> None:
        self._inner = httpx.WSGITransport(app=app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = self._inner.handle_request(request)
            response.read()
        except ConnectionDropped as dropped:
            raise httpx.ReadError(str(dropped), request=request) from dropped
        except AnswerTimeout as late:
            raise httpx.ReadTimeout(str(late), request=request) from late
        return response


class Emulator:
    """One app, its clock, and a client of its owner."""

    def __init__(self, clock: Clock | None = None, **options: Any) -> None:
        self.clock = clock or Clock()
        options.setdefault("users", (ANN, BEN))
        self.app = create_app(Options(**options), self.clock, self.clock.sleep)
        self.http = self.client("any-token")

    def client(self, token: str | None, **headers: str) -> httpx.Client:
        if token is not None:
            headers["Authorization"] = f"Token {token}"
        transport = EmulatorTransport(self.app)
        return httpx.Client(transport=transport, base_url="http://emulator", headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a GET that must succeed; paths are below /api/v2."""
        response = self.http.get(V2 + path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def call(self, method: str, path: str, expected: int, **arguments: Any) -> httpx.Response:
        """A call that must end with this status."""
        response = self.http.request(method, V2 + path, **arguments)
        assert response.status_code == expected, response.text
        return response

    def control(self, method: str, name: str, body: Any = None) -> Any:
        response = self.http.request(method, f"/__emulator__/{name}", json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

    def public_environment(self) -> Any:
        found = self.get("/executionEnvironments/", searchFor=PUBLIC_ENVIRONMENT)["data"]
        return found[-1]

    def environment(self, **settings: Any) -> str:
        body = {"name": "Own", **settings}
        created = self.call("POST", "/executionEnvironments/", 201, json=body).json()["id"]
        return str(created)

    def environment_version(self, environment_id: str, context: bytes | None = None) -> Any:
        files = {"dockerContext": ("c.tar.gz", tarball({"Dockerfile": DOCKERFILE}))}
        if context is not None:
            files = {"dockerContext": ("c.tar.gz", context)}
        path = f"/executionEnvironments/{environment_id}/versions/"
        made = self.call("POST", path, 202, files=files).json()["id"]
        return self.get(f"{path}{made}/")

    def built_environment(self, **settings: Any) -> str:
        environment_id = self.environment(**settings)
        self.environment_version(environment_id)
        return environment_id

    def model(self, **settings: Any) -> Any:
        body = {
            "name": "Churn",
            "customModelType": "inference",
            "targetType": "Binary",
            "targetName": "churned",
            **settings,
        }
        body = {name: value for name, value in body.items() if value is not ...}
        return self.call("POST", "/customModels/", 201, json=body).json()

    def version(self, model_id: str, files: dict[str, bytes], **fields: Any) -> Any:
        """A clean version on the public environment."""
        fields.setdefault("baseEnvironmentId", self.public_environment()["id"])
        response = self.upload("POST", model_id, files, **fields)
        assert response.status_code == 201, response.text
        return response.json()

    def next_version(self, model_id: str, files: dict[str, bytes], **fields: Any) -> Any:
        """A version from the latest one."""
        response = self.upload("PATCH", model_id, files, **fields)
        assert response.status_code == 201, response.text
        return response.json()

    def upload(
        self, method: str, model_id: str, files: dict[str, bytes], **fields: Any
    ) -> httpx.Response:
        """The multipart call as the clients send it."""
        form = {"isMajorUpdate": "True", **fields}
        parts: list[tuple[str, Any]] = []
        for name, value in form.items():
            values = value if isinstance(value, list) else [value]
            # A part without a file name is a plain form field, in a multipart body either way.
            parts += [(name, (None, str(one))) for one in values if one is not ...]
        for path, content in files.items():
            parts.append(("file", (path.rpartition("/")[2], content)))
            parts.append(("filePath", (None, path)))
        return self.http.request(method, f"{V2}/customModels/{model_id}/versions/", files=parts)

    def dataset(self, content: bytes = TABLE, **fields: Any) -> str:
        files = {"file": ("table.csv", content)}
        path = f"{V2}/datasets/fromFile/"
        response = self.http.post(path, data=fields, files=files)
        assert response.status_code == 202, response.text
        return str(response.json()["catalogId"])

    def clock_text(self) -> str:
        """The clock's time as the API writes it."""
        return iso(self.clock())

    def log(self) -> Any:
        return self.control("GET", "requests")


def tarball(files: dict[str, bytes]) -> bytes:
    """A tar.gz of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The files of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def path_of(response: httpx.Response) -> str:
    """The path of the Location, below /api/v2."""
    location = response.headers["Location"]
    assert location.startswith("http://emulator/api/v2/")
    return str(location.removeprefix("http://emulator/api/v2"))
