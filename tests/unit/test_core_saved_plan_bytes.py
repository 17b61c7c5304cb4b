"""A plan on file: it comes back as it was, byte for byte, or not at all.

Cases: any plan, values known only later and mappings that look like them, half surrogates, every
byte changed, keys twice or one more, a use that is taken back.
"""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.plan import Plan
from reconciler.core.resource import Address
from reconciler.core.saved_plan import Binding, SavedPlan, dump, load_plan
from reconciler.core.step import ACTIONS, Call, FieldChange, KnownAfter, Step, Upload, Wait
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem, StalePlanError

FEWER = settings(max_examples=max(20, settings.default.max_examples // 5))

texts = st.text(max_size=8) | st.sampled_from(
    ["", "knownAfter", "literal", "\ud800", "\u2028", "\r\n"]
)
names = st.text("abcxyz0-", min_size=1, max_size=6)
keys = texts | st.sampled_from(["knownAfter", "output", "literal", "old"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
look_alikes = st.fixed_dictionaries({"knownAfter": texts, "output": texts}) | st.fixed_dictionaries(
    {"literal": json_values}
)
later = st.builds(KnownAfter, texts, texts)
values = st.recursive(
    json_values | later | look_alikes,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
    max_leaves=4,
)
mappings = st.dictionaries(keys, values, max_size=3)
words = st.lists(texts, max_size=2).map(tuple)
fields = st.builds(FieldChange, texts, values, values, texts, words)
uploads = st.builds(Upload, texts, texts, texts, st.integers(0), texts)
methods = st.sampled_from(["POST", "PATCH", "PUT", "DELETE"])
calls = st.builds(
    Call, texts, methods, texts, mappings, mappings, st.lists(uploads, max_size=2).map(tuple), words
)
waits = st.builds(Wait, texts, mappings, st.floats(0, 1e6), st.integers(0, 9), words)
steps = st.builds(
    Step,
    texts,
    st.builds(Address, names, names),
    st.sampled_from(ACTIONS),
    texts,
    st.lists(fields, max_size=2).map(tuple),
    st.lists(calls, max_size=2).map(tuple),
    st.lists(waits, max_size=1).map(tuple),
    words,
    texts,
)
problems = st.builds(
    Problem, texts, texts, texts, texts, texts, texts, st.integers(0), st.integers(0),
    st.booleans(), st.booleans(),
)  # fmt: skip
why = st.sampled_from(["ignored", "orphan", "foreign", "maker"])
left = st.builds(Untouched, why, texts, texts, texts, note=texts) | st.builds(
    Untouched, why, texts, texts, texts, names, values, values, texts
)
plans = st.builds(
    Plan,
    texts,
    st.none() | texts,
    st.lists(steps, max_size=3).map(tuple),
    st.lists(left, max_size=2).map(tuple),
    st.lists(problems, max_size=2).map(tuple),
    st.integers(0, 9),
    st.dictionaries(texts, st.integers(0), max_size=2),
    st.dictionaries(texts, texts, max_size=2),
    st.sampled_from(["", "a" * 40]),
)
bindings = st.builds(
    Binding,
    texts,
    st.booleans(),
    st.booleans(),
    words,
    words,
)
addresses = st.builds(Address, names, names).map(str)
saved_plans = st.builds(
    SavedPlan, plans, bindings, st.dictionaries(addresses, json_values, max_size=2), texts
)

SAMPLE = SavedPlan(
    Plan(
        "fraud",
        "prod",
        (
            Step(
                "CustomModel/churn",
                Address("CustomModel", "churn"),
                "update",
                "settings differ",
                (FieldChange("name", "Churn", "Churn 2", "differs"),),
                (Call("update_model", "PATCH", "customModels/{id}/", {"id": "5f"}, {"name": "C"}),),
                precondition="sha256:00",
            ),
        ),
        unchanged=1,
        endpoint={"custom_models": "https://app.example.com/api/v2"},
        commit="abc0" * 10,
    ),
    Binding("sha256:11", True),
    {"CustomModel/churn": {"object": {"id": "5f", "name": "Churn"}, "users": {}}},
)


@FEWER
@given(saved_plans)
def test_any_plan_comes_back_as_it_was(saved: SavedPlan) -> None:
    text = dump(saved)
    found = load_plan(text)
    assert found == saved
    assert dump(found) == text
    text.encode()
    assert isinstance(json.loads(text), dict)


@FEWER
@given(saved_plans, st.randoms(use_true_random=False))
def test_no_byte_can_be_changed(saved: SavedPlan, chance: random.Random) -> None:
    content = dump(saved).encode()
    for _ in range(5):
        refuse(changed(content, chance))


def test_no_single_byte_of_a_plan_can_be_changed_or_left_out() -> None:
    content = dump(replace(SAMPLE, applied="2026-11-21 10:00:00 UTC")).encode()
    for place in range(len(content)):
        refuse(content[:place] + content[place + 1 :])
        refuse(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        refuse(content[:place] + b" " + content[place:])


def changed(content: bytes, chance: random.Random) -> bytes:
    """The content with one byte changed, put in or left out."""
    place = chance.randrange(len(content))
    put = bytes([chance.choice([byte for byte in range(256) if byte != content[place]])])
    return chance.choice(
        (content[:place] + put + content[place + 1 :], content[:place] + put + content[place:])
    )


def refuse(content: bytes) -> None:
    """A file with these bytes is no plan of ours."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return  # the reader of files refuses it
    with pytest.raises(StalePlanError):
        load_plan(text)


def test_a_use_cannot_be_taken_back() -> None:
    used = dump(replace(SAMPLE, applied="2026-11-21 10:00:00 UTC"))
    data = json.loads(used)
    del data["applied"]
    refuse(json.dumps(data, indent=2).encode())


@pytest.mark.parametrize(
    "more",
    ['  "project": "other",\n', '  "else": 1,\n', '  "formatVersion": 1,\n'],
)
def test_a_key_twice_or_one_more_is_refused(more: str) -> None:
    text = dump(SAMPLE)
    refuse(text.replace("{\n", f"{{\n{more}", 1).encode())
