"""The manifest model of ``RegistryModel``: which model of the registry, and what it must be.

Nothing in it is ever written to the registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from reconciler.core.spec import Spec, absent
from reconciler.providers.model_registry.bounds import NUMBER, RELEASE, WHOLE, pattern

_FQN = re.compile(r"model:[^/:\s]+/[^/:\s]+/[^/:\s]+")


def _fqn(value: object) -> object:
    if not isinstance(value, str) or _FQN.fullmatch(value):
        return value
    if value.startswith("model-version:"):
        raise PydanticCustomError(
            "version_fqn",
            "names a version: write model:TENANT/ML_REPO/NAME, and the number in require.version",
        )
    raise PydanticCustomError("fqn", "not the fqn of a model: write model:TENANT/ML_REPO/NAME")


def _range(form: str, what: str, *, whole: bool = False) -> Callable[[object], object]:
    """A check of a range's form; ``whole`` takes a plain number for it, too.

    No other number: 3.10 without quotes is 3.1.  Other types are left to the validator.
    """

    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return value
        text = str(value) if whole and isinstance(value, int) else value
        if not isinstance(text, str) or not re.fullmatch(form, text):
            raise PydanticCustomError("range", "not a range: write {what}", {"what": what})
        return text

    return check


_VERSIONS = pattern(WHOLE, bare=True)
_BOUNDS = pattern(NUMBER, bare=False)
_RELEASES = pattern(RELEASE, bare=True)

Word = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Fqn = Annotated[
    str,
    BeforeValidator(
        _fqn, json_schema_input_type=Annotated[str, Field(pattern=f"^{_FQN.pattern}$")]
    ),
]
VersionRange = Annotated[
    str,
    BeforeValidator(
        _range(_VERSIONS, "a version such as 7, or bounds such as '>=3' or '>=3,<5'", whole=True),
        json_schema_input_type=int | Annotated[str, Field(pattern=_VERSIONS)],
    ),
]
NumberRange = Annotated[
    str,
    BeforeValidator(
        _range(_BOUNDS, "bounds such as '>=0.80' or '>0,<=0.2'"),
        json_schema_input_type=Annotated[str, Field(pattern=_BOUNDS)],
    ),
]
ReleaseRange = Annotated[
    str,
    BeforeValidator(
        _range(_RELEASES, "a release in quotes such as '3.11', or bounds such as '>=3.10,<3.13'"),
        json_schema_input_type=Annotated[str, Field(pattern=_RELEASES)],
    ),
]


class RegistryRequire(Spec):
    """What the resolved version must be; ``alias`` and ``version`` also choose it.

    ``framework`` is not a closed list: a registry may know frameworks that its contract does not.
    """

    version: VersionRange = absent()
    alias: Word = absent()
    framework: Word = absent()
    deployable: bool = absent()
    tags: list[Word] = absent()
    metrics: dict[Word, NumberRange] = absent()
    python_version: ReleaseRange = absent()
    packages: dict[Word, ReleaseRange] = absent()


class RegistryModelSpec(Spec):
    """A model of the registry, by its fully qualified name or by its repository and name."""

    fqn: Fqn = absent()
    ml_repo: Word = absent()
    model_name: Word = absent()
    require: RegistryRequire = absent()

    @model_validator(mode="after")
    def _one_way_to_name_it(self) -> RegistryModelSpec:
        pair = (self.ml_repo is not None, self.model_name is not None)
        if self.fqn is not None and any(pair):
            raise ValueError("fqn names the model already: take mlRepo and modelName out")
        if self.fqn is None and not all(pair):
            raise ValueError("needs fqn, or mlRepo and modelName together")
        return self
