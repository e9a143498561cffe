"""Real full file systems, read-only mounts and a held catalog: a sentence, nothing torn, and the same run again is well."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from undisturbed import DAYS, ZONE, Mortal, deliveries, sound, state, whole_copy

from flows import trouble
from warehouse import Home, Lake

DAY = DAYS[0]


def mounted(where: Path, *options: str) -> bool:
    return subprocess.run(["mount", *options, str(where)], capture_output=True).returncode == 0


@pytest.fixture
def mountable(empty_home: Home, tmp_path: Path) -> Iterator[Path]:
    """An empty home on a small file system of its own, with its landing, data and published on one each."""
    home = tmp_path / "home"
    places = [home, home / "landing", home / "data", home / "published"]
    done: list[Path] = []
    try:
        for place in places:
            place.mkdir(exist_ok=True)
            if not mounted(place, "-t", "tmpfs", "-o", "size=64m", "tmpfs"):
                pytest.skip(
                    "mounting a small file system is not allowed here: run as root of a container that may"
                )
            done.append(place)
        shutil.copytree(empty_home.path, home, dirs_exist_ok=True)
        yield home
    finally:
        for place in reversed(done):
            subprocess.run(["umount", "-l", str(place)], check=True)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """The file system of a folder without a byte left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    if file.write(b"\0" * size) < size:
                        break
                except OSError:
                    break
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)


@contextmanager
def held(catalog: Path, seconds: float) -> Iterator[None]:
    """Another program has the catalog to itself for some seconds."""
    script = (
        "import sqlite3, sys, time\n"
        "con = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "con.execute('BEGIN EXCLUSIVE')\n"
        "print('held', flush=True)\n"
        "time.sleep(float(sys.argv[2]))\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(catalog), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "held\n"
    try:
        yield
    finally:
        other.kill()
        other.wait()


@pytest.mark.ci
def test_every_trouble_of_the_machine_is_told_and_over_once_its_cause_is_gone(
    mountable: Path, empty_home: Home, tmp_path: Path
) -> None:
    home, inbox = mountable, deliveries(tmp_path)[DAY]
    mortal = Mortal(tmp_path / "checked", empty_home)

    def stops(sign: str, where: Path, stage: str, **job: object) -> str:
        answer = mortal(home, DAY, inbox, **job)
        assert answer.get("ended") == "error", answer
        assert sign in answer["sentence"] and str(where) in answer["sentence"], answer
        names = ["land", "read", "validate", "commit", "mend", "link", "measure", "publish"]
        assert names[names.index(str(job.get("first", "land"))) + len(answer["stages"])] == stage, answer
        sound(home, {})
        return str(answer["run_id"])

    with filled(home / "landing"):
        stops("the disk is full", home / "landing", "land")
    with read_only(home / "landing"):
        stops("cannot be written", home / "landing", "land")
    with filled(home / "data"):
        stops("the disk is full", home / "data", "commit")
    prepared = mortal(home, DAY, inbox, last="validate")["run_id"]
    with filled(home):
        stops("the disk is full", home, "commit", run_id=prepared, first="commit")
    prepared = mortal(home, DAY, inbox, last="validate")["run_id"]
    with held(home / "catalog.sqlite", 60):
        stops("held by another program", home, "commit", run_id=prepared, first="commit", busy_ms=200)
    prepared = mortal(home, DAY, inbox, last="validate")["run_id"]
    with held(home / "catalog.sqlite", 2):
        assert mortal(home, DAY, inbox, run_id=prepared, first="commit", last="measure")["ended"] == "done"
    with Lake.read(Home(home)) as lake:
        assert lake.con.execute("SELECT count(*) FROM wh.ledger.files").fetchone() == (3,)
    with filled(home / "published"):
        answer = mortal(home, DAY, inbox)
        assert "the disk is full" in answer["sentence"] and "published" in answer["sentence"], answer
    assert not list((home / "published").glob(".analyst.duckdb.[0-9]*")), "no half of a copy is left"
    mortal.whole(home, DAY, inbox)
    whole_copy(home)
    assert state(home)["vintages.published"]
    mortal.close()


@pytest.mark.parametrize(
    ("error", "sign"),
    [
        (OSError(28, "No space left on device", "/data/x"), "the disk is full: [Errno 28]"),
        (duckdb.IOException('Could not write all bytes to file "x": wanted=1 wrote=0'), "the disk is full"),
        (pl.exceptions.ComputeError("No space left on device (os error 28)"), "the disk is full"),
        (PermissionError(13, "Permission denied", "/landing/x"), "cannot be written"),
        (duckdb.IOException("Failed to commit: attempt to write a readonly database"), "cannot be written"),
        (duckdb.TransactionException("Failed to commit: database is locked"), "held by another program"),
        (ValueError("no space left on device is what somebody wrote"), None),
    ],
)
def test_what_libraries_say_is_understood(error: Exception, sign: str | None, tmp_path: Path) -> None:
    sentence = trouble.told(error, Home(tmp_path))
    assert (sentence is None) == (sign is None)
    if sign:
        assert sentence and sign in sentence and "same command again" in sentence


def tongguan(home: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        env={**os.environ, "PREFECT_HOME": str(tmp_path / "prefect")},
    )


@pytest.mark.long
def test_a_backfill_stops_with_3_and_the_sentence_and_goes_on_where_it_was(
    mountable: Path, tmp_path: Path
) -> None:
    deliveries(tmp_path)
    inbox = tmp_path / "by-day"
    inbox.mkdir()
    for day in DAYS:
        (tmp_path / day.isoformat()).rename(inbox / day.isoformat())
    days = ("--from", DAYS[0].isoformat(), "--to", DAYS[1].isoformat(), "--inbox", str(inbox))
    asked = ("backfill", "--zone", ZONE, *days, "--workers", "1")
    books = "SELECT outcome, days_done FROM wh.ledger.backfills ORDER BY started_at"
    for full in (mountable / "data", mountable):
        with filled(full):
            stopped = tongguan(mountable, tmp_path, *asked)
        said = " ".join(stopped.stderr.split())
        assert stopped.returncode == 3 and "the disk is full" in said, said
        assert "Traceback" not in said and "run the same command again" in said, said
        sound(mountable, {})
    well = tongguan(mountable, tmp_path, *asked)
    assert well.returncode in (0, 1), well.stderr
    with Lake.read(Home(mountable)) as lake:
        assert lake.con.execute(books).fetchall()[-1] == ("done", len(DAYS))


@pytest.mark.long
def test_the_command_stops_with_3_and_the_sentence(mountable: Path, tmp_path: Path) -> None:
    inboxes = deliveries(tmp_path)

    def run(day: date) -> subprocess.CompletedProcess[str]:
        arguments = ["run", "--zone", ZONE, "--date", day.isoformat(), "--inbox", str(inboxes[day])]
        return tongguan(mountable, tmp_path, *arguments)

    with filled(mountable / "data"):
        stopped = run(DAY)
    assert stopped.returncode == 3 and "Traceback" not in stopped.stderr, stopped.stderr
    assert "the disk is full" in stopped.stderr and str(mountable / "data") in stopped.stderr.replace(
        "\n", ""
    )
    with filled(mountable):
        stopped = run(DAY)
    assert stopped.returncode == 3, stopped.stderr
    assert "the disk is full" in stopped.stderr and "Traceback" not in stopped.stderr
    well = run(DAY)
    assert well.returncode in (0, 1), well.stderr
    whole_copy(mountable)
