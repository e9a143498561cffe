"""The lake itself: schema, migrations, one writer, readers beside it, commits that die."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing

import duckdb
import pytest
from staged_runs import Stage, order

from sources.contracts import CONTRACTS
from warehouse import Home, Lake, migrations, pii_key, schema
from warehouse.connection import _known_as_migrated, ready
from warehouse.errors import PiiKeyError, WarehouseMissingError


def test_every_document_table_has_the_columns_of_its_contract(lake):
    for contract in CONTRACTS.values():
        described = lake.con.execute(f"DESCRIBE {schema.document_table(contract)}").fetchall()
        assert {name: kind.replace('"', "") for name, kind, *_ in described} == {
            name: kind.replace('"', "") for name, kind in schema.document_columns(contract).items()
        }


def test_migrations_are_applied_once(home, lake):
    snapshot = lake.snapshot()
    assert migrations.apply(lake) == []
    assert lake.snapshot() == snapshot
    recorded = lake.con.execute("SELECT number, name FROM wh.ledger.migrations ORDER BY 1").fetchall()
    assert recorded == [(number, name) for number, (name, _) in migrations.registered().items()]


def test_what_a_first_run_left_half_made_is_no_warehouse_to_readers(tmp_path, monkeypatch):
    home = Home(tmp_path / "new").prepare()
    with closing(sqlite3.connect(home.catalog)) as catalog:  # killed before DuckLake made its tables
        catalog.execute("PRAGMA journal_mode=wal")
    assert not ready(home)
    with pytest.raises(WarehouseMissingError, match="run it again"), Lake.read(home):
        pass
    with monkeypatch.context() as patch:
        first = dict(list(migrations.registered().items())[:2])
        patch.setattr(migrations, "registered", lambda: first)
        with Lake.write(home) as lake:  # killed between two migrations
            assert lake.snapshot() == 2
    _known_as_migrated.clear()
    assert not ready(home)
    with pytest.raises(WarehouseMissingError, match="run it again"), Lake.read(home):
        pass
    with Lake.write(home):
        pass
    with Lake.read(home) as lake:
        assert lake.con.execute("SELECT count(*) FROM wh.vintages.published").fetchone() == (0,)
    assert ready(home)


def test_a_failing_migration_leaves_nothing(lake, monkeypatch):
    def broken(con):
        con.execute("CREATE TABLE wh.ledger.half (a INT)")
        raise RuntimeError("broken")

    monkeypatch.setitem(migrations._REGISTRY, 999, ("broken", broken))
    with pytest.raises(RuntimeError):
        migrations.apply(lake)
    with pytest.raises(duckdb.CatalogException):
        lake.con.execute("FROM wh.ledger.half")
    assert 999 not in migrations.applied(lake.con)


def test_a_commit_says_who_and_why_and_one_without_change_leaves_no_snapshot(lake):
    before = lake.snapshot()
    with lake.transaction("ops", "nothing to do", "r1") as con:
        con.execute("DELETE FROM wh.ledger.runs WHERE run_id = 'none'")
    assert lake.snapshot() == before
    with lake.transaction("ops", "add a date", "r2") as con:
        con.execute(
            "INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('z', DATE '2026-11-11', 'r2')"
        )
    [row] = lake.con.execute(
        "SELECT author, commit_message, commit_extra_info FROM wh.snapshots() ORDER BY snapshot_id DESC LIMIT 1"
    ).fetchall()
    assert row == ("ops", "add a date", '{"run_id": "r2"}')


def test_an_error_rolls_everything_back(lake):
    before = lake.snapshot()
    with pytest.raises(RuntimeError), lake.transaction("ops", "half", "r1") as con:
        con.execute(
            "INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('z', DATE '2026-11-11', 'r1')"
        )
        raise RuntimeError
    assert lake.snapshot() == before
    assert lake.con.execute("SELECT count(*) FROM wh.ledger.touched_dates").fetchall() == [(0,)]


def test_a_busy_catalog_is_tried_again_from_the_start(lake, monkeypatch):
    monkeypatch.setattr("warehouse.connection.time.sleep", lambda seconds: None)
    tries = []

    def work(con):
        con.execute(
            "INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('z', DATE '2026-11-11', 'r1')"
        )
        tries.append(1)
        if len(tries) < 3:
            raise duckdb.TransactionException("Failed to commit: database is locked")
        return "done"

    assert lake.commit("ops", "busy", "r1", work) == "done"
    assert len(tries) == 3
    assert lake.con.execute("SELECT count(*) FROM wh.ledger.touched_dates").fetchall() == [(1,)]
    with pytest.raises(duckdb.BinderException):
        lake.commit("ops", "wrong", "r1", lambda con: con.execute("SELECT nothing FROM wh.ledger.runs"))


def test_times_are_beijing_times_whatever_the_host_says(lake):
    assert lake.con.execute("SELECT current_setting('TimeZone')").fetchall() == [("Asia/Shanghai",)]


def test_a_second_writer_waits_and_names_the_first(home):
    told, done = [], threading.Event()

    def second():
        with Lake.write(home, waiting=told.append):
            done.set()

    with Lake.write(home):
        thread = threading.Thread(target=second)
        thread.start()
        assert not done.wait(1)
    thread.join()
    assert done.is_set()
    assert told and str(os.getpid()) in told[0]


def test_readers_read_while_a_writer_commits(home):
    script = f"""
        from warehouse import Home, Lake
        with Lake.write(Home({str(home.path)!r})) as lake:
            print("ready", flush=True)
            for n in range(15):
                with lake.transaction("t", "pair", str(n)) as con:
                    con.execute(f"INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('a', NULL, '{{n}}')")
                    con.execute(f"INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('b', NULL, '{{n}}')")
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout.readline() == "ready\n"
    seen = []
    with Lake.read(home) as lake:
        while writer.poll() is None:
            query = "SELECT count(*) FILTER (zone = 'a'), count(*) FILTER (zone = 'b') FROM wh.ledger.touched_dates"
            seen.append(lake.con.execute(query).fetchone())
    assert writer.returncode == 0
    assert seen, "the reader read meanwhile"
    assert all(first == second for first, second in seen), "never half a commit"


@pytest.mark.ci
@pytest.mark.parametrize(
    "after", ["INSERT INTO wh.documents", "INSERT INTO wh.ledger.files", "INSERT INTO wh.ledger.batches"]
)
def test_a_writer_killed_in_mid_commit_leaves_nothing_torn(home, after):
    stage = Stage(home, "killed")
    stage.file("o.xml", "CEB311", [order("1"), order("2")])
    stage.write()
    script = f"""
        import os, signal
        from datetime import datetime
        from pathlib import Path
        from warehouse import Home, Lake, documents
        home = Home({str(home.path)!r})
        with Lake.write(home) as lake:
            class Dying:
                def __init__(self, con): self.con = con
                def execute(self, statement, *rest):
                    result = self.con.execute(statement, *rest)
                    if statement.startswith({after!r}): os.kill(os.getpid(), signal.SIGKILL)
                    return result
                def __getattr__(self, name): return getattr(self.con, name)
            lake.con = Dying(lake.con)
            documents.commit(lake, home, "zhengzhou", "killed", Path({str(stage.dir)!r}), datetime(2026, 11, 12))
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    with Lake.write(home) as lake:  # the lock freed itself
        for table in ("documents.import_orders", "ledger.files", "ledger.batches", "ledger.coverage"):
            assert lake.con.execute(f"SELECT count(*) FROM wh.{table}").fetchall() == [(0,)]
        from warehouse import documents

        summary = documents.commit(lake, home, "zhengzhou", "killed", stage.dir, order("1")["app_at"])
        assert summary.rows_accepted == 2


def test_the_key_is_made_once_for_the_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv("TONGGUAN_PII_KEY", raising=False)
    home = Home(tmp_path / "new")
    key, created = pii_key(home)
    assert created
    assert len(key) == 64
    assert home.pii_key.stat().st_mode & 0o777 == 0o600
    assert pii_key(home) == (key, False)
    monkeypatch.setenv("TONGGUAN_PII_KEY", "short")
    with pytest.raises(PiiKeyError, match="at least 16"):
        pii_key(home)
    monkeypatch.setenv("TONGGUAN_PII_KEY", "x" * 16)
    assert pii_key(home) == (b"x" * 16, False)
    monkeypatch.delenv("TONGGUAN_PII_KEY")
    home.pii_key.chmod(0o644)
    with pytest.raises(PiiKeyError, match="chmod 600"):
        pii_key(home)
