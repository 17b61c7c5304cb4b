"""Where in a YAML text a key path lies; looked up only when an error needs it."""

from __future__ import annotations

from typing import Any

import yaml

from reconciler.desired.path_problem import Keys


class Positions:
    """Line and column of keys and values of one file that the reader has accepted.

    The reader checks depth first: libyaml composes nodes by recursion in C.
    """

    def __init__(self, data: bytes) -> None:
        self._nodes: list[Any] = []
        self._composer = yaml.compose_all(data, Loader=yaml.CSafeLoader)

    def find(self, index: int, keys: Keys, *, on_key: bool = False) -> tuple[int, int] | None:
        """Line and column from 1 of the value (or key) at ``keys``, else of the nearest above."""
        node = self._document(index)
        if node is None:
            return None
        mark = node.start_mark
        for depth, key in enumerate(keys):
            pair = _child(node, key)
            if pair is None:
                break
            key_node, node = pair
            last = depth == len(keys) - 1
            named = key_node is not None and (on_key or not last)
            mark = (key_node if named else node).start_mark
        return mark.line + 1, mark.column + 1

    def _document(self, index: int) -> Any:
        try:
            while len(self._nodes) <= index:
                self._nodes.append(next(self._composer))
        except (StopIteration, yaml.YAMLError):
            return None
        return self._nodes[index]


def _child(node: Any, key: str | int) -> tuple[Any, Any] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return (None, node.value[key]) if key < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == key:
                return key_node, value_node
    return None
