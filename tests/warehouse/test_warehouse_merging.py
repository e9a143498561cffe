"""Small files are merged, and nobody who reads can tell."""

from datetime import date, datetime, timedelta

import duckdb
import pytest

from warehouse import Lake, catalogs, merging, migrations, upkeep
from warehouse.upkeep import Policy

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
    tidied = merging.tidy(lake, "run")
    assert (sorted(tidied.merged), tidied.failed) == (["ledger.coverage", "ledger.runs"], None)
    assert files(lake, "runs", "ledger") == files(lake, "coverage", "ledger") == (1, 0)
    assert rows(lake) == now
    assert [rows(lake, each) for each in snapshots] == then
    assert [len(each) for each in then[2]] == [3, 4], "three days: three runs, three rows b and the last a"


def test_nothing_to_merge_leaves_no_snapshot(lake):
    days(lake, commits=COMMITS - 1)
    before = lake.snapshot()
    assert merging.tidy(lake, "run") == merging.Tidied()
    assert lake.snapshot() == before


def test_replaced_files_stay_until_maintenance_has_written_them_down(home):
    """However late the next merge comes: what goes for good goes by maintenance.toml and with its names kept."""
    (home.path / "maintenance.toml").write_text("replaced_days = 30")
    now = datetime.now()

    def maintained(days):
        done = upkeep.maintain(
            home, Policy.of(home), "m", now + timedelta(days=days), zone="z", say=lambda _: None
        )
        return {each["action"]: each["names"] for each in done.actions}.get("remove replaced files", [])

    with Lake.write(home) as lake:
        days(lake)
        written = set((home.data / "ledger" / "runs").iterdir())
        merging.tidy(lake, "run")
        assert written < set((home.data / "ledger" / "runs").iterdir()), "readers may have them open"
        # As if the merge had been weeks ago.
        meta = catalogs.metadata(home, "wh")
        lake.con.execute(
            f"UPDATE {meta}.ducklake_files_scheduled_for_deletion SET schedule_start = now() - INTERVAL 20 DAY"
        )
        days(lake)
        assert merging.tidy(lake, "run").merged
    assert written < set((home.data / "ledger" / "runs").iterdir())
    assert maintained(5) == []
    assert {f"ledger/runs/{each.name}" for each in written} <= set(maintained(11))
    assert not written & set((home.data / "ledger" / "runs").iterdir())
    with Lake.read(home) as lake:
        told = lake.con.execute(
            "SELECT state FROM wh.ledger.maintenance WHERE action = 'remove replaced files' ORDER BY state"
        ).fetchall()
    assert told == [("done",), ("planned",)]


def test_a_merge_that_fails_is_said_and_changes_nothing(lake, monkeypatch):
    days(lake)
    before, snapshot = rows(lake), lake.snapshot()

    def broken(con, tables):
        con.execute("DELETE FROM wh.ledger.runs")
        raise duckdb.IOException("disk full")

    monkeypatch.setattr(merging, "_rewrite", broken)
    tidied = merging.tidy(lake, "run")
    assert "disk full" in tidied.failed
    assert (rows(lake), lake.snapshot()) == (before, snapshot)


def test_no_run_pays_for_all_tables(lake, monkeypatch):
    monkeypatch.setattr(merging, "TABLES_A_RUN", 1)
    days(lake)
    assert [merging.tidy(lake, "run").merged for _ in range(3)] == [
        ("ledger.coverage",),
        ("ledger.runs",),
        (),
    ]
