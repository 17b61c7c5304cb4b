"""Hypothesis strategies of whole manifest repositories: documents, the files they name, a disk.

Everything generated is valid offline and acceptable to the platform: a user ``OWNER`` runs it,
``USERS`` are known, no base image is missing.  ``manifest_sets()`` is the one to use;
``ManifestSet.write`` puts a set on disk, with a seed in another layout that means the same.
"""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from reconciler.desired.file_check import content_problem
from reconciler.desired.secret_file import secret_name
from tests.support.manifest_set import Doc, ManifestSet

OWNER = "owner@example.com"
USERS = ("ann@example.com", "bob@example.com", "cleo@example.com")
ROLES = ("OWNER", "EDITOR", "READ_WRITE", "READ_ONLY", "CONSUMER", "OBSERVER", "USER")
PUBLIC_ENVIRONMENT = "[DataRobot] Python 3.11 Scikit-Learn"

# --- values ----------------------------------------------------------------------------------

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,15}", fullmatch=True)
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp"))
words = st.text(_CHARACTERS, min_size=1, max_size=20)
_TRAPS = (
    "yes", "no", "on", "null", "~", "1e3", "010", "1:30", "2026-11-01", "0x1f", "=", "<<",
    "${var.x}", "$${", "# no comment", "- a", "a: b", "'", '"', "\\", "*a", "&a", "!a", "%", "@",
)  # fmt: skip
labels = words | st.sampled_from(_TRAPS)
# Blanks at the ends are left to the words: what the platform does with them is its own affair.
_line = st.text(_CHARACTERS, max_size=30).map(str.strip)
descriptions = st.lists(_line, max_size=3).map("\n".join).map(str.strip) | st.sampled_from(_TRAPS)


def optional(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Doc]:
    """Mappings in which each key may be left out."""
    return st.fixed_dictionaries({}, optional=keys)


def sharing() -> st.SearchStrategy[Doc]:
    """Exact lists that keep the runner as owner, and additive ones for others."""
    users = st.lists(
        st.fixed_dictionaries(
            {"username": st.sampled_from(USERS), "role": st.sampled_from(ROLES)},
            optional={"canShare": st.booleans()},
        ),
        unique_by=lambda user: str(user["username"]),
        max_size=3,
    )
    owner = {"username": OWNER, "role": "OWNER", "canShare": True}
    exact = users.map(lambda each: {"mode": "exact", "users": [owner, *each]})
    return exact | users.map(lambda each: {"mode": "additive", "users": each})


def lifecycles(fields: tuple[str, ...]) -> st.SearchStrategy[Doc]:
    """Any lifecycle; ``fields`` are those that may be ignored."""
    return optional(
        protect=st.booleans(),
        allowReplace=st.booleans(),
        ignoreChanges=st.lists(st.sampled_from(fields), unique=True, max_size=2),
        onDelete=st.sampled_from(["softDelete", "permanent"]),
    )


# --- files -----------------------------------------------------------------------------------

# Names and contents of likely secrets are refused.
_part = (
    st.text(string.ascii_letters + string.digits + " ._-äß", min_size=1, max_size=8)
    .map(lambda part: part.strip() + "x")
    .filter(lambda part: not secret_name(part))
)
_paths = st.lists(_part, min_size=1, max_size=3).map("/".join)
_contents = st.binary(max_size=40) | st.sampled_from(
    [b"", b"\r\n", b"import pandas\n", b"apiVersion: v1\nkind: Pod\n", b"a: !Ref b\n", b"\xff\0"]
)
_contents = _contents.filter(lambda content: content_problem("x", content, named=False) is None)
_known = st.sampled_from(
    ["custom.py", "model/config.yaml", "meta.yml", ".hidden", "data.tmp", "a b.txt"]
)


def trees(min_size: int = 1) -> st.SearchStrategy[dict[str, bytes]]:
    """Small folders; no path is a file and a folder at once."""
    return st.dictionaries(_known | _paths, _contents, min_size=min_size, max_size=6).map(_apart)


def _apart(tree: dict[str, bytes]) -> dict[str, bytes]:
    folders = {
        "/".join(path.split("/")[:depth])
        for path in tree
        for depth in range(1, path.count("/") + 1)
    }
    return {path: content for path, content in tree.items() if path not in folders}


_DOCKERFILES = (
    b"FROM python:3.11-slim\n",
    b"FROM python:3.11-slim\nCOPY . /opt/code\nRUN pip install pandas\n",
)


# --- manifests -------------------------------------------------------------------------------


def _manifest(kind: str, name: str, spec: Doc, rest: Doc) -> Doc:
    return {
        "apiVersion": "reconciler/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
        **rest,
    }


@st.composite
def environments(draw: st.DrawFn, name: str) -> tuple[Doc, dict[str, bytes]]:
    """An execution environment and its Docker context."""
    spec = draw(
        optional(
            # One display name for one environment, as references by name want it.
            name=words.map(lambda text: f"{text.strip()} {name}"),
            description=st.none() | descriptions,
            programmingLanguage=st.sampled_from(["python", "r", "java", "julia", "other"]),
            useCases=st.lists(
                st.sampled_from(["customModel", "notebook", "gpu", "customJob"]), unique=True
            ),
            isPublic=st.just(False),
            sharing=sharing(),
        )
    )
    files: dict[str, bytes] = {}
    source = draw(st.sampled_from(["dockerContext", "dockerContext", "dockerImageUri", None]))
    if source == "dockerContext":
        root = f"contexts/{name}"
        tree = {**draw(trees(0)), "Dockerfile": draw(st.sampled_from(_DOCKERFILES))}
        files = {f"{root}/{path}": content for path, content in tree.items()}
    if source:
        version = draw(
            optional(label=labels, description=descriptions, timeout=st.sampled_from(["30m", "1h"]))
        )
        where = f"contexts/{name}" if source == "dockerContext" else f"ghcr.io/acme/{name.lower()}"
        spec["version"] = {source: where, **version}
    ignorable = ("description", "useCases", "programmingLanguage")
    rest = draw(optional(lifecycle=lifecycles(ignorable)))
    return _manifest("ExecutionEnvironment", name, spec, rest), files


_WITH_TARGET = ("Binary", "Regression", "Multiclass", "TextGeneration", "AgenticWorkflow")
_WITHOUT_TARGET = ("Anomaly", "Transform", "Unstructured", "VectorDatabase")


@st.composite
def targets(draw: st.DrawFn) -> Doc:
    """A target type with the keys that go with it."""
    kind = draw(st.sampled_from(("Binary", *_WITH_TARGET, *_WITHOUT_TARGET)))
    spec: Doc = {"targetType": kind}
    if kind in _WITH_TARGET:
        spec["targetName"] = draw(labels)
    if kind == "Binary":
        threshold = st.none() | st.sampled_from([0.0, 1.0, 0.5, 0.4]) | _fractions
        spec |= draw(optional(predictionThreshold=threshold))
        if draw(st.booleans()):
            pair = st.lists(labels, min_size=2, max_size=2, unique=True) | st.just([None, None])
            spec["positiveClassLabel"], spec["negativeClassLabel"] = draw(pair)
    if kind == "Multiclass":
        spec["classLabels"] = draw(st.lists(labels, min_size=2, max_size=5, unique=True))
    return spec


_fractions = st.integers(0, 10**6).map(lambda number: number / 10**6)
_memory = st.integers(128 * 2**20, 14 * 2**30) | st.sampled_from(["128Mi", "2Gi", "14Gi", "500 MB"])


@st.composite
def model_versions(draw: st.DrawFn, name: str, built: list[str]) -> tuple[Doc, dict[str, bytes]]:
    """The version of a model on one of the built environments, or on the public one."""
    references: list[Doc] = [{"ref": each} for each in built] or [{"name": PUBLIC_ENVIRONMENT}]
    environment = dict(draw(st.sampled_from(references)))
    if "ref" in environment:
        environment |= draw(optional(follow=st.sampled_from(["latest", "pinned"])))
    tree = draw(trees())
    files: Doc = {"root": f"models/{name}"}
    if draw(st.booleans()):
        files |= {"include": ["**"], "exclude": ["*.tmp"]}
        tree = {"custom.py": b"", **tree}
    settings = draw(
        optional(
            update=st.sampled_from(["auto", "major", "minor"]),
            description=st.none() | descriptions,
            maximumMemory=st.none() | _memory,
            replicas=st.none() | st.integers(1, 8),
            networkEgressPolicy=st.none() | st.sampled_from(["NONE", "PUBLIC"]),
            requiresHa=st.none() | st.booleans(),
            resourceBundleId=st.none(),
            requiredMetadata=st.none() | st.dictionaries(names, labels, max_size=3),
        )
    )
    version = {"environment": environment, "files": files, **settings}
    return version, {f"models/{name}/{path}": content for path, content in tree.items()}


@st.composite
def models(draw: st.DrawFn, name: str, built: list[str]) -> tuple[Doc, dict[str, bytes]]:
    """A custom model, mostly with a version, and its files."""
    spec = {
        **draw(targets()),
        **draw(
            optional(
                # Nor two models of one display name: people could not tell them apart.
                name=words.map(lambda text: f"{text.strip()} {name}"),
                description=st.none() | descriptions,
                language=st.none() | words,
                calibratePredictions=st.booleans(),
                isTrainingDataForVersionsPermanentlyEnabled=st.booleans(),
                sharing=sharing(),
            )
        ),
    }
    files: dict[str, bytes] = {}
    if draw(st.integers(0, 3)):
        spec["version"], files = draw(model_versions(name, built))
    ignorable = ("description", "language", "version.replicas", "version.description")
    rest = draw(optional(lifecycle=lifecycles(ignorable)))
    return _manifest("CustomModel", name, spec, rest), files


@st.composite
def manifest_sets(draw: st.DrawFn, max_environments: int = 2, max_models: int = 3) -> ManifestSet:
    """Environments and models that refer to each other, at least one document of any kind."""
    # Case is no part of the name in files, as some disks do not see it.
    unique = {"unique_by": str.casefold}
    environment_names = draw(st.lists(names, max_size=max_environments, **unique))
    model_names = draw(
        st.lists(names, min_size=not environment_names, max_size=max_models, **unique)
    )
    documents: list[Doc] = []
    files: dict[str, bytes] = {}
    for name in environment_names:
        document, tree = draw(environments(name))
        documents.append(document)
        files |= tree
    built = [each["metadata"]["name"] for each in documents if "version" in each["spec"]]
    for name in model_names:
        document, tree = draw(models(name, built))
        if documents and draw(st.booleans()):
            earlier = st.sampled_from([f"{d['kind']}/{d['metadata']['name']}" for d in documents])
            document["dependsOn"] = draw(st.lists(earlier, unique=True, max_size=2))
        documents.append(document)
        files |= tree
    return ManifestSet(tuple(documents), files)
