"""Make a folder of wheels that offers a newer release of every locked package.

``make lock-check`` installs the lock beside it: an installer that resolves would pick one of them,
and in hash mode fail over it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from zipfile import ZipFile

NEWER = "9999"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==", re.MULTILINE)


def write_wheel(folder: Path, name: str) -> None:
    """Write an empty wheel of this package whose version is above every real one."""
    stem = re.sub(r"[-_.]+", "_", name).lower()
    info = f"{stem}-{NEWER}.dist-info"
    with ZipFile(folder / f"{stem}-{NEWER}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {NEWER}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


def main(folder: Path, locks: list[Path]) -> None:
    """Write a newer wheel for each pin of these lock files."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {name for lock in locks for name in _PIN.findall(lock.read_text())}
    for name in names:
        write_wheel(folder, name)
    print(f"{len(names)} packages have a newer release in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(arg) for arg in sys.argv[2:]])
