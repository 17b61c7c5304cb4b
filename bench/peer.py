"""octoDNS, the peer: YAML to YAML, a thousand records that agree; in an environment of its own."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path

from bench.measure import BUILD, clean

VERSION = "1.22.0"
HOME = BUILD / f"octodns-{VERSION}"
CONFIG = """\
providers:
  config: {class: octodns.provider.yaml.YamlProvider, directory: CONFIG, enforce_order: false}
  live: {class: octodns.provider.yaml.YamlProvider, directory: LIVE, enforce_order: false}
zones:
  example.com.: {sources: [config], targets: [live]}
"""


def install() -> str:
    """Install it unless it is there; the reason when that cannot be done, or an empty text."""
    program = HOME / "bin" / "octodns-sync"
    if program.exists():
        return ""
    try:
        venv.create(HOME, with_pip=True)
        pip = [str(HOME / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
        subprocess.run(
            [*pip, "install", "--quiet", f"octodns=={VERSION}"],
            check=True, capture_output=True, timeout=120, env=clean({}),
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        return f"octoDNS {VERSION} could not be installed ({type(error).__name__})"
    return ""


def program(name: str) -> str:
    """One of its programs."""
    return str(HOME / "bin" / name)


def write_zone(folder: Path, records: int) -> Path:
    """One zone, twice the same: as configured and as live; the path of the configuration."""
    text = "".join(
        f"www{number:05d}: {{type: A, ttl: 300, value: 192.0.2.{number % 250}}}\n"
        for number in range(records)
    )
    config = CONFIG
    for side in ("config", "live"):
        (folder / side).mkdir(parents=True)
        (folder / side / "example.com.yaml").write_text(f"---\n{text}")
        config = config.replace(side.upper(), str(folder / side))
    (folder / "octodns.yaml").write_text(config)
    return folder / "octodns.yaml"
