"""Which sources a run has, what is waited for, and that one source out of order leaves the others to be taken."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows import pull as pulling
from flows import stages, tasks
from flows.backfilling import plan
from flows.errors import UsageProblem
from flows.pull import pull_all, sources_of
from sources.pulling import Pull
from sources.staging import load_landed
from sources.zone import ZoneError
from sources.zone_sources import Source
from warehouse import Home
from warehouse.landing import ArrivalsGone

ZONE, DAY = "zhengzhou", date(2026, 11, 10)


def test_an_inbox_by_hand_is_taken_whole_and_leavings_passed_over(home: Home, tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    for name in ("b.xml", "a/c.csv", ".hidden", "half.part", "a/x.tmp", "b.xml.done"):
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_text("x")
    run = stages.begin(home.path, ZONE, DAY)
    for given, names in ((inbox, ["c.csv", "b.xml"]), (inbox / "b.xml", ["b.xml"])):
        (record,) = pull_all(run, str(given))
        pulled = Pull.load(record)
        assert [each.name for each in pulled.files] == names
        assert (pulled.source, pulled.remembers, pulled.gaps) == (str(given), False, [])


def test_the_inbox_of_the_home_is_the_source_of_a_zone_that_declares_none(tmp_path: Path) -> None:
    (source,) = sources_of(tmp_path, ZONE)
    assert source.root == str(tmp_path / "inbox" / ZONE) and Path(source.root).is_dir()


def test_a_missing_inbox_and_one_with_a_password_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="does not exist"):
        sources_of(tmp_path, ZONE, str(tmp_path / "nothing"))
    with pytest.raises(ZoneError, match="--inbox holds a credential"):
        sources_of(tmp_path, ZONE, "sftp://u:hunter2@host/in")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, home: Home) -> Callable[[Callable[[], None]], list[float]]:
    """Let something happen while a pull waits for files to stand still, which takes no time here."""
    slept: list[float] = []
    real = pulling.puller

    def meanwhile(happens: Callable[[], None]) -> list[float]:
        def sleep(seconds: float) -> None:
            slept.append(seconds)
            for path in (*home.path.glob("sources/*/inbox.json"), *home.path.rglob("pulled/inbox.json")):
                settled = json.loads(path.read_text())
                for each in settled.values():
                    since = datetime.fromisoformat(each["since"]) - timedelta(seconds=seconds)
                    each["since"] = since.isoformat()
                path.write_text(json.dumps(settled))
            happens()

        monkeypatch.setattr(pulling, "puller", lambda *args: replace(real(*args), sleep=sleep))
        return slept

    return meanwhile


def test_a_file_still_being_copied_into_the_inbox_of_the_home_waits_and_is_named(
    home: Home, waits: Callable[[Callable[[], None]], list[float]]
) -> None:
    folder = pulling.default_inbox(home.path, ZONE)
    (folder / "deep").mkdir()
    (folder / "deep" / "whole.csv").write_text("whole")
    (folder / "half.csv").write_text("ha")
    os.utime(
        folder / "half.csv", (1_700_000_000, 1_700_000_000)
    )  # no more believed than of a declared folder
    slept = waits(lambda: (folder / "half.csv").write_text("half") and None)
    run = stages.begin(home.path, ZONE, DAY)
    (record,) = pull_all(run)
    pulled = Pull.load(record)
    assert ([each.name for each in pulled.files], pulled.source) == (["deep/whole.csv"], str(folder))
    assert pulled.gaps == [
        f"inbox {folder} of {ZONE}: half.csv may still be growing: it has not stood still for 30 s; "
        "left until it is ready"
    ]
    assert slept == [pytest.approx(30, abs=1)]
    waits(lambda: None)
    (record,) = pull_all(stages.begin(home.path, ZONE, DAY))
    assert sorted(each.name for each in Pull.load(record).files) == ["deep/whole.csv", "half.csv"]


def test_a_backfill_of_the_inbox_of_the_home_waits_for_fresh_files_only(
    home: Home, waits: Callable[[Callable[[], None]], list[float]]
) -> None:
    folder = pulling.default_inbox(home.path, ZONE)
    slept = waits(lambda: None)
    for day, age in (("2026-11-09", 3600), ("2026-11-10", 0)):
        (folder / day).mkdir()
        path = folder / day / "x.csv"
        path.write_text(day)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    looked = plan.inbox_at(home.path, ZONE, None)
    assert (looked.layout, looked.url) == (plan.BY_DAY, str(folder))
    for day, waited in zip(sorted(looked.days), (0, 1), strict=True):
        run = stages.begin(home.path, ZONE, day)
        (record,) = pull_all(run, looked.folder(day))
        pulled = Pull.load(record)
        assert ([each.name for each in pulled.files], pulled.source) == (["x.csv"], f"{folder}/{day}")
        assert len(slept) == waited and sum(slept) <= 30
        assert not (home.path / "sources").exists(), "days are prepared beside one another"


def test_an_inbox_that_cannot_be_made_or_reached_is_a_gap(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.mkdir

    def read_only(path: Path, *args: Any, **keys: Any) -> None:
        if path == home.path / "inbox" / ZONE:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        real(path, *args, **keys)

    monkeypatch.setattr(Path, "mkdir", read_only)
    (record,) = pull_all(stages.begin(home.path, ZONE, DAY))
    assert "does not exist or is not mounted" in Pull.load(record).gaps[0]


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Source, Source]:
    """A mount that is dead and a folder with a file."""
    for name in ("dead", "well"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(name)
    sources = [
        Source(name, str(tmp_path / name), "file", root=str(tmp_path / name), settle_seconds=0)
        for name in ("dead", "well")
    ]
    real = Path.stat

    def stat(path: Path, **keys: Any) -> os.stat_result:
        if path == tmp_path / "dead":
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected", str(path))
        return real(path, **keys)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(pulling, "sources_of", lambda *_: tuple(sources))
    return sources[0], sources[1]


def test_a_dead_mount_is_tried_again_and_then_a_gap(
    home: Home, two: tuple[Source, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(pulling.time, "sleep", slept.append)
    dead, well = (Pull.load(each) for each in pull_all(stages.begin(home.path, ZONE, DAY)))
    assert len(slept) == 3 and dead.failed and not dead.files
    assert (
        f"source dead of {ZONE} is out of reach after 4 attempts: {two[0].root} cannot be read"
        in dead.gaps[0]
    )
    assert ([each.name for each in well.files], well.gaps) == (["a.csv"], [])


def test_the_task_of_a_source_of_this_machine_is_tried_as_often_as_it_says(
    home: Home, two: tuple[Source, Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task without tries left that raises what may pass would leave no record, and stop the day."""
    run, tries = stages.begin(home.path, ZONE, DAY), []

    def with_options(retries: int) -> SimpleNamespace:
        tries.append(retries)
        done = SimpleNamespace(state=SimpleNamespace(is_completed=lambda: True))
        return SimpleNamespace(submit=lambda *_: done)

    monkeypatch.setattr(tasks.pull_source, "with_options", with_options)
    monkeypatch.setattr(tasks, "wait", lambda _: None)
    assert tasks.pull_sources(run, two) == [pulling.record_of(run, each) for each in two]
    assert tries == [two[0].retries, two[1].retries] == [3, 3]


def test_files_that_go_before_they_are_landed_are_a_gap_of_their_source(home: Home, tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    for name in ("a.csv", "b.csv", "c.csv"):
        (inbox / name).write_text(name)
    run = stages.begin(home.path, ZONE, DAY)
    records = pull_all(run, str(inbox))
    for name in ("a.csv", "b.csv"):
        (inbox / name).unlink()
    landed = load_landed(tasks.land_bytes.fn(run, records))
    assert [each.names for each in landed] == [("c.csv",)]
    pulled = Pull.load(records[0])
    assert [each.name for each in pulled.files] == ["c.csv"] and not pulled.failed
    assert pulled.gaps == [
        f"inbox {inbox} of {ZONE}: a.csv, b.csv could not be taken: gone before the copy was made; "
        "tried again at the next run"
    ]


def test_a_copy_of_our_own_that_is_gone_is_no_fault_of_a_source(home: Home) -> None:
    run = stages.begin(home.path, ZONE, DAY)
    record = pulling.record_of(run, Source("far", "sftp://u@h/", "sftp"))
    run.pulls.mkdir()
    lost = {"name": "a.csv", "path": str(run.folder / "pulled" / "x"), "size": 1}
    pull = {"source": "far", "remembers": True, "files": [{**lost, "modified_at": None, "version": None}]}
    record.write_text(json.dumps(pull))
    with pytest.raises(ArrivalsGone, match="could not be taken"):
        pulling.land(run, [record])


def test_an_inbox_by_hand_on_a_dead_mount_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(path: Path) -> bool:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected", str(path))

    monkeypatch.setattr(Path, "exists", dead)
    with pytest.raises(UsageProblem, match="cannot be reached: Transport endpoint"):
        sources_of(tmp_path, ZONE, str(tmp_path))
