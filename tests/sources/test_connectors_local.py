"""Folders of this machine: a mount that died, rights taken away, files that go while they are looked at."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulls import Runs, source

from sources.connectors.entry import Entry, EntryProblem, SourceDown, SourceRefused
from sources.connectors.local import LocalFolder
from sources.pulling import Pull, by_hand
from sources.zone_sources import inbox

DEAD = (errno.ENOTCONN, errno.ESTALE, errno.EIO, errno.EHOSTDOWN)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    for name in ("a.csv", "deep/b.csv"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    return made


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path, int], None]:
    """Let a call of the system (stat, scandir, open) fail at one path."""

    def fail(call: str, at: Path, number: int) -> None:
        owner: Any = os if call == "scandir" else Path
        real = getattr(owner, call)

        def failing(path: Any, *args: Any, **keys: Any) -> Any:
            if Path(path) == at:
                raise OSError(number, os.strerror(number), str(path))
            return real(path, *args, **keys)

        monkeypatch.setattr(owner, call, failing)

    return fail


def runs(folder: Path) -> Runs:
    return Runs(source(str(folder), settle_seconds=0), folder.parent)


@pytest.mark.parametrize("number", DEAD)
@pytest.mark.parametrize("call", ["stat", "scandir"])
@pytest.mark.parametrize("inner", ["", "deep"])
def test_a_dead_mount_is_a_source_out_of_reach(
    folder: Path, fails: Callable[..., None], number: int, call: str, inner: str
) -> None:
    at = folder / inner / "b.csv" if inner and call == "stat" else folder / inner
    fails(call, at, number)
    with pytest.raises(SourceDown, match="cannot be read") as down:
        runs(folder).attempt()
    assert str(at) in str(down.value)


@pytest.mark.parametrize("call", ["stat", "scandir"])
def test_a_root_without_the_right_is_refused(folder: Path, fails: Callable[..., None], call: str) -> None:
    fails(call, folder, errno.EACCES)
    with pytest.raises(SourceRefused, match="give the service account the right"):
        runs(folder).attempt()


def test_a_closed_folder_is_named_and_the_rest_taken(folder: Path, fails: Callable[..., None]) -> None:
    (folder / "lost+found").mkdir()
    fails("scandir", folder / "deep", errno.EACCES)
    fails("scandir", folder / "lost+found", errno.EACCES)
    each = runs(folder)
    assert each.run() == {"a.csv": b"a.csv"}
    (gap,) = each.gaps()
    assert gap.startswith("source far of z: deep cannot be looked into (Permission denied): give the service")


def test_a_closed_file_is_named_and_the_rest_taken(folder: Path, fails: Callable[..., None]) -> None:
    fails("stat", folder / "deep" / "b.csv", errno.EACCES)
    each = runs(folder)
    assert each.run() == {"a.csv": b"a.csv"}
    assert each.gaps()[0].startswith("source far of z: deep/b.csv must not be looked at")


@pytest.mark.parametrize(("call", "gone"), [("stat", "a.csv"), ("scandir", "deep")])
def test_what_goes_between_listing_and_looking_is_no_loss(
    folder: Path, fails: Callable[..., None], call: str, gone: str
) -> None:
    (folder / "nowhere.csv").symlink_to("nothing")
    (folder / "circle.csv").symlink_to("circle.csv")
    fails(call, folder / gone, errno.ENOENT)
    each = runs(folder)
    assert len(each.run()) == 1 and each.gaps() == []


def test_a_file_that_goes_after_the_listing_is_a_problem_of_its_own(folder: Path) -> None:
    connector = LocalFolder(source(str(folder)))
    for use in (connector.entry, connector.path, lambda each: list(connector.stream(each, 0)[1])):
        with pytest.raises(EntryProblem, match="it is gone"):
            use(Entry("never.csv"))


def test_a_mount_that_dies_while_a_stated_file_is_held_against_its_manifest(
    folder: Path, fails: Callable[..., None]
) -> None:
    (folder / "day.manifest.json").write_text('{"files": [{"name": "a.csv", "sha256": "0"}]}')
    fails("open", folder / "a.csv", errno.EIO)
    with pytest.raises(SourceDown, match=r"a\.csv cannot be read"):
        Runs(source(str(folder), ready="manifest", pattern="a*"), folder.parent).attempt()


def test_a_time_that_no_calendar_has_is_no_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (entry,) = (each for each in LocalFolder(source(str(folder))).entries() if each.name == "a.csv")
    assert entry.modified_at is not None
    real = Path.stat

    class Odd:
        st_mtime_ns, st_size = 10**21, 5

        def __init__(self, path: Path, **keys: Any) -> None:
            self.st_mode = real(path, **keys).st_mode

    monkeypatch.setattr(Path, "stat", lambda path, **keys: Odd(path, **keys))
    assert {each.modified_at for each in LocalFolder(source(str(folder))).entries()} == {None}


def test_an_inbox_by_hand_on_a_dead_mount_is_out_of_reach(folder: Path, fails: Callable[..., None]) -> None:
    fails("stat", folder, errno.ENOTCONN)
    with pytest.raises(SourceDown, match="if it is mounted"):
        by_hand(inbox(str(folder)))


def test_a_name_that_cannot_be_shown_is_a_gap_of_an_inbox_by_hand(tmp_path: Path) -> None:
    inside = tmp_path / "inbox"
    inside.mkdir()
    (inside / "a.csv").write_bytes(b"a")
    (inside / os.fsdecode("支付.csv".encode("gbk"))).write_bytes(b"b")
    pull = Pull.load(by_hand(inbox(str(inside))).save(tmp_path / "record.json"))
    assert [each.name for each in pull.files] == ["a.csv"]
    assert len(pull.gaps) == 1 and "is not taken: the name" in pull.gaps[0]
