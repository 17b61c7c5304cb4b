"""Docker contexts and images: folders and archives alike, and archives that are refused."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from reconciler.core.fileset import FileSet
from reconciler.core.resource import Address
from reconciler.desired import archive
from tests.support.manifests_on_disk import environment, loaded, problems, put

CONTEXT = Address("ExecutionEnvironment", "py311")


def context(path: str, key: str = "dockerContext") -> str:
    """An environment with this context or image."""
    return environment(spec=f"{{version: {{{key}: {path}}}}}")


def context_files(tmp_path: Path, path: str) -> FileSet:
    made = loaded(tmp_path, {"a.yaml": context(path)})
    return made.graph.resources[CONTEXT].files["version.dockerContext"]


def tar(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "elsewhere"
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            made.addfile(info, io.BytesIO(content))
        folder_entry = tarfile.TarInfo("folder")
        folder_entry.type = tarfile.DIRTYPE
        made.addfile(folder_entry)
    return buffer.getvalue()


def zipped(members: dict[str, bytes], mode: int = 0o100644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.mkdir("folder")
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            made.writestr(info, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def test_packaging_means_nothing(tmp_path: Path) -> None:
    members = {"Dockerfile": b"FROM x\n", "d/run.sh": b"exit\n"}
    put(tmp_path, {f"docker/{name}": content for name, content in members.items()})
    dotted = {f"./{name}": content for name, content in members.items()}
    put(tmp_path, {"c.tar.gz": tar(members), "d.TGZ": tar(dotted), "e.zip": zipped(members)})
    made = [context_files(tmp_path, path) for path in ("docker", "c.tar.gz", "d.TGZ", "e.zip")]
    assert len({each.digest for each in made}) == 1
    assert {each.form for each in made} == {"context"}
    assert made[1].source == str(tmp_path / "c.tar.gz")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("c.tar.gz", b"", "damaged"),
        ("c.tar.gz", b"no archive", "damaged"),
        ("c.tar.gz", tar({"a": b"x" * 9999})[:80], "damaged"),
        ("c.zip", b"PK", "damaged"),
        ("c.zip", tar({"a": b"x"}), "damaged"),
        ("c.tar.gz", zipped({"a": b"x"}), "damaged"),
        ("c.tar.gz", tar({}), "no file"),
        ("c.tar.gz", tar({"../a": b"x"}), "unsafe path"),
        ("c.tar.gz", tar({"/a": b"x"}), "unsafe path"),
        ("c.zip", zipped({"a/../../b": b"x"}), "unsafe path"),
        ("c.zip", zipped({"a\nb": b"x"}), "unsafe path"),
        ("c.tar.gz", tar({"a": b"", "./a": b""}), "twice"),
        ("c.tar.gz", tar({"a": b""}, tarfile.SYMTYPE), "link or a device"),
        ("c.tar.gz", tar({"a": b""}, tarfile.LNKTYPE), "link or a device"),
        ("c.tar.gz", tar({"a": b""}, tarfile.FIFOTYPE), "link or a device"),
        ("c.zip", zipped({"a": b"/etc/passwd"}, 0o120777), "link or a device"),
        ("c.txt", b"", "not a folder, a .tar.gz"),
    ],
)
def test_bad_archives(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (found,) = problems(tmp_path, {"a.yaml": context(name), name: content})
    assert found.path == "spec.version.dockerContext"
    assert words in found.message


def test_an_archive_bomb(tmp_path: Path) -> None:
    bomb = zipped({"a": b"\0" * (archive.ALLOWANCE + archive.ALLOWANCE // 8)})
    assert len(bomb) * archive.MAX_RATIO < archive.ALLOWANCE // 8
    (found,) = problems(tmp_path, {"a.yaml": context("c.zip"), "c.zip": bomb})
    assert found.message == "the archive unpacks to more than 100 times its size"


def test_an_image_is_one_file(tmp_path: Path) -> None:
    made = loaded(tmp_path, {"a.yaml": context("i.tar", "dockerImage"), "i.tar": b"image"})
    files = made.graph.resources[CONTEXT].files["version.dockerImage"]
    assert (files.form, files.source) == ("blob", str(tmp_path / "i.tar"))
    assert [(entry.path, entry.size) for entry in files.entries] == [("i.tar", 5)]


def test_an_archive_that_is_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.zip")
    (found,) = problems(tmp_path, {"a.yaml": context("c.zip")})
    assert found.code == "unreadable-file"


@pytest.mark.parametrize("what", ["folder", "pipe", "socket"])
def test_an_image_that_is_no_file(tmp_path: Path, what: str) -> None:
    if what == "folder":
        (tmp_path / "i.tar").mkdir()
    elif what == "pipe":
        os.mkfifo(tmp_path / "i.tar")
    else:
        os.mknod(tmp_path / "i.tar", 0o140600)
    (found,) = problems(tmp_path, {"a.yaml": context("i.tar", "dockerImage")})
    assert found.code == "unreadable-file"
