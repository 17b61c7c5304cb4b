"""What an unquoted YAML scalar means; spellings that YAML versions disagree on are refused.

The rules are those of the YAML 1.2 core schema.  Where YAML 1.1, which many tools still speak,
would read another value, the author must quote or respell.
"""

from __future__ import annotations

import re
from typing import Final

from reconciler.desired.path_problem import InputError, PathProblem

MAX_DIGITS = 18

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS: Final = {
    spelling: value
    for word, value in (("true", True), ("false", False))
    for spelling in (word, word.capitalize(), word.upper())
}
_OLD_BOOLEANS: Final = frozenset(
    spelling
    for word in ("yes", "no", "on", "off")
    for spelling in (word, word.capitalize(), word.upper())
)
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)?\.[0-9]+(?:[eE][-+]?[0-9]{1,3})?")
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_ODD_NUMBER: Final = re.compile(
    r"[-+]?(?:"
    r"0[0-9_]+(?:\.[0-9_]*)?"  # 010 is 8 or 10
    r"|0x[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+"
    r"|[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?"  # 1_000 is 1000 or text
    r"|[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # 1:30 is 90 or text
    r"|[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+"  # 1e3 is 1000 or text
    r"|[0-9]+\."
    r")"
)

Scalar = str | int | float | bool | None


def resolve(text: str) -> Scalar:
    """The value of an unquoted scalar; dates stay text.  Raises ``InputError``."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in "0123456789+-.":
        return _number(text)
    if text in _OLD_BOOLEANS:
        raise _ambiguous(
            "ambiguous-boolean",
            f"{text} without quotes is text to some readers of YAML and a boolean to others",
            f'Write "{text}" for the text, or true / false for a boolean.',
        )
    return text


def _number(text: str) -> Scalar:
    if _INT.fullmatch(text):
        if len(text.lstrip("+-")) > MAX_DIGITS:
            raise _ambiguous(
                "number-too-large",
                f"a number of more than {MAX_DIGITS} digits loses its end on the way",
                "Put it in quotes if it is an identifier.",
            )
        return int(text)
    if _FLOAT.fullmatch(text) and (value := float(text)) - value == 0:
        return value
    if _ODD_NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text) or _FLOAT.fullmatch(text):
        raise _ambiguous(
            "ambiguous-number",
            f"{text[:40]} is a number to some readers of YAML and text or another number to others",
            "Write a plain decimal number such as 1000 or 0.5, or put the text in quotes.",
        )
    return text


def _ambiguous(code: str, message: str, hint: str) -> InputError:
    return InputError(PathProblem(code, message, hint))
