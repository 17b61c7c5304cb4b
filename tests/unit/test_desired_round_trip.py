"""Any valid repository means the same however it is laid out: order, spelling, times, modes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.resource import Address
from reconciler.desired.load import Desired, load
from tests.support.manifest_set import ManifestSet
from tests.support.manifest_strategies import manifest_sets
from tests.support.manifests_on_disk import KINDS

# Every case writes two repositories: a quarter of the usual number is worth the time.
QUARTER = settings(max_examples=max(20, settings().max_examples // 4))


@QUARTER
@given(manifest_sets(), st.integers(0, 2**32))
def test_layout_means_nothing_and_content_all(made: ManifestSet, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plain, shuffled = Path(folder, "plain"), Path(folder, "shuffled")
        made.write(plain)
        made.write(shuffled, seed)
        first, second = load([], plain, KINDS), load([], shuffled, KINDS)
        changed = _with_a_changed_file(made, plain, seed)
    assert first.digest == second.digest
    assert first.graph.order() == second.graph.order()
    for one, other in zip(first.graph, second.graph, strict=True):
        assert one.files == other.files
        assert one.depends_on == other.depends_on
    assert changed is None or changed.digest != first.digest
    _assert_read(made, first)


def _with_a_changed_file(made: ManifestSet, folder: Path, seed: int) -> Desired | None:
    sent = [path for path in made.files if not path.endswith(".tmp")]
    if not sent:
        return None
    path = folder / sent[seed % len(sent)]
    path.write_bytes(path.read_bytes() + b"#")
    return load([], folder, KINDS)


def _assert_read(made: ManifestSet, desired: Desired) -> None:
    for document in made.documents:
        address = Address(document["kind"], document["metadata"]["name"])
        spec = desired.graph.resources[address].spec
        assert spec.keys() == document["spec"].keys()
        for key in ("description", "targetName", "classLabels", "predictionThreshold"):
            assert spec.get(key) == document["spec"].get(key)
