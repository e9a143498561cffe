import errno
import gzip
import hashlib
import random
import stat
import zipfile
from pathlib import Path

import pytest

from sources.staging import load_landed, save
from warehouse import documents, landing


@pytest.fixture
def inbox(tmp_path):
    folder = tmp_path / "inbox"
    (folder / "deep").mkdir(parents=True)
    return folder


def land(home, lake, *paths):
    return landing.land(home, paths, "inbox", lake, zone="zhengzhou")


def test_bytes_are_kept_once_under_their_hash_readable_by_the_owner_only(home, lake, inbox):
    (inbox / "a.xml").write_bytes(b"same")
    (inbox / "deep" / "b.xml").write_bytes(b"same")
    (inbox / "c.xml").write_bytes(b"other")
    (inbox / ".hidden").write_bytes(b"1")
    (inbox / "half.xml.part").write_bytes(b"2")
    landed = land(home, lake, inbox)
    assert [(file.names, file.bytes, file.known) for file in landed] == [
        (("a.xml", "deep/b.xml"), 4, False),
        (("c.xml",), 5, False),
    ]
    stored = landing.stored(home, landed[0].file_hash)
    assert stored.read_bytes() == b"same"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert not list(home.landing.glob(".incoming*"))
    assert land(home, lake, inbox) == landed
    save(landed, home.staging / "landed.json")
    assert load_landed(home.staging / "landed.json") == landed


def test_files_that_are_gone_by_now_are_named_and_the_others_stored(home, inbox, monkeypatch):
    for name in ("a.csv", "b.csv", "c.csv"):
        (inbox / name).write_text(name)
    arrived = list(landing.arrivals([inbox], "far"))
    (inbox / "a.csv").unlink()
    real = Path.open

    def stale(path, *args, **keys):
        if path == inbox / "c.csv":
            raise OSError(errno.ESTALE, "Stale file handle", str(path))
        return real(path, *args, **keys)

    monkeypatch.setattr(Path, "open", stale)
    with pytest.raises(landing.ArrivalsGone) as raised:
        landing.keep(home, arrived)
    assert raised.value.lost == {
        str(inbox / "a.csv"): "gone before the copy was made",
        str(inbox / "c.csv"): "reading failed with Stale file handle",
    }
    assert "a.csv was listed and could not be taken" in str(raised.value)
    assert "and 1 more files" in str(raised.value)
    assert landing.stored(home, hashlib.sha256(b"b.csv").hexdigest()).exists()
    assert not list(home.landing.glob(".incoming*"))


def test_a_disk_that_takes_no_copy_stops_and_blames_no_file(home, inbox, monkeypatch):
    (inbox / "a.csv").write_text("a")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(landing.os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as raised:
        landing.keep(home, list(landing.arrivals([inbox], "far")))
    assert not isinstance(raised.value, landing.ArrivalsGone | landing.UnreadableError)


def test_members_of_archives_are_files_of_their_own(home, lake, inbox):
    with zipfile.ZipFile(inbox / "day.zip", "w") as archive:
        archive.writestr("x/o.csv", "a,b\n1,2\n")
        archive.writestr("p.csv", "c\n3\n")
    (inbox / "q.csv.gz").write_bytes(gzip.compress(b"d\n4\n"))
    landed = land(home, lake, inbox)
    names = sorted(file.names[0] for file in landed)
    assert [name.split("!")[0] for name in names] == ["day.zip", "day.zip", "q.csv.gz"]
    assert names[0] == "day.zip!p.csv"
    assert all(landing.stored(home, file.archive_hash).exists() for file in landed)
    assert not list(home.scratch.iterdir())


def test_a_damaged_archive_comes_back_with_its_refusal(home, lake, inbox):
    (inbox / "bad.gz").write_bytes(gzip.compress(b"x" * 5000)[:-20])
    with zipfile.ZipFile(inbox / "empty.zip", "w"):
        pass
    file, empty = land(home, lake, inbox)
    assert "holds no files" in empty.refusal.message
    assert (file.refusal.rule, file.archive_hash) == ("F10", None)
    assert "bad.gz" in file.refusal.message


def packed(path, method):
    """A zip with one member of 1000 random bytes, which no method makes smaller; returns its bytes."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("o.csv", random.Random(1).randbytes(1000))
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_broken_byte_of_a_member_refuses_the_archive_only(home, lake, inbox, method):
    (inbox / "o.csv").write_bytes(b"a,b\n1,2\n")
    data = packed(inbox / "day.zip", method)
    data[100:200] = bytes(100)
    (inbox / "day.zip").write_bytes(data)
    archive, plain = land(home, lake, inbox)
    assert (archive.refusal.rule, plain.refusal) == ("F10", None)
    assert "send it again" in archive.refusal.message


def test_a_broken_byte_of_the_directory_refuses_the_archive_only(home, lake, inbox):
    data = packed(inbox / "day.zip", zipfile.ZIP_STORED)
    data[data.index(b"PK\x01\x02") + 3] = 3
    (inbox / "day.zip").write_bytes(data)
    (archive,) = land(home, lake, inbox)
    assert archive.refusal.rule == "F10"


def test_an_archive_and_new_names_stand_in_the_ledger(home, lake, inbox):
    with zipfile.ZipFile(inbox / "day.zip", "w") as archive:
        archive.writestr("notes.txt", "nothing")
    run(home, lake, "r1", inbox)
    (inbox / "again.zip").write_bytes((inbox / "day.zip").read_bytes())
    assert all(file.known for file in land(home, lake, inbox))
    run(home, lake, "r2", inbox)
    snapshot = lake.snapshot()
    run(home, lake, "r3", inbox)
    assert lake.snapshot() == snapshot
    files = lake.con.execute("SELECT names, status FROM wh.ledger.files ORDER BY 1").fetchall()
    assert files == [(["day.zip"], "unpacked"), (["day.zip!notes.txt"], "refused")]
    names = lake.con.execute("SELECT name FROM wh.ledger.file_names ORDER BY 1").fetchall()
    assert names == [("again.zip",), ("day.zip",), ("day.zip!notes.txt",)]


def run(home, lake, name, inbox):
    from datetime import datetime

    from sources.staging import ReadOutcome, Refusal

    folder = home.staging / name
    folder.mkdir()
    landed = land(home, lake, inbox)
    save(landed, folder / "landed.json")
    new = [file for file in landed if not file.known]
    refusal = Refusal("F4", "no kind")
    save([ReadOutcome(file.file_hash, None, None, refusal=refusal) for file in new], folder / "outcomes.json")
    documents.commit(lake, home, "zhengzhou", name, folder, datetime(2026, 11, 12))
