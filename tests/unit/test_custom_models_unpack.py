"""Archives of a platform on their way to a folder.

Cases: files in folders, a folder that holds something, names that lead out of it, a bomb whose
size is not what it declares, a large download that goes to disk.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reconciler.errors import ApiError, SettingsError
from reconciler.providers.archive import read_archive
from reconciler.providers.http import SPOOLED
from reconciler.providers.unpack import unpack
from tests.support.scripted_platform import platform


def zipped(**files: bytes) -> io.BytesIO:
    """A zip of these files; ``__`` in a name stands for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/"), content)
    return out


def tarred(name: str, content: bytes) -> io.BytesIO:
    """A tar of one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))
    out.seek(0)
    return out


def test_files_are_written_below_the_folder(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "new"
    assert unpack(zipped(b=b"2", a__x=b"1"), target) == ("a/x", "b")
    assert (target / "a" / "x").read_bytes() == b"1"
    assert [each.name for each in target.parent.iterdir()] == ["new"]
    with pytest.raises(SettingsError):
        unpack(zipped(c=b"3"), target)


def test_an_empty_folder_may_be_there(tmp_path: Path) -> None:
    assert unpack(tarred("x", b"1"), tmp_path) == ("x",)


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "C:/x", "..\\x"])
def test_nothing_is_written_when_one_name_leads_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(ApiError):
        unpack(tarred(name, b"1"), tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_bomb_is_left_half_way_and_nothing_of_it_stays(tmp_path: Path) -> None:
    bomb = zipped(first=b"1", zeros=bytes(50_000_000))
    assert len(bomb.getvalue()) < 100_000
    # What it declares is a lie: the size in its directory is made small.
    declared = (50_000_000).to_bytes(4, "little")
    lying = io.BytesIO(bomb.getvalue().replace(declared, (9).to_bytes(4, "little")))
    for content in (bomb, lying):
        with pytest.raises(ApiError):
            unpack(content, tmp_path / "new", most_bytes=10_000_000)
        assert list(tmp_path.iterdir()) == []


def test_a_large_file_is_hashed_and_not_kept() -> None:
    archive = read_archive(zipped(big=bytes(3_000_000), small=b"x\n"), "tree")
    assert [(entry.path, entry.size) for entry in archive.files.entries] == [
        ("big", 3_000_000),
        ("small", 2),
    ]
    assert archive.small == {"small": b"x\n"}


class Broken(httpx.SyncByteStream):
    """A body that breaks off."""

    def __iter__(self) -> Iterator[bytes]:
        yield b"x" * 10
        raise httpx.ReadError("gone")


def test_a_download_goes_to_disk_and_is_read_anew_when_it_breaks_off() -> None:
    body = bytes(SPOOLED + 1)
    answers = (httpx.Response(200, stream=Broken()), httpx.Response(200, content=body))
    with platform(*answers).http().download("file/") as file:
        assert file._rolled  # type: ignore[attr-defined]
        assert file.read() == body
