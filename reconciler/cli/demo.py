"""``demo``: the whole tour on the emulator, every command printed so that it can be repeated."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from reconciler.errors import ReconcilerError
from reconciler.settings import environment

USERS = ("ann@example.com", "ben@example.com")
TOKEN = "demo-token"
DATA = "models/churn/data/customers.csv"
PROGRAM = "models/churn/custom.py"
SCORE = "def score(data, model, positive_class_label, negative_class_label, **kwargs):\n"
HERE = Path(__file__).resolve()
EXAMPLES = (HERE.parents[2] / "examples" / "manifests", HERE.parents[1] / "examples")


@click.command()
def demo() -> None:
    """Show plan, apply, drift and repair on the emulator."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        project = Path(folder) / "manifests"
        shutil.copytree(_examples(), project)
        with _emulator() as url:
            Tour(project, url).run()


def _examples() -> Path:
    for place in EXAMPLES:
        if place.is_dir():
            return place
    raise ReconcilerError("the example manifests are not installed", "Run it from a checkout.")


@contextmanager
def _emulator() -> Iterator[str]:
    command = ["emulator", "--port", "0", *(part for user in USERS for part in ("--user", user))]
    click.echo(f"$ reconciler {shlex.join(command)} &")
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *command], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().strip()
        if not ready.startswith("listening on "):
            raise ReconcilerError("the emulator did not start", "Its reason is above.")
        click.echo(ready)
        yield ready.removeprefix("listening on ")
    finally:
        process.terminate()
        process.wait()


class Tour:
    """The commands of the demo, in order; a surprise ends it with an error."""

    def __init__(self, project: Path, url: str) -> None:
        self.project = project
        self.api = f"{url}/api/v2"
        self.env = {
            **environment(),
            "DATAROBOT_ENDPOINT": self.api,
            "DATAROBOT_API_TOKEN": TOKEN,
        }

    def run(self) -> None:
        """The tour."""
        click.echo(f"$ export DATAROBOT_ENDPOINT={self.api} DATAROBOT_API_TOKEN={TOKEN}")
        click.echo(f"$ cd {self.project}   # a copy of examples/manifests")
        self._title("Upload the data that the test gate of a model runs on")
        data = self.project / DATA
        self._upload("POST", "datasets/fromFile/", {}, (DATA, data.read_bytes()))
        self._title("Check the manifests without a platform, then see what a merge would do")
        self._call("validate")
        self._call("plan")
        self._title("Apply; a second plan has nothing left to do")
        self._call("apply", "--auto-approve")
        self._call("plan", "--detailed-exitcode")
        self._title("Somebody changes a setting, a role and the code by hand")
        self._by_hand()
        self._call("drift", expect=2)
        self._title("Apply again: back to what git says, and no drift")
        self._call("apply", "--auto-approve")
        self._call("drift")
        self._title("A change that does not work: the gate is red, and stays red")
        program = self.project / PROGRAM
        sound = program.read_text(encoding="utf-8")
        self._write(
            program, sound.replace(SCORE, f'{SCORE}    raise ValueError("no such column")\n')
        )
        self._call("apply", "--auto-approve", expect=5)
        self._call("apply", "--auto-approve", expect=5)
        self._call("logs", "CustomModel/churn", "--test", "--tail", "8")
        self._title("The fix: one new version, the gate is green")
        self._write(program, sound)
        self._call("apply", "--auto-approve")
        self._call("history", "CustomModel/churn")
        self._call("drift")

    def _write(self, path: Path, text: str) -> None:
        click.echo(f"(writing {path.relative_to(self.project)})")
        path.write_text(text, encoding="utf-8")

    def _title(self, text: str) -> None:
        click.echo(f"\n=== {text}")

    def _call(self, *arguments: str, expect: int = 0) -> None:
        click.echo(f"\n$ reconciler {shlex.join(arguments)}")
        sys.stdout.flush()
        command = [sys.executable, "-m", "reconciler", "--project-dir", ".", *arguments]
        code = subprocess.run(command, env=self.env, cwd=self.project, check=False).returncode
        if code != expect:
            raise ReconcilerError(
                f"reconciler {arguments[0]} left with exit code {code}, not {expect}",
                "This is a defect of the tool: report it with the output above.",
            )
        click.echo(f"(exit code {code})")

    def _by_hand(self) -> None:
        models = self._curl("GET", "customModels/?orderBy=created&limit=100&offset=0")["data"]
        churn = next(model for model in models if model["userProvidedId"] == "fraud/churn")
        environment = churn["latestVersion"]["baseEnvironmentId"]
        self._curl("PATCH", f"customModels/{churn['id']}/", {"predictionThreshold": 0.9})
        roles = {"data": [{"username": USERS[1], "role": "OWNER"}]}
        self._curl("PATCH", f"executionEnvironments/{environment}/accessControl/", roles)
        self._upload(
            "PATCH",
            f"customModels/{churn['id']}/versions/",
            {"isMajorUpdate": "False", "baseEnvironmentId": environment, "filePath": "custom.py"},
            ("custom.py", b"raise SystemExit('edited in the browser')\n"),
        )

    def _curl(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        text = json.dumps(body) if body is not None else ""
        shown = f" -H 'Content-Type: application/json' -d {shlex.quote(text)}" if text else ""
        click.echo(f"$ {self._curl_line(method, path)}{shown}")
        return self._send(method, path, text.encode(), "application/json")

    def _upload(
        self, method: str, path: str, fields: Mapping[str, str], file: tuple[str, bytes]
    ) -> None:
        shown = "".join(f" -F {key}={value}" for key, value in fields.items())
        click.echo(f"$ {self._curl_line(method, path)}{shown} -F file=@{file[0]}")
        edge = "reconciler-demo-form"
        parts = [
            f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        name = Path(file[0]).name
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
        parts += [f"{head}\r\n\r\n".encode(), file[1], f"\r\n--{edge}--\r\n".encode()]
        self._send(method, path, b"".join(parts), f"multipart/form-data; boundary={edge}")

    def _curl_line(self, method: str, path: str) -> str:
        header = "-H 'Authorization: Bearer '$DATAROBOT_API_TOKEN"
        return f"curl -X {method} {header} '{self.api}/{path}'"

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        if body:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(f"{self.api}/{path}", body or None, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
