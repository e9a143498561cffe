"""Small files are merged, and nobody who reads can tell."""

from datetime import date, datetime, timedelta

import duckdb
import pytest

from warehouse import merging, migrations

AT = datetime(2026, 11, 12, 1)
COMMITS = len(migrations.registered()) + 2  # each migration is a commit of its own


@pytest.fixture(autouse=True)
def few_files(monkeypatch):
    monkeypatch.setattr(merging, "MOST_FILES", COMMITS - 1)


def files(lake, table, schema):
    return lake.con.execute(
        f"SELECT count(*), count(delete_file) FROM ducklake_list_files('wh', '{table}', schema => '{schema}')"
    ).fetchone()


def days(lake, commits=COMMITS):
    """A row in ledger.runs and one in ledger.coverage a commit, the coverage row of kind `a` replaced each time;
    returns the snapshot after each."""
    snapshots = []
    for number in range(commits):

        def work(con, number=number):
            day = date(2026, 1, 1) + timedelta(days=number)
            con.execute(
                f"INSERT INTO wh.ledger.runs (run_id, business_date) VALUES ('r{number}', DATE '{day}')"
            )
            con.execute("DELETE FROM wh.ledger.coverage WHERE kind = 'a'")
            con.execute(
                "INSERT INTO wh.ledger.coverage (kind, business_date, documents) VALUES "
                f"('a', NULL, {number}), ('b', DATE '{day}', {number})"
            )

        lake.commit("t", "a day", f"r{number}", work)
        snapshots.append(lake.snapshot())
    return snapshots


def rows(lake, version=None):
    at = f"AT (VERSION => {version})" if version else ""
    return [
        lake.con.execute(f"SELECT * FROM wh.ledger.{table} {at} ORDER BY ALL").fetchall()
        for table in ("runs", "coverage")
    ]


def test_merging_leaves_one_file_and_every_snapshot_as_it_was(lake):
    snapshots = days(lake)
    now, then = rows(lake), [rows(lake, each) for each in snapshots]
    assert files(lake, "runs", "ledger") == (COMMITS, 0)
    assert files(lake, "coverage", "ledger") == (COMMITS, COMMITS - 1)
    tidied = merging.tidy(lake, "run", AT)
    assert (sorted(tidied.merged), tidied.failed) == (["ledger.coverage", "ledger.runs"], None)
    assert files(lake, "runs", "ledger") == files(lake, "coverage", "ledger") == (1, 0)
    assert rows(lake) == now
    assert [rows(lake, each) for each in snapshots] == then
    assert [len(each) for each in then[2]] == [3, 4], "three days: three runs, three rows b and the last a"


def test_nothing_to_merge_leaves_no_snapshot(lake):
    days(lake, commits=COMMITS - 1)
    before = lake.snapshot()
    assert merging.tidy(lake, "run", AT) == merging.Tidied()
    assert lake.snapshot() == before


@pytest.mark.long
def test_replaced_files_are_removed_days_later_only(lake, home):
    days(lake)
    written = set((home.data / "ledger" / "runs").iterdir())
    soon = datetime.now() - timedelta(hours=1)
    merging.tidy(lake, "run", soon)
    assert written < set((home.data / "ledger" / "runs").iterdir()), "readers may have them open"
    days(lake)
    merging.tidy(lake, "run", soon + merging.KEPT + timedelta(days=1))
    assert not written & set((home.data / "ledger" / "runs").iterdir())
    assert len(rows(lake)[0]) == 2 * COMMITS


def test_a_merge_that_fails_is_said_and_changes_nothing(lake, monkeypatch):
    days(lake)
    before, snapshot = rows(lake), lake.snapshot()

    def broken(con, tables):
        con.execute("DELETE FROM wh.ledger.runs")
        raise duckdb.IOException("disk full")

    monkeypatch.setattr(merging, "_rewrite", broken)
    tidied = merging.tidy(lake, "run", AT)
    assert "disk full" in tidied.failed
    assert (rows(lake), lake.snapshot()) == (before, snapshot)


def test_no_run_pays_for_all_tables(lake, monkeypatch):
    monkeypatch.setattr(merging, "TABLES_A_RUN", 1)
    days(lake)
    assert [merging.tidy(lake, "run", AT).merged for _ in range(3)] == [
        ("ledger.coverage",),
        ("ledger.runs",),
        (),
    ]
