"""``python -m bench [--quick]``: measure, print a table, write ``bench/RESULTS.md``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import reconciler
from bench import peer
from bench.groups import Bench, Group
from bench.measure import NotMeasured
from bench.report import markdown, table

RESULTS = Path(__file__).with_name("RESULTS.md")
NOTE = """\
Written by `python -m bench`; `README.md` says what the columns mean. Medians, with the least and
the most in brackets. Other work may have run on the machine, so trust CPU seconds and ratios before
seconds."""


def main() -> int:
    """0 when everything was measured."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="a glance; RESULTS.md stays as it is")
    quick = options.parse_args().quick
    started, missing = time.monotonic(), peer.install()
    facts = machine(missing)
    print("\n".join(facts), end="\n\n", flush=True)
    groups: list[Group] = []
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        try:
            for group in Bench(Path(folder), quick, not missing).groups():
                groups.append(group)
                print("\n".join(table(group)), flush=True)
        except NotMeasured as reason:
            print(f"not measured: {reason}", file=sys.stderr)
            return 1
    took = f"measured in {time.monotonic() - started:.0f} s"
    print(took)
    if not quick:
        RESULTS.write_text("\n".join(page(groups, [*facts, took])), encoding="utf-8")
    return 0


def machine(missing: str) -> list[str]:
    """Where and what was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    other = f"{missing}: no peer" if missing else f"octoDNS {peer.VERSION}"
    return [
        date.today().isoformat(),
        f"{os.cpu_count()} cores, {memory:.0f} GiB; load {os.getloadavg()[0]:.1f} at the start",
        f"reconciler {reconciler.__version__}, Python {platform.python_version()}, {other}",
    ]


def page(groups: Sequence[Group], facts: Sequence[str]) -> list[str]:
    """``RESULTS.md``."""
    return ["# Results", "", NOTE, "", *(f"- {fact}" for fact in facts), "", *markdown(groups)]


if __name__ == "__main__":
    sys.exit(main())
