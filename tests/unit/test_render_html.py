"""A plan as one HTML page.

Cases: what is on it, for a plan, a clean one, a blocked one and a failed run; nothing is fetched or
run; hostile strings in every place, read back by an HTML parser; a table for what is one, headings
in order, and colours that can be read.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given

from reconciler.core.plan import Plan
from reconciler.core.plan_json import plan_digest
from reconciler.core.step import FieldChange
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from reconciler.render.html import plan_html
from reconciler.render.plain import plain
from tests.support.untrusted_text import FEWER, STRINGS, everywhere, plans, step

CODE = FieldChange("version.files/run.py", 1, 2, "file changed", ("@@ -1 +1 @@", "-a", "+b", " c"))
MADE = Plan(
    "fleet",
    "prod",
    (step("Ship/argo", "update", CODE), step("Dock/old", "delete")),
    (Untouched("orphan", "Ship", "lost", "17"),),
    (Problem("protected", "Dock/old is protected", "Unprotect it.", "Dock/old", blocked=True),),
    3,
    {"GET": 4},
)
TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "section", "article", "div", "footer",
    "h1", "h2", "h3", "p", "ul", "li", "span", "strong", "code", "pre", "details", "summary",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
VOID = {"meta"}


class Reader(HTMLParser):
    """The page as tags, attributes and texts; complains of what does not nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it; all but the empty ones must be closed."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened last, and nothing else."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what a person reads."""
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        """There is none of ours."""
        raise AssertionError(data)


def harmless(page: str) -> Reader:
    """Only our own tags and attributes, whatever the strings."""
    read = Reader(page)
    assert set(read.tags) <= TAGS
    names = {name for name, _ in read.attributes}
    assert names <= {
        "lang", "charset", "http-equiv", "content", "name", "class", "id", "scope", "role",
        "tabindex", "open", "aria-label", "aria-labelledby", "aria-hidden",
    }  # fmt: skip
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    return read


def test_everything_of_a_plan_is_there() -> None:
    page = plan_html(MADE)
    read = harmless(page)
    text = re.sub(r"\s+", " ", " ".join(read.texts))
    digest = plan_digest(MADE)
    assert f"Plan for fleet, target prod Digest: {digest} 1 delete 1 update 3 unchanged" in text
    assert "Blocked by policy or protection: an apply refuses this plan." in text
    assert "blocked Dock/old protected Dock/old is protected Unprotect it." in text
    assert text.index("- delete Dock/old") < text.index("~ update Ship/argo")
    assert "version.files/run.py 1 2 file changed Lines of version.files/run.py" in text
    assert "Ship/lost (17) is ours and has no manifest; --prune deletes it" in text
    assert text.endswith("Requests: 4 GET. ")
    assert (
        '<pre tabindex="0"><span class="place">@@ -1 +1 @@</span><span class="removed">-a</span>'
        '<span class="added">+b</span><span class="same"> c</span></pre>'
    ) in page


def test_nothing_to_do() -> None:
    page = plan_html(Plan("fleet", None, unchanged=2))
    assert "No changes. What is live is what the manifests say." in page
    assert "<table>" not in page
    assert "<h2" not in page


def test_a_failed_run_says_what_is_wrong() -> None:
    page = plan_html(Plan("", None, problems=(Problem("api-error", "no answer", "Try again."),)))
    assert "<h1>No plan</h1>" in page
    assert "<p>no answer</p>" in page
    assert "Try again." in page
    assert "0 unchanged" not in page


def test_the_page_fetches_and_runs_nothing() -> None:
    page = plan_html(MADE)
    policy = (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
    )
    # Before anything that the policy is to hold back.
    assert page.index(policy) < page.index("<style>")
    assert not re.search(r"https?:|//|url\(|@import|javascript|<script|<link|<img", page)


def test_a_reader_that_does_not_see_finds_the_way() -> None:
    page = plan_html(MADE)
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert re.findall(r"<(h\d)", page) == ["h1", "h2", "h2", "h3", "h3", "h2"]
    assert page.count('<th scope="col">') == 4
    assert '<th scope="row"><code>version.files/run.py</code></th>' in page
    labelled = set(re.findall(r'aria-labelledby="([^"]+)"', page))
    assert labelled == set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_string_is_shown_and_not_obeyed(text: str) -> None:
    read = harmless(plan_html(everywhere(text)))
    assert text in ("", " ") or any(plain(text) in shown for shown in read.texts)
    word = Reader(plan_html(everywhere("word")))
    assert text == "" or read.tags == word.tags


@FEWER
@given(plans())
def test_any_plan_is_harmless(made: Plan) -> None:
    harmless(plan_html(made))


def luminance(colour: str) -> float:
    """How bright a colour is for the eye, by the definition of WCAG."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG asks for: 4.5 for text."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_told_apart_in_both_schemes() -> None:
    light, dark = re.findall(r":root \{(.*?)\}", plan_html(MADE), re.DOTALL)
    for scheme in (light, dark):
        colour = dict(re.findall(r"--(\w+): (#\w{6})", scheme))
        words = colour.keys() - {"page", "box", "line", "added", "removed"}
        assert len(words) == 9
        for word in words:
            assert min(contrast(colour[word], colour[on]) for on in ("page", "box")) >= 4.5, word
        assert min(contrast(colour["text"], colour[on]) for on in ("added", "removed")) >= 4.5
