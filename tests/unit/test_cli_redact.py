"""Secrets in what is printed and written, in every form in which a text can hold them."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cli.redact import Redactor

TOKEN = 'aB3+/d<"x&y=-T0k\\en'
CHARACTERS = st.characters(min_codepoint=33, max_codepoint=126)


def everywhere(char: str) -> str:
    """The character as two hexadecimal digits."""
    return f"{ord(char):02x}"


FORMS = {
    "plain": lambda token: token,
    "lower": str.lower,
    "upper": str.upper,
    "url": lambda token: quote(token, safe=""),
    "form": quote_plus,
    "url in lower case": lambda token: quote(token, safe="").lower(),
    "url twice": lambda token: quote(quote(token, safe=""), safe=""),
    "all in per cent": lambda token: "".join(f"%{everywhere(char)}" for char in token),
    "JSON": lambda token: json.dumps(token)[1:-1],
    "JSON in JSON": lambda token: json.dumps(json.dumps(token))[3:-3],
    "all in \\u": lambda token: "".join(f"\\u00{everywhere(char)}" for char in token),
    "HTML": html.escape,
    "HTML by number": lambda token: "".join(f"&#{ord(char)};" for char in token),
    "HTML by hexadecimal": lambda token: "".join(f"&#x{everywhere(char)};" for char in token),
}


def redactor(*secrets: str) -> Redactor:
    made = Redactor()
    made.learn(secrets)
    return made


@pytest.mark.parametrize("form", FORMS)
@given(token=st.just(TOKEN) | st.text(CHARACTERS, min_size=8, max_size=40))
def test_every_form_of_a_secret_is_removed(form: str, token: str) -> None:
    text = FORMS[form](token)
    assert redactor(token).clean(f"a {text} b") == "a *** b"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@given(
    token=st.text(CHARACTERS, min_size=8, max_size=40),
    before=st.binary(max_size=5),
    behind=st.binary(max_size=5),
)
def test_base64_of_a_longer_text_holds_no_secret(
    encode: object, token: str, before: bytes, behind: bytes
) -> None:
    text = encode(before + token.encode() + behind).decode()  # type: ignore[operator]
    shown = redactor(token).clean(text)
    assert "***" in shown
    assert len(shown) <= len(text) - len(token) + 3


def test_a_secret_that_begins_with_another_is_removed_whole() -> None:
    assert redactor("12345678", "12345678-longer").clean("x12345678-longer") == "x***"


def test_what_is_too_short_or_unknown_stays() -> None:
    assert redactor("short", "").clean("a short text") == "a short text"
    made = redactor("s3cr3t-token")
    made.forget()
    assert made.clean("s3cr3t-token") == "s3cr3t-token"
