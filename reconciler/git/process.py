"""Runs git on a checkout that is not trusted: nothing of the checkout decides what runs.

Git gets a repository of our own for its settings: an empty one in a temporary folder, which borrows
the objects and the index of the real one.  So git reads no configuration of the checkout, and none
of the user either: no filter, hook, monitor, alias, pager or helper can run.  It
needs no trust in the owner of the checkout (``safe.directory``) for the same reason: git asks for
it only before it reads a configuration that it found by itself.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from reconciler.git.git_dir import GitDir, GitError
from reconciler.regular_file import reason

TIMEOUT: Final = 30.0
"""Seconds; git visits every folder of the project that it does not ignore."""

PASSED: Final = ("HOME", "XDG_CONFIG_HOME", "USERPROFILE", "SYSTEMROOT")
"""What git needs of the environment to find the user's own settings; secrets stay here."""

FIXED: Final = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}

# Settings that say how text and names are stored; the only ones that are taken over.
DATA: Final = {
    "core.autocrlf": re.compile("true|false|input"),
    "core.eol": re.compile("lf|crlf|native"),
    "core.filemode": re.compile("true|false"),
    "core.ignorecase": re.compile("true|false"),
    "core.precomposeunicode": re.compile("true|false"),
    "core.symlinks": re.compile("true|false"),
}
FORMAT: Final = "extensions.objectformat"
REMOTE: Final = "remote.origin.url"
EXCLUDES: Final = "core.excludesfile"


@dataclass(frozen=True, slots=True)
class Git:
    """Git on one checkout; ``remote`` is the address of ``origin``, '' without one."""

    top: Path
    remote: str
    program: str
    environment: Mapping[str, str]
    settings: tuple[str, ...]

    def run(self, *arguments: str) -> bytes:
        """What git prints; paths count from the top of the checkout.  Raises GitError."""
        return _run([self.program, *self.settings, *arguments], self.top, self.environment)


@contextmanager
def open_git(where: GitDir, environment: Mapping[str, str]) -> Iterator[Git]:
    """Git for this checkout while the context lasts.

    ``environment`` is that of the process.  Raises GitError.
    """
    program = find_program(environment, where.top)
    passed = {name: environment[name] for name in PASSED if environment.get(name)}
    with TemporaryDirectory(prefix="reconciler-git-") as folder:
        scratch = Path(folder)
        _prepare(scratch, where)
        variables = {**passed, **FIXED, "GIT_DIR": str(scratch), "GIT_WORK_TREE": str(where.top)}
        user = _settings([program, "config"], scratch, variables)
        # Links to other files and conditions stay unread.
        own = _settings(
            [program, "config", "--no-includes", "--file", str(where.common / "config")],
            scratch,
            variables,
        )
        _write_format(scratch, own.get(FORMAT, ""))
        yield Git(
            where.top,
            own.get(REMOTE, ""),
            program,
            {
                **variables,
                "HOME": str(scratch),
                "XDG_CONFIG_HOME": str(scratch),
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_INDEX_FILE": str(where.own / "index"),
                "GIT_OBJECT_DIRECTORY": str(where.common / "objects"),
            },
            tuple(_options({**user, **own}, _excludes(user, environment))),
        )


def find_program(environment: Mapping[str, str], top: Path) -> str:
    """The git of the first absolute folder of PATH outside the checkout.  Raises GitError."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    trusted = [each for each in folders if os.path.isabs(each) and not _inside(each, top)]
    found = shutil.which("git", path=os.pathsep.join(trusted)) if trusted else None
    if found is None:
        raise GitError("git is not installed")
    return found


def _inside(folder: str, top: Path) -> bool:
    # A checkout at the root of the file system holds every program that there is.
    return top != top.parent and Path(os.path.realpath(folder)).is_relative_to(top)


def _prepare(scratch: Path, where: GitDir) -> None:
    """An empty repository at the commit of the real one."""
    sha, _ = where.head()
    for name in ("objects", "refs", "info"):
        (scratch / name).mkdir()
    (scratch / "HEAD").write_text(f"{sha or 'ref: refs/heads/main'}\n")
    _write_format(scratch, "")
    copies = [
        (where.common / "shallow", scratch / "shallow"),
        (where.common / "info/exclude", scratch / "info/exclude"),
        *((each, scratch / each.name) for each in where.own.glob("sharedindex.*")),
    ]
    for source, copy in copies:
        if not source.is_file():
            continue
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise GitError(
                f"cannot read {source.name} of the repository: {reason(error)}"
            ) from error


def _write_format(scratch: Path, objects: str) -> None:
    if objects not in ("", "sha1", "sha256"):
        raise GitError("the repository's object format is not known")
    extension = f"[extensions]\n\tobjectFormat = {objects}\n" if objects else ""
    version = f"[core]\n\trepositoryFormatVersion = {1 if objects else 0}\n\tbare = false\n"
    (scratch / "config").write_text(version + extension)


def _settings(
    command: Sequence[str], scratch: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    names = "|".join(re.escape(name) for name in (*DATA, FORMAT, REMOTE, EXCLUDES))
    ask = [*command, "--null", "--get-regexp", f"^({names})$"]
    printed = _run(ask, scratch, environment, fine=(0, 1)).decode("utf-8", "surrogateescape")
    # "<name>\n<value>\0"; of several values the last one counts.
    pairs = [each.partition("\n") for each in printed.split("\0") if each]
    return {name.lower(): value for name, _, value in pairs}


def _options(settings: Mapping[str, str], excludes: str) -> Iterator[str]:
    for name, form in DATA.items():
        if form.fullmatch(settings.get(name, "")):
            yield from ("-c", f"{name}={settings[name]}")
    yield from ("-c", f"{EXCLUDES}={excludes}")


def _excludes(user: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """The user's own list of files that no checkout shall hold, git's default place else."""
    home = environment.get("HOME", "")
    named = user.get(EXCLUDES, "")
    if named.startswith("~/"):
        return str(Path(home, named[2:]))
    configuration = environment.get("XDG_CONFIG_HOME") or str(Path(home, ".config"))
    return named or str(Path(configuration, "git/ignore"))


def _run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    fine: tuple[int, ...] = (0,),
) -> bytes:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git did not answer within {TIMEOUT:.0f} s") from error
    except OSError as error:
        raise GitError(f"git cannot be started: {reason(error)}") from error
    if done.returncode not in fine:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(lines[-1] if lines else f"git failed with code {done.returncode}")
    return done.stdout
