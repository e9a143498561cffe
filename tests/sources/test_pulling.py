"""When a file is ready, what is taken again, and what credentials are found: on local folders, without waiting."""

import hashlib
import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pulls import Runs, source

from sources.connectors.entry import Entry, SourceRefused, unsafe
from sources.credentials import Credentials, from_environment, from_record
from sources.readiness import Settling, marked


def runs(tmp_path: Path, **keys: object) -> Runs:
    (tmp_path / "in").mkdir(exist_ok=True)
    return Runs(source(str(tmp_path / "in"), **keys), tmp_path)


def put(path: Path, text: str, at: int = 1_790_000_000) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_growing_file_is_left_until_it_stands_still(tmp_path: Path) -> None:
    each = runs(tmp_path, settle_seconds=30)
    put(tmp_path / "in" / "a.csv", "half")
    put(tmp_path / "in" / "b.csv", "whole")
    grown = iter(("more", "most"))

    def upload(seconds: float) -> None:
        each.slept.append(seconds)
        put(tmp_path / "in" / "a.csv", next(grown), at=1_790_000_001 + len(each.slept))
        settled = json.loads((tmp_path / "settling.json").read_text())
        for state in settled.values():  # as if the seconds had passed
            state["since"] = (datetime.fromisoformat(state["since"]) - timedelta(seconds=seconds)).isoformat()
        (tmp_path / "settling.json").write_text(json.dumps(settled))

    each.sleep = upload
    assert each.run() == {"b.csv": b"whole"}
    assert each.gaps() == [
        "source far of z: a.csv may still be growing: it has not stood still for 30 s; left until it is ready"
    ]
    assert each.slept == [pytest.approx(30, abs=1)]


def test_what_stood_still_between_two_runs_needs_no_waiting(tmp_path: Path) -> None:
    settling = Settling(tmp_path / "s.json", 30)
    first, later = datetime(2026, 11, 10, 6, 30), datetime(2026, 11, 10, 6, 31)
    same, grown = Entry("same", 4, first), Entry("grown", 4, first)
    judged = settling.judge([same, grown], first)
    assert (judged.ready, judged.again_after_s) == ((), 30)
    judged = Settling(tmp_path / "s.json", 30).judge([same, Entry("grown", 5, first)], later)
    assert judged.ready == (same,) and [each.name for each, _ in judged.waiting] == ["grown"]
    judged = Settling(tmp_path / "s.json", 30).judge([Entry("grown", 5, first)], first)
    assert judged.again_after_s == 30, "a clock that was set back makes nothing ready"
    (tmp_path / "s.json").write_text('{"grown": {"st')
    assert Settling(tmp_path / "s.json", 30).judge([same], later).ready == (), "a lost memory waits again"


def test_times_are_believed_where_a_file_bears_the_one_of_its_writer(tmp_path: Path) -> None:
    now = datetime(2026, 11, 10, 6, 30)
    old, fresh, ahead = (Entry(str(at), 4, now + timedelta(seconds=at)) for at in (-40, -10, 50))
    judged = Settling(tmp_path / "s.json", 30, by_times=True).judge(
        [old, fresh, ahead, Entry("none", 4)], now
    )
    assert judged.ready == (old,), "a clock that is ahead makes nothing ready"
    assert judged.again_after_s == 30
    later = now + timedelta(seconds=20)
    assert Settling(tmp_path / "s.json", 30, by_times=True).judge([fresh], later).ready == (fresh,)
    grown = Entry(fresh.name, 5, later)
    judged = Settling(tmp_path / "s.json", 30, by_times=True).judge([grown], later)
    assert (judged.ready, judged.again_after_s) == ((), 30)


def test_a_marker_beside_a_file_makes_it_ready(tmp_path: Path) -> None:
    each = runs(tmp_path, ready="done", pattern="*.csv")
    put(tmp_path / "in" / "a.csv", "a")
    put(tmp_path / "in" / "d" / "b.csv", "b")
    put(tmp_path / "in" / "a.csv.done", "", at=1_790_000_000)
    assert each.run() == {"a.csv": b"a"}
    assert each.gaps() == ["source far of z: d/b.csv has no b.csv.done beside it; left until it is ready"]
    put(tmp_path / "in" / "a.csv", "a, once more", at=1_790_000_009)
    assert each.run() == {}, "the marker is older than the file: it belongs to the version before"
    assert "a.csv was changed after its .done marker was set" in each.gaps()[0]
    put(tmp_path / "in" / "a.csv.done", "", at=1_790_000_010)
    assert each.run() == {"a.csv": b"a, once more"}


def test_a_marker_without_times_is_enough() -> None:
    assert marked([Entry("a", 1)], [Entry("a", 1), Entry("a.done")]).ready == (Entry("a", 1),)


def test_a_manifest_makes_ready_what_it_names_and_states(tmp_path: Path) -> None:
    each = runs(tmp_path, ready="manifest", pattern="*.csv")
    inbox = tmp_path / "in"
    put(inbox / "a.csv", "whole")
    put(inbox / "b.csv", "ha")
    put(inbox / "c.csv", "unnamed")
    digests = {"a.csv": hashlib.sha256(b"whole").hexdigest(), "b.csv": hashlib.sha256(b"half").hexdigest()}
    named = json.dumps({"files": [{"name": name, "sha256": each} for name, each in digests.items()]})
    put(inbox / "day.manifest.json", named[:20])
    assert each.run() == {}, "a manifest that is not whole makes nothing ready"
    put(inbox / "day.manifest.json", named, at=1_790_000_001)
    assert each.run() == {"day.manifest.json": named.encode(), "a.csv": b"whole"}
    waits, differs = each.gaps()
    assert "c.csv is named by no manifest beside it" in waits
    assert "b.csv was not taken: its SHA-256 is not the one its manifest states" in differs
    put(inbox / "b.csv", "half", at=1_790_000_002)
    assert each.run() == {"b.csv": b"half"}, "the manifest of the run before still counts"


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="does not exist or is not mounted"):
        Runs(source(str(tmp_path / "nothing")), tmp_path).attempt()


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("a.xml", False),
        ("2026-11-10/订单.xml", False),
        ("../a", True),
        ("a/../../b", True),
        ("/etc/passwd", True),
        ("a//b", True),
        ("a\\b", True),
        ("a\nb", True),
        ("\u202eb", True),
        ("", True),
        ("x" * 1025, True),
    ],
)
def test_names_that_step_out_or_cannot_be_shown_are_refused(name: str, refused: bool) -> None:
    assert unsafe(name) is refused


def test_credentials_come_from_the_environment_and_cannot_be_printed() -> None:
    declared = source("sftp://u@h/out", credentials="customs-sftp")
    found = from_environment(declared, {"TONGGUAN_SOURCE_CUSTOMS_SFTP_PASSWORD": "hunter2"})
    assert found == Credentials(password="hunter2")
    assert "hunter2" not in f"{found} {found!r}" and repr(found) == "Credentials(password)"
    assert found.hide("login hunter2 failed") == "login *** failed"
    with pytest.raises(SourceRefused, match="set TONGGUAN_SOURCE_CUSTOMS_SFTP_PASSWORD or _KEY"):
        from_environment(declared, {"TONGGUAN_SOURCE_OTHER_PASSWORD": "x"})
    assert from_environment(source("s3://b"), {}) == Credentials()


def test_a_secret_block_holds_a_password_or_named_values() -> None:
    assert from_record("hunter2", "b") == Credentials(password="hunter2")
    assert from_record({"key": "k", "secret": "s"}, "b") == Credentials(key="k", secret="s")
    with pytest.raises(SourceRefused) as raised:
        from_record({"keyy": "hunter2"}, "the secret block 'b'")
    assert "hunter2" not in str(raised.value)
