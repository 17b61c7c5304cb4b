"""Plans and drift as Markdown.

Cases: what a plan, a clean one, a blocked one and a failed run look like; drift; order by risk;
hostile strings in every place, read back by a real Markdown parser; the longest page there may be
and what it says of what is cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reconciler.cli.context import Environment
from reconciler.cli.main import run
from reconciler.core.plan import Plan
from reconciler.core.plan_json import plan_digest
from reconciler.core.step import FieldChange, KnownAfter, Wait
from reconciler.core.untouched import Untouched
from reconciler.errors import Problem
from reconciler.render.markdown import drift_markdown, plan_markdown
from reconciler.render.markdown_page import LIMIT
from reconciler.render.markdown_text import cell, code, fenced, hidden, linked, prose
from reconciler.render.plain import plain
from reconciler.session import Registry
from tests.support.fleet_kinds import KINDS
from tests.support.untrusted_text import FEWER, STRINGS, everywhere, plans, step, texts

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# All the HTML that is ours; the address in it is a code element without markup.
FRAMES = re.compile(
    r"(<!-- reconciler:(plan|drift) scope=[A-Za-z0-9 :=._/-]*…? -->"
    r"|<details><summary>[a-z]+ <code>[^<>]*</code></summary>"
    r"|<details><summary>Untouched: \d+</summary>"
    r"|</details>)\n?"
)
SHIP = FieldChange("name", "old", "new", "differs from the manifest")
CODE = FieldChange(
    "version.files/run.py", "sha256:1 3 B", "sha256:2 4 B", "file changed",
    ("@@ -1,2 +1,2 @@", " def run():", "-    return 1", "+    return 2"),
)  # fmt: skip


PLAN = """\
<!-- reconciler:plan scope=fleet/prod -->

## Plan for fleet, target prod: 1 delete, 1 update; 3 unchanged

Endpoint `https://a.example.com/api/v2` (custom_models) · Commit `{commit}` · Digest `{digest}`

**Live objects would be deleted:** `Dock/old`.

| | Object | What |
|---|---|---|
| **delete** | `Dock/old` | has no manifest any more |
| update | `Ship/argo` | to update; makes version 1.2 from 1.1 |

<details><summary>delete <code>Dock/old</code></summary>

- `itself`: delete, has no manifest any more

</details>

<details><summary>update <code>Ship/argo</code></summary>

- `itself`: update, to update
- `version`: update, makes version 1.2 from 1.1; waits for image build, 60 s at most

| Field | Old | New | Why |
|---|---|---|---|
| `name` | `"old"` | `"new"` | differs from the manifest |
| `version.files/run.py` | `"sha256:1 3 B"` | `"sha256:2 4 B"` | file changed |

`version.files/run.py`

```diff
@@ -1,2 +1,2 @@
 def run():
-    return 1
+    return 2
```

</details>

<details><summary>Untouched: 1</summary>

- 1 Ship of other owners

</details>

Requests: 4 GET. [The whole run.](https://ci.example/run/1)"""


def tokens(markdown: str) -> Iterator[Token]:
    """Everything in the document, the inside of paragraphs and cells too."""
    for token in READER.parse(markdown):
        yield token
        yield from token.children or ()


def harmless(markdown: str) -> None:
    """Nothing but our own structure, and plain words outside of code."""
    assert len(markdown) <= LIMIT
    depth = 0
    for token in tokens(markdown):
        assert token.type not in ("link_open", "image", "html_inline", "em_open", "s_open", "hr")
        assert token.type not in ("ordered_list_open", "blockquote_open", "code_block")
        if token.type == "html_block":
            assert FRAMES.fullmatch(token.content), token.content
            depth += token.content.startswith("<details>")
            depth -= token.content.startswith("</details>")
            assert depth in (0, 1)
        if token.type == "heading_open":
            assert token.tag == "h2"
        if token.type == "text":
            assert not re.search(r"[@#<>\[\]`|\\]|://|www\.|\w\.[a-z]", token.content)
    assert depth == 0


def cells(markdown: str) -> list[list[str]]:
    """The rows of the first table, each cell as its reader sees it."""
    rows: list[list[str]] = []
    for token in READER.parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append("".join(child.content for child in token.children or ()))
        elif token.type == "table_close":
            break
    return rows


def test_a_plan() -> None:
    made = Plan(
        "fleet",
        "prod",
        (
            step("Ship/argo", "update", SHIP),
            step(
                "Ship/argo", "update", CODE, id="Ship/argo#version",
                reason="makes version 1.2 from 1.1", waits=(Wait("image_build", timeout=60),),
            ),
            step("Dock/old", "delete", reason="has no manifest any more"),
        ),
        (Untouched("foreign", "Ship", "x"),),
        unchanged=3,
        requests={"GET": 4},
        endpoint={"custom_models": "https://a.example.com/api/v2"},
        commit="c0ffee",
    )  # fmt: skip
    expected = PLAN.replace("{commit}", "c0ffee").replace("{digest}", plan_digest(made))
    assert plan_markdown(made, "https://ci.example/run/1") == expected


def test_nothing_to_do() -> None:
    assert plan_markdown(Plan("fleet", None)) == (
        """\
<!-- reconciler:plan scope=fleet -->

## Plan for fleet: no changes

**No changes. What is live is what the manifests say.**

Requests: none."""
    )


def test_what_blocks_comes_first_and_says_what_to_do() -> None:
    told = (
        Problem("old-key", "is called hull now", path="spec.skin", file="a.yaml", warning=True),
        Problem("protected", "Dock/old is protected", "Unprotect it.", "Dock/old", blocked=True),
    )
    shown = plan_markdown(Plan("fleet", None, (step("Dock/old", "delete"),), problems=told))
    assert (
        """
**Blocked by policy or protection: an apply refuses this plan.**

- **blocked** `Dock/old`: `Dock/old` is protected (`protected`)
  - Unprotect it.
- **warning** `a.yaml`: `spec.skin`: is called hull now (`old-key`)
"""
        in shown
    )


def test_a_failed_run_says_what_is_wrong() -> None:
    failed = Plan("", "prod", problems=(Problem("api-error", "no answer", "Try again."),))
    shown = plan_markdown(failed)
    assert shown.startswith(
        "<!-- reconciler:plan scope=unknown/prod -->\n\n## No plan: 1 problem\n"
    )
    assert "- **error** no answer (`api-error`)\n  - Try again." in shown
    assert "## Drift is not known: 1 problem\n" in drift_markdown(failed)


def test_a_value_known_only_later() -> None:
    change = FieldChange("dock", None, KnownAfter("Dock/pier", "id"), "new object")
    shown = plan_markdown(Plan("fleet", None, (step("Ship/argo", "create", change),)))
    assert "| `dock` | `(none)` | `(known after Dock/pier)` | new object |" in shown


@pytest.mark.parametrize(
    ("arguments", "start"),
    [
        (
            "plan --format markdown",
            "<!-- reconciler:plan scope=unknown -->\n\n## No plan: 1 problem",
        ),
        ("plan --format html", "<!DOCTYPE html>"),
        ("plan --format json", "{"),
        ("drift --format markdown", "<!-- reconciler:drift scope=unknown -->"),
        ("drift --format junit", "<?xml"),
        ("drift --format json", "{"),
        ("validate --format sarif", "{"),
        ("validate --format github", "::error file="),
    ],
)
def test_a_command_that_fails_leaves_a_whole_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str, start: str
) -> None:
    (tmp_path / "fleet.yaml").write_text("apiVersion: reconciler/v1\nkind: Shipp\n")
    outer = Environment(Registry(KINDS, None), {})  # type: ignore[arg-type]
    assert run(["--project-dir", str(tmp_path), *arguments.split()], outer) == 1
    told = capsys.readouterr().out
    assert told.startswith(start)
    assert "Shipp" in told


def test_a_workflow_run_is_linked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    env = {
        "GITHUB_SERVER_URL": "https://git.example",
        "GITHUB_REPOSITORY": "acme/models",
        "GITHUB_RUN_ID": "17",
    }
    outer = Environment(Registry(KINDS, None), env)  # type: ignore[arg-type]
    for command in ("plan", "drift"):
        run(["--project-dir", str(tmp_path), command, "--format", "markdown"], outer)
        link = "[The whole run.](https://git.example/acme/models/actions/runs/17)"
        assert link in capsys.readouterr().out


def test_drift_tells_what_somebody_did() -> None:
    made = step("Ship/argo", "update", CODE), step("Dock/pier", "create")
    assert drift_markdown(Plan("fleet", None, made)) == (
        """\
<!-- reconciler:drift scope=fleet -->

## Drift in fleet: 1 missing, 1 changed

| | Object | What |
|---|---|---|
| missing | `Dock/pier` | git has it, the platform does not |
| changed | `Ship/argo` | the platform differs from git |

<details><summary>changed <code>Ship/argo</code></summary>

| Field | Live | Git | Why |
|---|---|---|---|
| `version.files/run.py` | `"sha256:1 3 B"` | `"sha256:2 4 B"` | file changed |

`version.files/run.py`

```diff
 def run():
+    return 1
-    return 2
```

</details>

Requests: none."""
    )
    assert "## No drift in fleet\n" in drift_markdown(Plan("fleet", None))


@pytest.mark.parametrize("text", STRINGS)
def test_a_hostile_string_breaks_out_of_no_place(text: str) -> None:
    harmless(plan_markdown(everywhere(text)))
    harmless(drift_markdown(everywhere(text)))


@FEWER
@given(plans())
def test_any_plan_is_harmless_and_whole(made: Plan) -> None:
    shown = plan_markdown(made)
    harmless(shown)
    harmless(drift_markdown(made))
    objects = [address for address, _ in groupby(step.address for step in made.steps)]
    rows = cells(shown)
    assert len(rows) == (len(objects) + 1 if objects else 0)
    assert all(len(row) == 3 for row in rows)


@given(texts, texts)
def test_a_cell_shows_what_it_was_given(left: str, right: str) -> None:
    table = f"| a | b |\n|---|---|\n| {cell(code(left))} | {cell(prose(right))} |"
    (_, (first, second)) = cells(table)
    shown = re.sub(r"(\\+)\|", r"\1\\u007c", plain(left)) or '""'
    assert first == shown or first.endswith("…")
    words = " ".join(re.sub(r"(\\+)\|", r"\1\\u007c", plain(right)).split())
    assert second == words or "…" in second


@given(texts)
def test_a_span_and_a_block_hold_all_of_their_text(text: str) -> None:
    (paragraph,) = (t for t in READER.parse(f"x {code(text, 9_999)} y") if t.type == "inline")
    assert [child.type for child in paragraph.children or ()] == ["text", "code_inline", "text"]
    (block,) = READER.parse(fenced([text[:50]], "diff"))
    assert (block.type, block.info) == ("fence", "diff")
    assert block.content == f"{plain(text[:50])}\n" or block.content.endswith("…\n")


@given(texts)
def test_the_marker_ends_where_it_should(text: str) -> None:
    assert re.fullmatch(r"<!-- [^<>]* -->", hidden(text))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ci.example/run/1?x=a&y=b#c", "[run](https://ci.example/run/1?x=a&y=b#c)"),
        ("http://127.0.0.1:8080/x", "[run](http://127.0.0.1:8080/x)"),
        ("https://ci.example/a)](x)", "[run](https://ci.example/a%29%5D%28x%29)"),
        ("javascript:alert(1)", "run"),
        ("https://user@ci.example/", "run"),
        ("https://ci.example/a b", "run"),
        ("https://ci.example/<b>", "run"),
        ("https://ci.example/" + "a" * 500, "run"),
    ],
)
def test_links_lead_to_the_web_or_nowhere(url: str, shown: str) -> None:
    assert linked("run", url) == shown


def test_one_object_with_many_files_says_what_is_cut() -> None:
    lines = tuple(f"+line {n}" for n in range(300))
    changes = [FieldChange(f"version.files/{n}", None, 1, "file added", lines) for n in range(120)]
    shown = plan_markdown(Plan("fleet", None, (step("Ship/argo", "update", *changes[:2]),)))
    assert shown.count("… and 100 more lines.") == 2
    shown = plan_markdown(Plan("fleet", None, (step("Ship/argo", "update", *changes),)))
    assert "**Cut to fit in here:** 1 objects shown in brief." in shown
    assert "… and 100 more fields.\n\n… and 120 more line diffs." in shown


def test_the_riskiest_objects_stay_when_a_plan_is_too_long() -> None:
    many = [step(f"Ship/s{n:04}", "create", *[SHIP] * 5) for n in range(300)]
    made = Plan("fleet", "prod", (*many, step("Dock/old", "delete", SHIP)))
    shown = plan_markdown(made, "https://ci.example/1")
    assert LIMIT - 5_000 < len(shown) <= LIMIT
    assert len(cells(shown)) == 302
    assert cells(shown)[1][1:] == ["Dock/old", "to delete"]
    details = shown.count("<details>")
    assert shown.index("<summary>delete") < shown.index("<summary>create")
    assert f"**Cut to fit in here:** {301 - details} details of objects. " in shown
    assert "`reconciler plan --target prod --format json` shows all." in shown


def test_rows_go_last_and_are_counted() -> None:
    many = [step(f"Ship/s{n:05}", "create", SHIP) for n in range(5_000)]
    shown = plan_markdown(Plan("fleet", None, (*many, step("Dock/old", "replace"))))
    assert len(shown) <= LIMIT
    rows = cells(shown)
    assert rows[1][1] == "Dock/old"
    assert f"{5_001 - (len(rows) - 1)} rows of objects, " in shown


def test_problems_and_the_rest_leave_room_for_objects() -> None:
    problems = tuple(Problem("bad", f"{n} " + "is bad " * 40, address="a/b") for n in range(900))
    non_blocking = tuple(Untouched("orphan", "Ship", f"s{n}", "1") for n in range(900))
    shown = plan_markdown(
        Plan("fleet", None, (step("Dock/old", "delete"),), non_blocking, problems)
    )
    assert len(shown) <= LIMIT
    assert cells(shown)[1][1] == "Dock/old"
    assert re.search(r"\d+ problems, \d+ lines on untouched objects\. ", shown)
    assert "Untouched: 900" in shown


@pytest.mark.parametrize("text", STRINGS)
def test_no_plan_is_too_long(text: str) -> None:
    one = everywhere(text)
    for count in (1, 10, 200):
        big = Plan(text, text, one.steps * count, one.untouched * count, one.problems * count)
        assert len(plan_markdown(big, "https://ci.example/" + ")" * 400)) <= LIMIT
