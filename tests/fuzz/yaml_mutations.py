"""YAML documents to break a loader with: valid ones made wrong, and ones that were never right."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SEEDS = tuple(
    path.read_bytes()
    for folder in (ROOT / "examples" / "manifests", ROOT / "tests" / "scenarios" / "bases")
    for path in sorted(folder.rglob("*.yaml"))
)
TOKENS: tuple[bytes, ...] = (
    b"&a ", b"*a", b"<<: *a", b"<<: {a: 1}", b"!!python/object/apply:os.system [id]", b"!Ref x",
    b"!!binary aGk=", b"!!set {a}", b"? [a, b] : c", b"? ", b"- - - -", b"[", b"{", b"]", b"}",
    b"'", b'"', b"|", b">", b"|+9", b"%YAML 9.9\n---\n", b"%TAG ! tag:x,2000:\n---\n", b"---\n",
    b"...\n", b"\t", b"\r", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x85",
    b"\xe2\x80\xa8", b"\x1b[31m", b"::set-output name=x::y", b"yes", b"no", b"null", b"~",
    b".inf", b"-.nan", b"1e999", b"0o17", b"0x1F", b"010", b"9" * 5000, b"-0.0", b"1:30",
    b"2026-11-01", b"${var.x}", b"${env.HOME}", b"$${", b"${", b"=", b"a: b: c", b"#",
    b"/etc/passwd", b"../../..", b"/dev/zero", b"C:\\x", b"~root", b"file:///etc", b"a" * 3000,
    b'"\\ud800"', b'"\\x00"', b'"\\U0010ffff"', b"128Mi", b"14.5Gi", b"-1", b"0", b"1e3", b"30m",
    b"99999999999h", b"{}", b"[]", b"[[[]]]", b"{a: {b: {c: {}}}}", b"kind: Project\n",
    b"kind: CustomModel\n", b"apiVersion: v1\n", b"metadata: {name: ../x}\n",
    b"metadata: {name: x, id: [1]}\n", b"lifecycle: {protect: maybe}\n", b"spec:\n",
    b"dependsOn: [CustomModel/churn]\n", b"version: {files: {root: /, include: ['**']}}\n",
    b"exclude: ['**', '!', '[', '\\\\']\n",
)  # fmt: skip


CODECS = ("utf-16", "utf-8-sig", "utf-32")


def hostile(chance: random.Random) -> bytes:
    """A document that attacks one thing."""
    size = chance.choice((10, 100, 1000, 20_000))
    return chance.choice(ATTACKS)(size, chance)[: 3 * 2**20]


def _bomb(size: int, chance: random.Random) -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, min(size, 40)):
        lines.append(b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)))
    return b"\n".join(lines)


def _merge_bomb(size: int, chance: random.Random) -> bytes:
    lines = [b"a0: &a0 {k: v}"]
    for n in range(1, min(size, 30)):
        lines.append(b"a%d: &a%d {<<: [*a%d, *a%d], k%d: v}" % (n, n, n - 1, n - 1, n))
    return b"\n".join(lines)


ATTACKS: tuple[Callable[[int, random.Random], bytes], ...] = (
    _bomb,
    _merge_bomb,
    lambda size, chance: b"[" * size + b"]" * chance.choice((0, size)),
    lambda size, chance: b"{a: " * size + b"}" * chance.choice((0, size)),
    lambda size, chance: b"".join(b" " * n + b"a:\n" for n in range(min(size, 1500))),
    lambda size, chance: b"- " * size,
    lambda size, chance: b"? " * size,
    lambda size, chance: b"---\n" * size,
    lambda size, chance: b"".join(b"k%d: 1\n" % n for n in range(size)),
    lambda size, chance: b"a: &a [*a]\n" * min(size, 100),
    lambda size, chance: b"x: " + b"9" * size,
    lambda size, chance: b"x: '" + b"a" * (size * 100) + b"'",
    lambda size, chance: b"x: |\n" + b"  line\n" * size,
    lambda size, chance: b"&a " * size + b"x",
    lambda size, chance: b"! " * size,
    lambda size, chance: b"'" * size,
    lambda size, chance: b"#" * size,
    lambda size, chance: b"*" * size,
    lambda size, chance: b"x: " + b"${var.x}" * size,
    lambda size, chance: chance.randbytes(size),
    lambda size, chance: bytes(chance.choice(b" \n\t:-?[]{}&*!|>'\"%@`,#ab0") for _ in range(size)),
)  # fmt: skip


def mutated(chance: random.Random) -> bytes:
    """A valid document with a few things wrong."""
    data = chance.choice(SEEDS)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        data = chance.choice(MUTATIONS)(data, chance)
    return data


def document(chance: random.Random) -> bytes:
    """Either of the two."""
    return hostile(chance) if chance.random() < 0.1 else mutated(chance)


def _cut(data: bytes, chance: random.Random) -> tuple[bytes, bytes, bytes]:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((0, 1, 2, 5, 20, 100)))
    return data[:start], data[start:end], data[end:]


def _flip(data: bytes, chance: random.Random) -> bytes:
    before, _, after = _cut(data, chance)
    return before + bytes([chance.randrange(256)]) + after[1:]


def _token(data: bytes, chance: random.Random) -> bytes:
    before, middle, after = _cut(data, chance)
    return before + chance.choice(TOKENS) + chance.choice((b"", middle)) + after


def _value(data: bytes, chance: random.Random) -> bytes:
    """The value after some colon becomes a hostile one."""
    lines = data.split(b"\n")
    places = [n for n, line in enumerate(lines) if b": " in line]
    if not places:
        return _token(data, chance)
    place = chance.choice(places)
    lines[place] = lines[place].partition(b": ")[0] + b": " + chance.choice(TOKENS)
    return b"\n".join(lines)


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    verb = chance.randrange(5)
    if verb == 0:
        del lines[place]
    elif verb == 1:
        lines.insert(other, lines[place])
    elif verb == 2:
        lines[place], lines[other] = lines[other], lines[place]
    elif verb == 3:
        lines[place] = b" " * chance.randrange(9) + lines[place].lstrip()
    else:
        lines[place] = lines[place].replace(b":", chance.choice((b"", b"::", b" :", b"-")))
    return b"\n".join(lines)


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flip,
    _token,
    _value,
    _value,
    _lines,
    _lines,
    lambda data, chance: _cut(data, chance)[0],
    lambda data, chance: data + b"\n---\n" + chance.choice(SEEDS),
    lambda data, chance: _cut(data, chance)[0] + _cut(chance.choice(SEEDS), chance)[2],
    lambda data, chance: data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n"))),
    lambda data, chance: data.decode("utf-8", "replace").encode(chance.choice(CODECS)),
)  # fmt: skip
