"""A tour of the tool on an emulator: real commands, printed, run and checked."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from reconciler.core.json_value import JsonObject
from reconciler.errors import ReconcilerError
from reconciler.settings import environment

USERS = ("ann@example.com", "ben@example.com")
TOKEN = "demo-token"


@contextmanager
def emulator() -> Iterator[str]:
    """A fresh emulator in a process of its own; its address."""
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
    """Commands in a copy of a project, in order; a surprise ends it with an error."""

    def __init__(self, project: Path, url: str) -> None:
        self.project = project
        self.url = url
        self.settings = {"DATAROBOT_ENDPOINT": f"{url}/api/v2", "DATAROBOT_API_TOKEN": TOKEN}

    def begin(self, origin: str) -> None:
        """Say how a reader gets to the same place."""
        variables = " ".join(f"{name}={value}" for name, value in self.settings.items())
        click.echo(f"$ export {variables}")
        click.echo(f"$ cd {self.project}   # a copy of {origin}")

    def write(self, path: Path, text: str) -> None:
        """Change a file of the project."""
        click.echo(f"(writing {path.relative_to(self.project)})")
        path.write_text(text, encoding="utf-8")

    def title(self, text: str) -> None:
        """What comes next."""
        click.echo(f"\n=== {text}")

    def call(self, *arguments: str, expect: int = 0) -> None:
        """Run one command; ReconcilerError when it leaves with another exit code."""
        click.echo(f"\n$ reconciler {shlex.join(arguments)}")
        sys.stdout.flush()
        command = [sys.executable, "-m", "reconciler", "--project-dir", ".", *arguments]
        code = subprocess.run(
            command, env={**environment(), **self.settings}, cwd=self.project, check=False
        ).returncode
        if code != expect:
            raise ReconcilerError(
                f"reconciler {arguments[0]} left with exit code {code}, not {expect}",
                "This is a defect of the tool: report it with the output above.",
            )
        click.echo(f"(exit code {code})")

    def curl(self, method: str, path: str, body: JsonObject | None = None) -> Any:
        """A call past the tool, shown as curl would make it; ``path`` from the server's root."""
        text = json.dumps(body) if body is not None else ""
        shown = f" -H 'Content-Type: application/json' -d {shlex.quote(text)}" if text else ""
        click.echo(f"$ {self._curl_line(method, path)}{shown}")
        return self._send(method, path, text.encode(), "application/json")

    def upload(
        self, method: str, path: str, fields: Mapping[str, str], file: tuple[str, bytes]
    ) -> None:
        """The same with a form that carries a file."""
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
        return f"curl -X {method} {header} '{self.url}/{path}'"

    def _send(self, method: str, path: str, body: bytes, content_type: str) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        if body:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(f"{self.url}/{path}", body or None, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")
