"""Hooks that DRUM calls to serve the redactor: rules in, text without personal data out."""

import json
import re
from pathlib import Path


def load_model(code_dir):
    """The rules in the order they apply: (kind, compiled pattern, check of a match)."""
    rules = json.loads(Path(code_dir, "rules.json").read_text(encoding="utf-8"))
    return [
        (kind, re.compile(rule["pattern"]), CHECKS[rule.get("check", "none")])
        for kind, rule in rules.items()
    ]


def score_unstructured(model, data, query, **kwargs):
    """The text with each find replaced by its kind; with ?counts=true, how many of each instead."""
    text = data.decode(kwargs.get("charset") or "utf-8") if isinstance(data, bytes) else data
    text, counts = redact(model, text)
    if (query or {}).get("counts") == "true":
        return json.dumps(counts), {"mimetype": "application/json", "charset": "utf-8"}
    return text, {"mimetype": "text/plain", "charset": "utf-8"}


def redact(rules, text):
    """The text without what the rules find, and how often each kind was found."""
    counts = {}
    for kind, pattern, is_real in rules:

        def replace(found, kind=kind, is_real=is_real):
            if not is_real(found[0]):
                return found[0]
            counts[kind] = counts.get(kind, 0) + 1
            return f"[{kind}]"

        text = pattern.sub(replace, text)
    return text, counts


def luhn(text):
    """Whether the digits are a card number: an order number of that length mostly is not."""
    digits = [int(sign) for sign in reversed(text) if sign.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def iban(text):
    """Whether the check digits are right: the account number, read as a number, is 1 modulo 97."""
    plain = text.replace(" ", "")
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


CHECKS = {"luhn": luhn, "iban": iban, "none": lambda text: True}
