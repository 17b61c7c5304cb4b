"""The fields of a manifest model as its author sees them: keys, nested models, mappings, lists."""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from reconciler.desired.path_problem import Keys


@cache
def keys_of(model: type[BaseModel]) -> dict[str, Any]:
    """Key in the manifest to the type of its value."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def type_at(model: type[BaseModel], keys: Keys) -> Any:
    """The type of the value at ``keys``, or None where the model knows no such key."""
    inner: Any = model
    for key in keys:
        inner = _step(inner, key)
    return _bare(inner)


def model_at(model: type[BaseModel], keys: Keys) -> type[BaseModel] | None:
    """The model of the mapping at ``keys``, or None."""
    return _model(type_at(model, keys))


def places(model: type[BaseModel], key: str) -> Iterator[str]:
    """Dotted paths below the model where ``key`` is known, shallow ones first."""
    level: list[tuple[str, type[BaseModel]]] = [("", model)]
    while level:
        deeper = []
        for path, each in level:
            if key in keys_of(each):
                yield f"{path}{key}"
            for name, annotation in keys_of(each).items():
                if inner := _model(_bare(annotation)):
                    deeper.append((f"{path}{name}.", inner))
        level = deeper


def _step(annotation: Any, key: str | int) -> Any:
    steps = (_step_into(branch, key) for branch in _branches(annotation))
    return next((step for step in steps if step is not None), None)


def _branches(annotation: Any) -> Iterator[Any]:
    """The types that a value may have; a union of a mapping and a list has two."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _branches(arguments[0])
    elif origin in (Union, types.UnionType):
        for branch in arguments:
            yield from _branches(branch)
    else:
        yield annotation


def _step_into(annotation: Any, key: str | int) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[1]
    if origin is list:
        return arguments[0] if isinstance(key, int) else None
    model = _model(annotation)
    return keys_of(model).get(str(key)) if model else None


def _model(annotation: Any) -> type[BaseModel] | None:
    annotation = _bare(annotation)
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation if is_model else None


def _bare(annotation: Any) -> Any:
    """Without ``Annotated`` and without ``| None``."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation = arguments[0]
        elif origin in (Union, types.UnionType):
            annotation = next(each for each in arguments if each is not type(None))
        else:
            return annotation
