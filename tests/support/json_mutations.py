"""One change of a JSON document at random: a value, a type, a key or an element."""

from __future__ import annotations

import copy
import random
from typing import Any

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2.5, 10**30, [], [1], ["x"], {}, {"a": 1}),
    *("", "x", "create", "delete", "POST", "DELETE", "\u0000", "../x", "Ship/argo"),
    *({"literal": 1}, {"literal": {"a": 1}}, {"knownAfter": 1, "output": 2}),
    {"knownAfter": "a", "output": "b"},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside of the document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    if isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(found for key, each in inner for found in places(each, (*path, key)))]


def mutated(data: Any, chance: random.Random) -> Any:
    """The document with one change in place."""
    *above, last = chance.choice(places(data)[1:])
    place = data
    for key in above:
        place = place[key]
    kind = chance.choice(("value", "type", "remove", "add", "repeat", "nudge", "swap"))
    if kind == "remove":
        del place[last]
    elif kind == "add" and isinstance(place, dict):
        place[chance.choice(("extra", "id", "literal", "checksum2"))] = chance.choice(ODD)
    elif kind == "repeat" and isinstance(place, list):
        place.insert(last, copy.deepcopy(place[last]))
    elif kind == "swap" and isinstance(place, list):
        place.reverse()
    elif kind == "nudge":
        place[last] = _nudged(place[last])
    else:
        place[last] = copy.deepcopy(chance.choice(ODD))
    return data


def _nudged(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}x" if value else "x"
    return [value] if isinstance(value, list) else None
