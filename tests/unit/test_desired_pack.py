"""Packing and reading bytes: the same on any clone, never other bytes than were hashed."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from reconciler.core.fileset import FileEntry, FileSet, file_set
from reconciler.desired.archive import read_archive
from reconciler.desired.load import load
from reconciler.desired.pack import open_entry, pack_context
from reconciler.errors import ManifestError
from tests.support.manifests_on_disk import KINDS, environment, put

FILES = {
    "Dockerfile": b"FROM x\n",
    "d/start.sh": b"#!/bin/sh\n",
    "ä" * 120: b"",
    "big": b"x" * 10**6,
}


def context(folder: Path, files: dict[str, bytes], path: str = "docker") -> FileSet:
    for name, content in files.items():
        put(folder, {f"docker/{name}": content})
    put(folder, {"a.yaml": environment(spec=f"{{version: {{dockerContext: {path}}}}}")})
    (resource,) = load([], folder, KINDS).graph
    return resource.files["version.dockerContext"]


def packed(files: FileSet) -> bytes:
    target = io.BytesIO()
    pack_context(files, target)
    return target.getvalue()


def test_the_same_bytes_on_any_clone(tmp_path: Path) -> None:
    one = context(tmp_path / "one", FILES)
    other = context(tmp_path / "two", dict(reversed(FILES.items())))
    for number, path in enumerate(sorted((tmp_path / "two/docker").rglob("*"))):
        os.chmod(path, 0o700)
        os.utime(path, (number, number))
    put(tmp_path / "two/docker", {"__pycache__/x.pyc": ""})
    assert packed(one) == packed(other)


def test_what_is_in_the_archive(tmp_path: Path) -> None:
    files = context(tmp_path, FILES)
    data = packed(files)
    assert data[4:8] == b"\0\0\0\0"
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = archive.getmembers()
        content = {m.name: archive.extractfile(m).read() for m in members}  # type: ignore[union-attr]
    assert content == FILES
    assert [member.name for member in members] == sorted(FILES)
    assert {(m.mode, m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {
        (0o755, 0, 0, "", "", 0)
    }
    assert len(gzip.decompress(data)) > 10**6


def test_the_archive_has_the_digest_of_the_folder(tmp_path: Path) -> None:
    files = context(tmp_path, FILES)
    path = tmp_path / "packed.tar.gz"
    path.write_bytes(packed(files))
    assert file_set(read_archive(path)).digest == files.digest


def test_a_given_archive_is_sent_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, {"c.tgz": packed(context(tmp_path, FILES))})
    files = context(tmp_path, {}, "c.tgz")
    assert packed(files) == (tmp_path / "c.tgz").read_bytes()
    (tmp_path / "c.tgz").write_bytes(packed(context(tmp_path, {"Dockerfile": b"FROM y\n"})))
    with pytest.raises(ManifestError) as caught:
        packed(files)
    assert caught.value.problems[0].code == "changed-while-read"
    (tmp_path / "c.tgz").write_bytes(b"")
    with pytest.raises(ManifestError):
        packed(files)


def test_reading_one_file(tmp_path: Path) -> None:
    files = context(tmp_path, FILES)
    with open_entry(files, "d/start.sh") as stream:
        assert stream.read(3) == b"#!/"
        assert stream.read() == b"bin/sh\n"
        assert stream.read() == b""
    with open_entry(files, "big") as stream:
        assert sum(len(chunk) for chunk in iter(lambda: stream.read(4096), b"")) == 10**6
    with open_entry(files, "ä" * 120) as stream:
        assert stream.readable()
        assert stream.read(0) == b""
        assert stream.read() == b""


def test_reading_an_image(tmp_path: Path) -> None:
    put(tmp_path, {"image.tar": b"image"})
    text = environment(spec="{version: {dockerImage: image.tar}}")
    put(tmp_path, {"a.yaml": text})
    (resource,) = load([], tmp_path, KINDS).graph
    with open_entry(resource.files["version.dockerImage"], "image.tar") as stream:
        assert stream.read() == b"image"


@pytest.mark.parametrize("content", [b"FROM y\n", b"FROM x", b"FROM x\n#", b""])
def test_a_file_that_changed_is_not_sent(tmp_path: Path, content: bytes) -> None:
    files = context(tmp_path, FILES)
    put(tmp_path, {"docker/Dockerfile": content})
    sent: list[bytes] = []
    with open_entry(files, "Dockerfile") as stream, pytest.raises(ManifestError) as caught:
        sent.extend(iter(lambda: stream.read(4), b""))
    assert caught.value.problems[0].code == "changed-while-read"
    # No byte was passed on that was not hashed.
    assert FILES["Dockerfile"].startswith(b"".join(sent))


def test_a_context_that_changed_is_not_packed(tmp_path: Path) -> None:
    files = context(tmp_path, FILES)
    put(tmp_path, {"docker/Dockerfile": b"FROM y\n"})
    with pytest.raises(ManifestError):
        packed(files)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    files = context(tmp_path, FILES)
    (tmp_path / "docker/Dockerfile").unlink()
    with pytest.raises(ManifestError) as caught:
        open_entry(files, "Dockerfile")
    assert "no such file" in caught.value.problems[0].message
    os.mkfifo(tmp_path / "docker/Dockerfile")
    with pytest.raises(ManifestError):
        packed(files)


def test_a_disk_that_fails() -> None:
    # Reading the first page of any process's memory is an input/output error.
    files = file_set([FileEntry("mem", "0" * 64, 1)], "context", "/proc/self")
    with open_entry(files, "mem") as stream, pytest.raises(ManifestError) as caught:
        stream.read()
    assert "input/output error" in caught.value.problems[0].message


def test_an_entry_without_a_file(tmp_path: Path) -> None:
    files = file_set([FileEntry("a", "0" * 64, 1)], "context", str(tmp_path))
    with pytest.raises(ManifestError):
        packed(files)
