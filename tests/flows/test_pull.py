"""Which sources a run has, and that an inbox given by hand is taken as it lies, leavings passed over."""

from datetime import date
from pathlib import Path

import pytest

from flows import stages
from flows.errors import UsageProblem
from flows.pull import pull_all, sources_of
from sources.pulling import Pull
from sources.zone import ZoneError
from warehouse import Home

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
