"""What a batch would cost and whether its requests fit the model, before it is sent.

Both follow from a rough count of tokens.  The platform names no unit for its prices; they are read
as cents for a million tokens, which the estimate says beside its sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from reconciler.core.step import FieldChange
from reconciler.providers.batch_inference.input import MOST_TOLD, Input, Request
from reconciler.providers.batch_inference.responses import ModelConfig
from reconciler.providers.batch_inference.tokens import CHARACTERS_PER_TOKEN, counted

PRICED_TOKENS = 1_000_000
PATH = "estimated cost"


def config_of(model: str, configs: Sequence[ModelConfig]) -> ModelConfig | None:
    """What is known of a model; requests call it by its name, and a platform may list ids only."""
    for key in ("name", "id", "model_code"):
        for config in configs:
            if getattr(config, key) == model:
                return config
    return None


def estimated_cost(given: Input, config: ModelConfig | None) -> FieldChange:
    """The sum as a field of the step, with how it was reckoned."""
    into = sum(request.prompt for request in given.requests)
    out = sum(request.answer or 0 for request in given.requests)
    if config is None or config.input_price_cents is None or config.output_price_cents is None:
        return FieldChange(PATH, None, "unknown", "the platform tells no price for the model")
    prices = Decimal(str(config.input_price_cents)), Decimal(str(config.output_price_cents))
    cents = (into * prices[0] + out * prices[1]) / PRICED_TOKENS
    open_ended = sum(request.answer is None for request in given.requests)
    more = (
        f" and the answers of {counted(open_ended, 'request')} without max_tokens"
        if open_ended
        else ""
    )
    how = (
        f"about {counted(into, 'token')} in and at most {out} out, at {_plain(prices[0])} and "
        f"{_plain(prices[1])} cents a million; {CHARACTERS_PER_TOKEN} characters make a token"
    )
    return FieldChange(PATH, None, f"{_dollars(cents / 100)}{more}", how)


def too_long(given: Input, config: ModelConfig | None) -> Iterator[tuple[str, bool]]:
    """Requests over the model's context length, and whether that is certain or an estimate."""
    length = config.context_length if config else None
    if length is None:
        return
    over = [each for each in given.requests if each.prompt + (each.answer or 0) > length]
    for request in over[:MOST_TOLD]:
        yield _told(given, request, length), (request.answer or 0) > length
    if len(over) > MOST_TOLD:
        rest = over[MOST_TOLD:]
        certain = any((each.answer or 0) > length for each in rest)
        yield f"and {len(rest)} more", certain


def _told(given: Input, request: Request, length: int) -> str:
    answer = f" and {request.answer} to answer with" if request.answer else ""
    return (
        f"{given.name}:{request.line}: about {counted(request.prompt, 'token')} of prompt{answer} "
        f"are more than the {length} of the model's context"
    )


def _plain(price: Decimal) -> str:
    return f"{price.normalize():f}"


def _dollars(amount: Decimal) -> str:
    return f"${amount:.2f}" if amount >= Decimal("0.01") or not amount else "under $0.01"
