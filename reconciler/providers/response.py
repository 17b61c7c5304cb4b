"""What every platform's answers share: they are read strictly where we rely on them."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from reconciler.providers.answer import ContractBroken


class Answered(BaseModel):
    """An answer in the platform's names; what is missing in it breaks the contract.

    ``WHOSE`` and ``HINT`` tell the user whose contract that is, and what to look at.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    WHOSE: ClassVar[str] = "platform"
    HINT: ClassVar[str] = "Check that the endpoint is the API and which release it runs."


A = TypeVar("A", bound=Answered)


def parse(model: type[A], answer: Any) -> A:
    """The answer as this model; ContractBroken names the fields that break the contract."""
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) or "body" for e in error.errors()[:5])
        raise ContractBroken(
            f"the {model.WHOSE}'s {model.__name__} breaks its contract at: {fields}", model.HINT
        ) from error
