"""The YAML text of a manifest that this tool writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from reconciler.desired.envelope import API_VERSION

# A word that no YAML schema takes for something else than a text.
_WORD = re.compile(r"[A-Za-z_./][A-Za-z0-9_./ @+-]*[A-Za-z0-9_/]|[A-Za-z]")
_SIZE = re.compile(r"[1-9][0-9]*[KMG]i")
_ID = re.compile(r"[0-9a-f]{24}")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan"})
"""Words that YAML 1.1 or 1.2 takes for something else than a text, in any case of letters."""


class _Dumper(yaml.SafeDumper):
    """Block style; texts are quoted unless no reader could take them for a number or a flag."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Items of a list are indented below their key."""
        super().increase_indent(flow, False)


def is_plain_word(value: str) -> bool:
    """Whether a text needs no quotes, in block style and in flow style."""
    if _SIZE.fullmatch(value):
        return True
    # An id is quoted whatever it begins with: some would be numbers.
    word = _WORD.fullmatch(value) and not _ID.fullmatch(value)
    return bool(word) and value.casefold() not in _RESERVED


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    lines = value.split("\n")
    blocks = len(lines) > 1 and all(line == line.strip() and line.isprintable() for line in lines)
    if blocks and lines[0] and lines[-1]:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|")
    style = None if is_plain_word(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def manifest_text(
    kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any], notes: tuple[str, ...] = ()
) -> str:
    """One document, keys in the given order; ``notes`` are comments above it."""
    document = {"apiVersion": API_VERSION, "kind": kind, "metadata": dict(metadata), "spec": spec}
    body = yaml.dump(
        _plain(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return "".join(f"# {' '.join(note.split())}\n" for note in notes) + body


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
