"""Set a value in the text of a YAML file; every other byte of the file stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from reconciler.desired.manifest_text import is_plain_word
from reconciler.desired.path_problem import Keys

BOM = "\ufeff"


class YamlEdit:
    """The text of one file, and edits of the values that are written in it."""

    def __init__(self, text: str) -> None:
        self._bom = BOM if text.startswith(BOM) else ""
        self._text = text.removeprefix(BOM)

    @property
    def text(self) -> str:
        """The whole text with all edits so far."""
        return self._bom + self._text

    def set(self, document: int, keys: Keys, value: Any) -> bool:
        """Replace the value at these keys; False when none is written there.

        An alias is left as it is: its value stands at its anchor, for other keys too.
        """
        place = self._find(document, keys)
        if place is None:
            return False
        key, node = place
        if node.start_mark.index < key.end_mark.index:
            return False
        start, end = node.start_mark.index, node.end_mark.index
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            # The block ends where the next token begins; its last line ends before that.
            end = start + len(self._text[start:end].rstrip())
        elif isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip("\r\n"))
        before, new = self._text[:start], value_text(value)
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            # It began on a line of its own: what replaces it goes behind the key.
            before = before[: key.end_mark.index] + before[key.end_mark.index :].rstrip() + " "
        elif start == key.end_mark.index + 1 and not before.endswith(" "):
            before += " "  # `key:` without any value
        self._text = before + new + self._text[end:]
        return True

    def _find(self, document: int, keys: Keys) -> tuple[yaml.Node, yaml.Node] | None:
        nodes = list(yaml.compose_all(self._text, Loader=yaml.SafeLoader))
        if document >= len(nodes) or not keys:
            return None
        place: tuple[yaml.Node, yaml.Node] | None = None
        node = nodes[document]
        for key in keys:
            place = _child(node, key)
            if place is None:
                return None
            node = place[1]
        return place


def _child(node: Any, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node, node.value[key]
    return None


def value_text(value: Any) -> str:
    """A value on one line, in flow style."""
    if isinstance(value, Mapping):
        pairs = (f"{value_text(str(key))}: {value_text(inner)}" for key, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if not isinstance(value, str):
        return json.dumps(value)
    return value if is_plain_word(value) else _quoted(value)


def _quoted(text: str) -> str:
    """A text in double quotes; JSON's escapes are YAML's, and nothing invisible is left in it."""
    return "".join(
        char if char.isprintable() else f"\\U{ord(char):08x}"
        for char in json.dumps(text, ensure_ascii=False)
    )
