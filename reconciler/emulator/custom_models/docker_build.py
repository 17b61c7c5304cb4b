"""Reading an uploaded Docker context the way a build would, without running anything.

What fails the build is in the upload itself: no Dockerfile, a broken archive, ``RUN false``, a base
image nobody has, a file that is not in the context.
"""

from __future__ import annotations

import fnmatch
import io
import lzma
import posixpath
import re
import shlex
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

# No registry is asked; an image with this in its name is one that nobody has.
MISSING_IMAGE = "does-not-exist"
_DOCKERFILE = "Dockerfile"
_LONGEST_DOCKERFILE = 1 << 20
_LARGEST_CONTEXT = 1 << 30
# What the archive readers raise for damaged or hostile input.
_UNREADABLE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
)
_EXIT = re.compile(r"^(?:exit\s+(?P<code>[1-9][0-9]*)|(?P<false>false|/bin/false))$")


@dataclass(frozen=True)
class Built:
    """The end of a build: its console output, and the reason when it failed."""

    log: str
    error: str = ""


@dataclass(frozen=True)
class Context:
    """What a build sees of its context: the paths, the Dockerfile, the size of it all."""

    names: frozenset[str]
    dockerfile: bytes | None
    size: int


class _Failed(Exception):
    """The build stops here."""


def build(uri: str | None, image: bytes | None, context: bytes | None) -> Built:
    """Build from an image address, else from an image, else from a context.

    The context is only kept when there is an address: the pages say the address is built.
    """
    lines: list[str] = []
    try:
        if uri:
            _pull(uri, lines)
        elif image is not None:
            _load_image(image, lines)
        else:
            _run(unpack(context or b""), lines)
    except _Failed as failed:
        return Built("\n".join([*lines, f"ERROR: {failed}"]) + "\n", str(failed))
    return Built("\n".join([*lines, "Successfully built image"]) + "\n")


def archive_format(content: bytes) -> str:
    """How the archive is packed, by its first bytes; used to name the download."""
    return "zip" if content[:2] == b"PK" else "tar.gz" if content[:2] == b"\x1f\x8b" else "tar"


def unpack(content: bytes) -> Context:
    """Read a tar.gz or zip archive to its end, keeping only what a build looks at."""
    try:
        return _unzipped(content) if archive_format(content) == "zip" else _untarred(content)
    except _UNREADABLE as broken:
        raise _Failed(f"cannot read the docker context archive: {broken}") from broken


def _untarred(content: bytes) -> Context:
    size, names, dockerfile = 0, set(), None
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
        for member in archive:
            size = _grown(size, member.size)
            names.add(posixpath.normpath(member.name))
            if posixpath.normpath(member.name) == _DOCKERFILE and member.isfile():
                file = archive.extractfile(member)
                dockerfile = file.read(_LONGEST_DOCKERFILE) if file else None
    return Context(frozenset(names), dockerfile, size)


def _unzipped(content: bytes) -> Context:
    size, names, dockerfile = 0, set(), None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            size = _grown(size, info.file_size)
            names.add(posixpath.normpath(info.filename))
            if posixpath.normpath(info.filename) == _DOCKERFILE and not info.is_dir():
                with archive.open(info) as file:
                    dockerfile = file.read(_LONGEST_DOCKERFILE)
        broken = archive.testzip()
        if broken is not None:
            raise zipfile.BadZipFile(f"bad checksum of {broken}")
    return Context(frozenset(names), dockerfile, size)


def _grown(size: int, more: int) -> int:
    """The size so far; a small upload may claim to be huge."""
    if size + more > _LARGEST_CONTEXT:
        raise _Failed(f"the docker context is larger than {_LARGEST_CONTEXT} bytes")
    return size + more


def _pull(uri: str, lines: list[str]) -> None:
    lines.append(f"Pulling from {uri}")
    if MISSING_IMAGE in uri:
        raise _Failed(f"manifest for {uri} not found: manifest unknown")
    lines.append(f"Status: Downloaded newer image for {uri}")


def _load_image(image: bytes, lines: list[str]) -> None:
    lines.append(f"Loading image archive ({len(image)} bytes)")
    try:
        with tarfile.open(fileobj=io.BytesIO(image), mode="r:*") as archive:
            count = len(archive.getmembers())
    except _UNREADABLE as broken:
        raise _Failed(f"the image is not a tar archive: {broken}") from broken
    lines.append(f"Loaded {count} entries")


def _run(context: Context, lines: list[str]) -> None:
    if context.dockerfile is None:
        raise _Failed("failed to read Dockerfile: no file named Dockerfile at the top level")
    steps = list(instructions(context.dockerfile.decode("utf-8", "replace")))
    if not steps:
        raise _Failed("failed to read Dockerfile: file with no instructions")
    lines.append(f"Sending build context to Docker daemon  {context.size} bytes")
    for place, (word, rest) in enumerate(steps, 1):
        lines.append(f"Step {place}/{len(steps)} : {word} {rest}")
        _step(place, word, rest, context.names)
        lines.append(f" ---> {zlib.crc32(f'{word} {rest}'.encode()):08x}")


def instructions(dockerfile: str) -> Iterable[tuple[str, str]]:
    """The instructions of a Dockerfile: the word in capitals, and the rest of the line."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n", " ", "\n".join(lines))
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        yield word.upper(), " ".join(rest.split())


def _step(place: int, word: str, rest: str, names: frozenset[str]) -> None:
    if place == 1 and word not in ("FROM", "ARG"):
        raise _Failed("no build stage in current context: the first instruction must be FROM")
    if word == "FROM" and MISSING_IMAGE in rest:
        raise _Failed(f"manifest for {rest} not found: manifest unknown")
    if word == "RUN":
        _run_command(rest)
    if word in ("COPY", "ADD"):
        _copy(rest, names)


def _run_command(command: str) -> None:
    for part in re.split(r"&&|;", command):
        stop = _EXIT.match(part.strip())
        if stop:
            code = stop["code"] or "1"
            raise _Failed(f"The command '/bin/sh -c {command}' returned a non-zero code: {code}")


def _copy(rest: str, names: frozenset[str]) -> None:
    try:
        words = shlex.split(rest.replace("[", " ").replace("]", " ").replace(",", " "))
    except ValueError as broken:
        raise _Failed(f"cannot parse COPY {rest}: {broken}") from broken
    if any(word.startswith("--from") for word in words):
        return
    for source in [word for word in words if not word.startswith("--")][:-1]:
        if "://" not in source and not _in_context(source, names):
            raise _Failed(f"COPY failed: file not found in build context: stat {source}")


def _in_context(source: str, names: frozenset[str]) -> bool:
    path = posixpath.normpath(source).lstrip("/")
    if path == ".":
        return True
    return any(fnmatch.fnmatch(n, path) or n.startswith(f"{path}/") for n in names)
