"""The book of backfills, files that another run loaded meanwhile, and writers who take turns."""

import os
import threading
import time
from datetime import date, datetime, timedelta

from staged_runs import Stage, order

from flows import stages
from flows.stages import Run
from warehouse import Home, Lake, backfills, catalogs
from warehouse.backfills import DONE, FAILED, SKIPPED, Asked, DayOutcome

ZONE = "zhengzhou"
ONE, TWO, THREE = (date(2026, 11, each) for each in (10, 11, 12))
AT = datetime(2026, 11, 20, 9)


def asked(name: str, at: datetime = AT, zone: str = ZONE) -> Asked:
    return Asked(name, zone, ONE, THREE, "/in", "li", "o'clock wrong", at)


def test_the_book_says_what_is_done_what_failed_since_and_what_was_interrupted(lake: Lake) -> None:
    first = asked("b1")
    backfills.begin(lake, first)
    days = [DayOutcome(ONE, DONE, None, "f1", "r1"), DayOutcome(TWO, DONE, None, "f2", "r2")]
    backfills.note(lake, first, days, AT)
    assert backfills.done_before(lake, ZONE) == {ONE: "f1", TWO: "f2"}
    assert backfills.done_before(lake, "xinxiang") == {}

    later = AT + timedelta(hours=1)
    second = asked("b2", later)
    backfills.begin(lake, second)  # the first was killed: nobody ended it
    failed = [DayOutcome(TWO, FAILED, "it's broken", "f2")]
    backfills.note(lake, second, failed, later)
    snapshot = lake.snapshot()
    backfills.note(lake, second, [DayOutcome(ONE, SKIPPED)], later)
    assert lake.snapshot() == snapshot, "days skipped leave nothing"
    assert backfills.done_before(lake, ZONE) == {ONE: "f1"}, "failed since: to be done again"
    backfills.finish(lake, second, [*failed, DayOutcome(ONE, SKIPPED)], "incomplete", later)
    rows = lake.con.execute(
        "SELECT backfill_id, outcome, reason, days_asked, days_done, days_failed, days_skipped, finished_at "
        "FROM wh.ledger.backfills ORDER BY 1"
    ).fetchall()
    assert rows == [
        ("b1", "interrupted", "o'clock wrong", 3, 0, 0, 0, later),
        ("b2", "incomplete", "o'clock wrong", 3, 0, 1, 1, later),
    ]


def test_bytes_that_two_runs_landed_side_by_side_are_counted_once(home: Home) -> None:
    prepared = []
    for name in ("r1", "r2"):
        stage = Stage(home, name)
        digest = stage.file("orders.xml", "CEB311", [order("1"), order("2")])
        stage.findings = [
            {"kind": "CEB311", "file_hash": digest, "row_no": 1, "rule": "P3", "severity": "warning"}
        ]
        if name == "r2":
            stage.file("more.xml", "CEB311", [order("3")])
        stage.write()
        prepared.append(Run(home.path, ZONE, ONE, name, AT))
        prepared[-1].compared_with.write_text(str(len(prepared) - 1))
    assert [stages.commit(run).rows_accepted for run in prepared] == [2, 1]
    with Lake.read(home) as lake:
        files = "SELECT names[1], rows_read, rows_duplicate, run_id FROM wh.ledger.files ORDER BY 1"
        assert lake.con.execute(files).fetchall() == [("more.xml", 1, 0, "r2"), ("orders.xml", 2, 0, "r1")]
        assert lake.con.execute("SELECT batch_id FROM wh.ledger.findings").fetchall() == [("r1",)]


def test_who_waits_third_is_told_too(home: Home) -> None:
    told: list[str] = []
    second, third = threading.Event(), threading.Event()

    def wait(heard: threading.Event) -> None:
        with catalogs.of(home).writing(None, lambda said: (told.append(said), heard.set())[0]):
            pass

    threads = [threading.Thread(target=wait, args=(each,)) for each in (second, third)]
    with catalogs.of(home).writing(None, None):
        for thread, heard in zip(threads, (second, third), strict=True):
            thread.start()
            assert heard.wait(5)
    for thread in threads:
        thread.join()
    first = f"waiting for the writer (process {os.getpid()})"
    assert told == [
        f"{first} to finish with {home.path}",
        f"{first} and others who wait to finish with {home.path}",
    ]


def test_a_writer_who_waits_comes_before_one_who_comes_back_at_once(home: Home) -> None:
    catalog = catalogs.of(home)
    rounds, came = 0, threading.Event()
    waiting = threading.Event()

    def wait_for_it() -> None:
        with catalogs.of(home).writing(None, lambda _: waiting.set()):
            came.set()

    other = threading.Thread(target=wait_for_it)
    while not came.is_set() and rounds < 100:
        with catalog.writing(None, None):
            if not rounds:
                other.start()
                assert waiting.wait(5)
            time.sleep(0.005)
        rounds += 1
    other.join()
    assert rounds <= 2, "it had to wait for the one who had the lock, not for those after it"
