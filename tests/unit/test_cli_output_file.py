"""Files that the user names for results: links and manifests are refused, devices are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.output_file import refuse_target, write_output
from reconciler.errors import SettingsError


def test_a_file_is_written_and_written_again(tmp_path: Path) -> None:
    for text in ("a longer text\n", "short\n"):
        write_output(tmp_path / "plan.txt", text)
        assert (tmp_path / "plan.txt").read_text() == text


@pytest.mark.parametrize("name", ["link", "folder/plan.txt", "inside/../link", "dangling"])
def test_a_link_of_the_checkout_is_not_followed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout, victim = tmp_path / "checkout", tmp_path / "victim"
    (checkout / "inside").mkdir(parents=True)
    victim.mkdir()
    (victim / "plan.txt").write_text("kept")
    (checkout / "link").symlink_to(victim / "plan.txt")
    (checkout / "dangling").symlink_to(victim / "new.txt")
    (checkout / "folder").symlink_to(victim)
    monkeypatch.chdir(checkout)
    with pytest.raises(SettingsError, match="link"):
        write_output(Path(name), "text")
    assert [(each.name, each.read_text()) for each in victim.iterdir()] == [("plan.txt", "kept")]


@pytest.mark.parametrize("name", ["model.yaml", "MODEL.YML", "sub/reconciler.yaml"])
def test_a_manifest_is_not_overwritten(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="manifest"):
        refuse_target(tmp_path / name)


def test_a_device_can_be_written() -> None:
    refuse_target(Path("/dev/stdout"))
    write_output(Path("/dev/null"), "text")
