"""Manifest model of ``BatchInference``, and where a batch's input and results lie.

Enums and limits are those of the API contract (``BatchCreate``) and its page.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from reconciler.core.spec import Duration, Spec, absent

Endpoint = Literal["/v1/chat/completions", "/v1/responses"]
SUFFIX = ".jsonl"
KIND = "BatchInference"
# The roles of its two files.
INPUT, OUTPUT = "input", "output"


def _lines(path: str) -> str:
    # An apply writes there: nothing else that a project holds may be mistaken for it.
    if not path.endswith(SUFFIX):
        raise PydanticCustomError("output", "is JSON Lines: write a path that ends in .jsonl")
    return path


Output = Annotated[
    str,
    AfterValidator(_lines),
    WithJsonSchema({"type": "string", "pattern": r"\.jsonl$"}),
]

DEFAULT_ENDPOINT: Endpoint = "/v1/chat/completions"
DEFAULT_TIMEOUT = 3600


class Require(Spec):
    """What the results must show; ``failed`` is how many requests may fail."""

    failed: Annotated[int, Field(ge=0)] = absent()


class Retry(Spec):
    """``failedLines``: how often requests without a good answer are sent again."""

    failed_lines: Annotated[int, Field(ge=0, le=10)] = 0


class BatchInferenceSpec(Spec):
    """A file of requests that is run once for each content it has.

    ``rerun`` and ``maxAge`` say when the same content is run again: after a change of what it
    depends on, at every apply, or when its newest batch is older than that.
    """

    input: Annotated[str, StringConstraints(min_length=1)]
    endpoint: Endpoint = DEFAULT_ENDPOINT
    completion_window: Literal["24h"] = "24h"
    output: Output = absent()
    require: Require = absent()
    timeout: Duration = absent()
    rerun: Literal["onChange", "always", "never"] = "onChange"
    max_age: Duration = absent()
    retry: Retry = absent()
