"""Strings and plans as a hostile platform or manifest would have them, for tests of renderings."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from reconciler.core.plan import Plan
from reconciler.core.resource import Address
from reconciler.core.step import ACTIONS, Call, FieldChange, Step, Wait
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem

# A whole plan takes long to make up and to read back; a longer run still tries more of them.
FEWER = settings(max_examples=max(20, settings.default.max_examples // 5))

STRINGS = (
    "",
    " ",
    "`",
    "``` \n```",
    "~~~",
    "a|b",
    "a\\|b",
    "\\",
    "\n\n# heading\n\n- list",
    "1. list",
    "    indented",
    "@octocat please look",
    "fixes #1, octo/repo#2, GH-3",
    "https://evil.example www.evil.example mailto:x@evil.example",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "<script>alert(1)</script>",
    "</details></td></table></code>-->",
    "<!-- reconciler:plan scope=other -->",
    "--> <img src=x onerror=alert(1)>",
    "\"'&<>",
    "&#64;octocat &amp;",
    "]]> <![CDATA[ &xxe;",
    "::set-output name=x::y",
    "\n::error::forged",
    "\r\n##[command]rm",
    "%0A::stop-commands::x",
    "a:b,c%d",
    "{0} {{ 7 * 7 }} {% include 'x' %} ${var.x}",
    "[text](1)",
    "\x1b[31mred\x1b]8;;https://evil.example\x07",
    "\u202egnp.exe",
    "\u2028line\u2029",
    "\ud800",
    "\ufffe\uffff\x00",
    "$x$ :tada: *b* _i_ ~s~ ^f^",
    "end; n0 --> n1",
    "x" * 5_000,
    "`" * 400,
    "\N{PILE OF POO}" * 300,
)

ALPHABET = "`|\\<>&\"'@#[](){}:%!*_~-+=.,;/ \n\r\t\x00\x1b\u202eaZ1é\N{PILE OF POO}\ud800\ufffe"
texts = st.one_of(st.sampled_from(STRINGS), st.text(ALPHABET, max_size=30), st.text(max_size=30))
values = st.one_of(st.none(), st.booleans(), texts, st.lists(texts, max_size=2))
details = st.lists(st.tuples(st.sampled_from("+- @"), texts).map("".join), max_size=3).map(tuple)
fields = st.builds(FieldChange, texts, values, values, texts, details)
addresses = st.builds(Address, texts, texts)
flags = st.sampled_from([{}, {"blocked": True}, {"warning": True}])


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """A problem with any string in every place."""
    words = [draw(texts) for _ in range(6)]
    place = draw(st.sampled_from([(0, 0), (3, 0), (3, 7)]))
    return Problem(*words, *place, **draw(flags))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A plan of few objects with any string in every place."""
    steps = [
        Step(
            f"x#{draw(texts)}", draw(addresses), draw(st.sampled_from(ACTIONS)), draw(texts),
            tuple(draw(st.lists(fields, max_size=2))), (Call("x", "PATCH", "x/"),),
            (Wait("any_job"),),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    whys = st.sampled_from(["ignored", "orphan", "foreign", "maker"])
    left = st.builds(Untouched, whys, texts, texts, texts, texts, values, values, texts)
    return Plan(
        draw(texts),
        draw(st.none() | texts),
        tuple(steps),
        tuple(draw(st.lists(left, max_size=2))),
        tuple(draw(st.lists(problems(), max_size=2))),
        requests={"GET": 1},
    )


def step(address: str, action: str = "update", *changes: FieldChange, **more: Any) -> Step:
    """A step of ``Kind/name`` with one call."""
    kind, _, name = address.partition("/")
    reason = more.pop("reason", f"to {action}")
    return Step(
        more.pop("id", address), Address(kind, name), action, reason, changes,
        (Call("change", "PATCH", "x/"),), **more,
    )  # fmt: skip


def everywhere(text: str) -> Plan:
    """A plan with this string in every place that takes one."""
    change = FieldChange(text, text, [text], text, (f"+{text}", f"-{text}", "@@ -1 +1 @@"))
    made = tuple(step(f"{text}/{action}{text}", action, change, reason=text) for action in ACTIONS)
    left = tuple(
        Untouched(why, text, text, text, text, text, text, text)
        for why in ("ignored", "orphan", "foreign", "maker")
    )
    found = tuple(
        Problem(text, text, text, text, text, text, 1, 1, **flag)
        for flag in ({}, {"blocked": True}, {"warning": True})
    )
    return Plan(text, text, made, left, found, 1, {"GET": 1})
