"""What a crash or a full disk leaves half written beside the lake is put right by the next run."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date, datetime

import pytest

from warehouse import Home, Lake, pii_key, record, runs
from warehouse.connection import ready
from warehouse.record.book import Book

#: The module; the package has a function of its name.
sealing = importlib.import_module("warehouse.record.seal")
DAY, AT = date(2026, 11, 11), datetime(2026, 11, 12, 1)


class Died(BaseException):
    """Stands for the end of the process: nothing after it runs."""


def committed(lake: Lake, number: int) -> None:
    row = f"INSERT INTO wh.ledger.touched_dates (zone, run_id) VALUES ('a', '{number}')"
    lake.commit("t", f"row {number}", str(number), lambda con: con.execute(row))


@pytest.mark.ci
def test_a_seal_that_dies_after_any_of_its_files_is_made_good(lake, monkeypatch):
    """The file is there, or only half of what was added to it; with other commits before the next seal, and without."""
    append, book, numbers = sealing.append, Book.of(lake.home), itertools.count()
    files = ("public.part", "log.jsonl", "leaves.bin", "checkpoints.jsonl")
    for last, half, more in itertools.product(files, (False, True), (False, True)):

        def dies(path, data, last=last, half=half):
            size = path.stat().st_size if path.exists() else 0
            append(path, data)
            if path.name == last:
                if half:
                    os.truncate(path, size + len(data) // 2 + 1)
                raise Died

        case = f"{last}, {half=}, {more=}"
        if last == "public.part":
            shutil.rmtree(book.folder)
            lake.commit("t", "forget", "r", lambda con: con.execute("DELETE FROM wh.ledger.checkpoints"))
        committed(lake, next(numbers))
        with monkeypatch.context() as patch:
            patch.setattr("warehouse.record.book.append", dies)
            patch.setattr(sealing, "append", dies)
            with pytest.raises(Died):
                record.seal(lake, DAY, "dies", AT)
        if more:
            committed(lake, next(numbers))
        record.seal(lake, DAY, "next", AT)
        found = record.verify(lake)
        assert (found.problem, found.unsealed) == (None, 0), case
        told = lake.con.execute("SELECT note FROM wh.ledger.checkpoints ORDER BY size").fetchall()
        assert [note for (note,) in told] == book.notes(), case


def test_half_a_line_of_a_run_that_changed_nothing_is_passed_over(home):
    def kept(number):
        runs.note_unchanged(home, runs.RunRecord(f"r{number}", "zhengzhou", DAY, AT, AT, "ok"))

    kept(1)
    whole = home.unchanged_runs.read_bytes()
    for cut in (1, len(whole) // 2, len(whole) - 1):
        home.unchanged_runs.write_bytes(whole + whole[:cut])
        kept(2)
        found = [each["run_id"] for each in runs.unchanged(home)]
        assert found in (["r1", "r2"], ["r1", "r1", "r2"]), cut  # all but its end of line is a whole record
    json.loads(home.unchanged_runs.read_bytes().splitlines()[-1])


def test_a_key_is_made_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.delenv("TONGGUAN_PII_KEY", raising=False)
    home = Home(tmp_path / "new").prepare()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space"):
            pii_key(home)
    assert not list(home.path.glob("*pii*"))
    key, created = pii_key(home)
    assert created and pii_key(home) == (key, False)


@pytest.mark.ci
def test_a_new_home_whose_first_run_was_killed_is_not_ready(tmp_path):
    """The catalog is a file before it is a lake; the next run must not take it for one."""
    script = f"""
        import os, signal
        from pathlib import Path
        from warehouse import Home, Lake, catalogs
        prepare = catalogs.SqliteCatalog.prepare
        def dies(self):
            prepare(self)
            os.kill(os.getpid(), signal.SIGKILL)
        catalogs.SqliteCatalog.prepare = dies
        with Lake.write(Home(Path({str(tmp_path / "home")!r}))): pass
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    home = Home(tmp_path / "home")
    assert home.catalog.exists() and not ready(home)
    with Lake.write(home):
        pass
    assert ready(home)


@pytest.mark.ci
def test_the_lock_of_a_killed_writer_is_free_within_a_second(home):
    script = f"""
        import time
        from pathlib import Path
        from warehouse import Home, Lake
        with Lake.write(Home(Path({str(home.path)!r}))) as lake:
            with lake.transaction("t", "half done", "r") as con:
                con.execute("INSERT INTO wh.ledger.touched_dates (zone, run_id) VALUES ('a', 'r')")
                print("holds", flush=True)
                time.sleep(600)
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "holds\n"
    holder.kill()
    holder.wait()
    began = time.perf_counter()
    with Lake.write(home) as lake:
        waited = time.perf_counter() - began
        assert lake.con.execute("SELECT count(*) FROM wh.ledger.touched_dates").fetchall() == [(0,)]
    assert waited < 10, "60 s are promised; it is the time of opening the lake"
