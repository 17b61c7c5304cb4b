"""The manifest of an ``Alias``: a stable name that points to a deployed model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.core.spec import Spec, absent

Name = Annotated[str, Field(min_length=1, max_length=100)]


class AliasSpec(Spec):
    """What an alias points to; ``weight`` is the percentage of the traffic that it receives."""

    name: Name = absent()
    target: Name
    weight: Annotated[int, Field(ge=0, le=100)] = absent()
    note: str | None = None
