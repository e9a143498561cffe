"""Several machines, one lake: PostgreSQL from Debian and moto's S3 as real servers, writers as real processes.

Run with `uv run pytest -m long -n 0 tests/shared`.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from rewritten import EXPECTED, rewrite, told
from staged_runs import Stage, order

from benchmarks import servers
from flows.backfilling import book
from flows.errors import UsageProblem
from sources.beijing import now
from transforms.definitions import METRIC_TABLES
from warehouse import Home, Lake, asof, moving, query, record, vintages
from warehouse.errors import (
    CatalogUnreachableError,
    LockLostError,
    QueryRefusedError,
    RecordError,
    SharedSettingsError,
    WarehouseMissingError,
)
from warehouse.landing import stored

pytestmark = pytest.mark.long

#: A day noted for a zone: the shortest thing to commit.
NOTE = "INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('{0}', DATE '2026-11-11', '{1}')"


def machine(script: str, environment: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    """A process of another machine; it says `ready` and the like on its output."""
    imports = "import os, sys, time\nfrom warehouse import Home, Lake\n"
    return subprocess.Popen(
        [sys.executable, "-c", imports + textwrap.dedent(script), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


HOLD = """
    with Lake.write(Home(sys.argv[1]), zone=sys.argv[2]) as lake:
        print("ready", flush=True)
        time.sleep(600)
"""


def count(lake: Lake, table: str = "ledger.touched_dates") -> int:
    return lake.con.execute(f"SELECT count(*) FROM wh.{table}").fetchone()[0]


def test_there_is_nothing_to_read_before_the_first_run(running, shared, home, monkeypatch):
    monkeypatch.setenv(
        "TONGGUAN_CATALOG", f"postgres://tongguan@127.0.0.1:{running.port}/tongguan?schema=none"
    )
    with pytest.raises(WarehouseMissingError, match="schema=none"), Lake.read(home):
        pass
    with Lake.write(
        home, zone="zhengzhou"
    ) as lake:  # made with the whole lake locked, then opened for the zone
        assert lake.con.execute("SELECT min(number) FROM wh.ledger.migrations").fetchone() == (1,)


def test_another_data_path_is_refused(shared, home, monkeypatch):
    monkeypatch.setenv("TONGGUAN_DATA", "s3://elsewhere/lake")
    with pytest.raises(SharedSettingsError, match="TONGGUAN_DATA is not what"), Lake.write(home):
        pass


def test_two_zones_are_written_at_the_same_time(shared, home, tmp_path):
    other = machine(
        f"""
        with Lake.write(Home(sys.argv[1]), zone="xinxiang") as lake:
            with lake.transaction("t", "one", "1") as con:
                con.execute({NOTE.format("xinxiang", 1)!r})
                print("ready", flush=True)
                sys.stdin.readline()
        """,
        shared,
        tmp_path / "other",
    )
    assert other.stdout.readline() == "ready\n"
    begun = time.monotonic()
    with Lake.write(home, zone="zhengzhou") as lake:
        lake.commit("t", "two", "2", lambda con: con.execute(NOTE.format("zhengzhou", 2)))
        assert other.poll() is None, "the other is in the middle of its transaction"
        assert count(lake) == 1
    print(f"committed beside the other in {time.monotonic() - begun:.1f} s")
    other.kill()


def test_definitions_are_told_once_by_two_zones_that_publish_first_at_once(shared, home, tmp_path):
    with Lake.write(home):
        pass
    both = threading.Barrier(2)
    nothing = {name: pl.DataFrame(schema=table.schema) for name, table in METRIC_TABLES.items()}

    def meet(_: duckdb.DuckDBPyConnection) -> None:
        """In the transaction: both are in it at once where nothing keeps them apart."""
        with suppress(threading.BrokenBarrierError):
            both.wait(5)

    def publish(zone: str) -> None:
        with Lake.write(Home(tmp_path / zone), zone=zone) as lake:
            vintages.publish(lake, zone, "r", now, nothing, [date(2026, 11, 11)], check=meet)

    threads = [threading.Thread(target=publish, args=[zone]) for zone in ("zhengzhou", "chongqing")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with Lake.read(home) as lake:
        assert count(lake, "vintages.published") == 2
        assert count(lake, "vintages.definitions") == count(lake, "metrics.definitions") > 0


def test_one_zone_is_written_by_one_and_who_waits_is_told_whom_for(shared, home, tmp_path):
    holder = machine(HOLD, shared, tmp_path / "other", "zhengzhou")
    assert holder.stdout.readline() == "ready\n"
    told, done = [], threading.Event()

    def second():
        with Lake.write(home, told.append, zone="zhengzhou"):
            done.set()

    thread = threading.Thread(target=second)
    thread.start()
    assert not done.wait(3)
    assert f"tongguan zone zhengzhou on {os.uname().nodename} ({holder.pid})"[:63] in told[0]
    os.kill(holder.pid, signal.SIGKILL)
    killed = time.monotonic()
    assert done.wait(60)
    print(f"free {time.monotonic() - killed:.2f} s after kill -9")
    thread.join()
    holder.wait()


def test_maintenance_waits_for_every_writer(shared, home, tmp_path):
    holder = machine(HOLD, shared, tmp_path / "other", "zhengzhou")
    assert holder.stdout.readline() == "ready\n"
    done = threading.Event()

    def maintenance():
        with Lake.write(home):
            done.set()

    thread = threading.Thread(target=maintenance)
    thread.start()
    assert not done.wait(3)
    holder.kill()
    assert done.wait(60)
    thread.join()
    holder.wait()


def test_who_lost_against_others_begins_again_and_wins(shared, tmp_path):
    """Four zones change rows of one file again and again: every change conflicts with every other."""
    script = """
        zone, tries = sys.argv[2], 0
        with Lake.write(Home(sys.argv[1]), zone=zone) as lake:
            lake.commit("t", "first", zone, lambda con: con.execute(
                f"INSERT INTO wh.ledger.touched_dates (zone, business_date, run_id) VALUES ('{zone}', DATE '2026-11-11', '0')"))
            print("ready", flush=True)
            sys.stdin.readline()
            def more(con):
                global tries
                tries += 1
                row = con.execute(f"SELECT run_id FROM wh.ledger.touched_dates WHERE zone = '{zone}'").fetchone()
                con.execute(f"UPDATE wh.ledger.touched_dates SET run_id = '{int(row[0]) + 1}' WHERE zone = '{zone}'")
            for _ in range(5):
                lake.commit("t", "more", zone, more)
        print(tries, flush=True)
    """
    zones = ["a", "b", "c", "d"]
    writers = [machine(script, shared, tmp_path / zone, zone) for zone in zones]
    for each in writers:
        assert each.stdout.readline() == "ready\n"
    for each in writers:
        each.stdin.write("go\n")
        each.stdin.flush()
    tries = [int(each.stdout.readline()) for each in writers]
    assert [each.wait() for each in writers] == [0, 0, 0, 0]
    with Lake.read(Home(tmp_path / "reader")) as lake:
        rows = lake.con.execute("SELECT zone, run_id FROM wh.ledger.touched_dates ORDER BY 1").fetchall()
    assert rows == [(zone, "5") for zone in zones]
    print(f"20 changes took {sum(tries)} tries")
    assert sum(tries) > 20, "they did get in each other's way"


def test_a_reader_never_waits(shared, home, tmp_path):
    with Lake.write(home) as lake, lake.transaction("t", "alone", "1", alone=True) as con:
        con.execute(NOTE.format("zhengzhou", 1))
        begun = time.monotonic()
        reader = machine(
            "with Lake.read(Home(sys.argv[1])) as lake:\n"
            "    print(lake.con.execute('SELECT count(*) FROM wh.ledger.touched_dates').fetchone()[0])",
            shared,
            tmp_path / "reader",
        )
        assert reader.communicate(timeout=60)[0] == "0\n"
        print(
            f"read beside a writer of the whole lake in {time.monotonic() - begun:.1f} s, its start included"
        )
    with Lake.read(home) as lake:
        assert count(lake) == 1


def test_nothing_is_committed_where_the_lock_was_lost(running, shared, home):
    with Lake.write(home, zone="zhengzhou") as lake:
        with (
            pytest.raises(LockLostError, match="nothing was committed"),
            lake.transaction("t", "late", "1") as con,
        ):
            con.execute(NOTE.format("zhengzhou", 1))
            running.psql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'tongguan zone%'"
            )
        assert count(lake) == 0


def test_one_log_has_one_keeper(shared, home, tmp_path, monkeypatch):
    at = order("1")["app_at"]
    for number, machine_home in enumerate((home, Home(tmp_path / "second"))):
        stage = Stage(machine_home, f"run-{number}")
        stage.file(f"{number}.xml", "CEB311", [order(str(number))])
        with Lake.write(machine_home, zone="zhengzhou") as lake:
            stage.commit(lake)
    with Lake.write(home, zone=record.LOCK) as lake:
        assert record.seal(lake, at.date(), "run-0", at).added > 1, "the commits of every machine"
        verified = record.verify(lake)
        assert verified.problem is None and verified.files > 5
    with (
        Lake.write(Home(tmp_path / "second"), zone=record.LOCK) as lake,
        pytest.raises(RecordError, match="TONGGUAN_RECORD=off"),
    ):
        record.seal(lake, at.date(), "run-1", at)
    assert not (tmp_path / "second" / "record" / "log.jsonl").exists()
    with Lake.read(home) as lake:
        assert record.verify(lake).problem is None


def test_an_altered_object_is_named(shared, home, running):
    stage = Stage(home, "run")
    stage.file("o.xml", "CEB311", [order("1")])
    with Lake.write(home, zone="zhengzhou") as lake:
        stage.commit(lake)
    with Lake.write(home, zone=record.LOCK) as lake:
        record.seal(lake, order("1")["app_at"].date(), "run", order("1")["app_at"])
        [(path,)] = lake.con.execute(
            "SELECT data_file FROM ducklake_list_files('wh', 'import_orders', schema => 'documents')"
        ).fetchall()
    client = servers.client(running.address)
    key = path.removeprefix(f"s3://{servers.BUCKET}/")
    body = client.get_object(Bucket=servers.BUCKET, Key=key)["Body"].read()
    client.put_object(Bucket=servers.BUCKET, Key=key, Body=body[:-9] + b"X" + body[-8:])
    with Lake.read(home) as lake:
        assert "was altered" in record.verify(lake).problem
    client.delete_object(Bucket=servers.BUCKET, Key=key)
    with Lake.read(home) as lake:
        assert "is missing" in record.verify(lake).problem


def test_a_question_reaches_the_lake_and_nothing_else(shared, home):
    assert query.run(home, "SELECT count(*) AS n FROM ledger.migrations").to_pylist()[0]["n"] > 0
    for question in (
        "SELECT * FROM read_text('/etc/passwd')",
        f"SELECT * FROM read_parquet('s3://{servers.BUCKET}/other.parquet')",
        "SELECT * FROM postgres_query('__ducklake_metadata_wh', 'SELECT 1')",
        "SELECT * FROM duckdb_secrets()",
        f"COPY (SELECT 1) TO 's3://{servers.BUCKET}/lake/x.parquet'",
        "ATTACH 'host=127.0.0.1' AS x (TYPE postgres)",
        "DELETE FROM ledger.migrations",
    ):
        with pytest.raises(QueryRefusedError):
            query.run(home, question)


def test_the_past_is_asked_as_on_an_embedded_lake(shared, home):
    stage = Stage(home, "run")
    stage.file("o.xml", "CEB311", [order("1"), order("2")])
    with Lake.write(home, zone="zhengzhou") as lake:
        stage.commit(lake)
    said = []
    for question, moment, rows in (
        ("SELECT count(*) AS n FROM documents.import_orders", datetime(2100, 1, 1), 2),
        ("SELECT count(*) AS n FROM documents.import_orders", datetime(2000, 1, 1), 0),
        ("SELECT count(*) AS n FROM metrics.vintages", datetime(2100, 1, 1), 0),
    ):
        answer = asof.run(home, question, moment, lambda zone, documents: {}, said.append)
        assert answer.to_pylist() == [{"n": rows}]
    assert "snapshot" in said[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGPASSWORD", "a-wrong-password"),
        ("TONGGUAN_CATALOG", "postgres://tongguan:a-wrong-password@127.0.0.1:{port}/tongguan"),
        ("TONGGUAN_S3_ENDPOINT", "http://127.0.0.1:1"),
    ],
)
def test_no_secret_stands_in_an_error_or_a_log(running, shared, home, monkeypatch, caplog, name, value):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv(name, value.format(port=running.port))
    with pytest.raises((CatalogUnreachableError, duckdb.Error)) as raised, Lake.read(home) as lake:
        lake.con.execute("SELECT * FROM wh.ledger.migrations").fetchall()
    told = "".join(traceback.format_exception(raised.value)) + caplog.text
    for secret in (servers.PASSWORD, servers.SECRET, "a-wrong-password"):
        assert secret not in told
    with duckdb.connect() as con:
        assert con.execute("SELECT count(*) FROM duckdb_secrets()").fetchone() == (0,), "nothing persists"
    assert not (Path.home() / ".duckdb" / "stored_secrets").exists()


def test_released_rows_wait_for_the_machine_that_landed_them(shared, home, tmp_path):
    from warehouse import quarantine, releases
    from warehouse.shortcomings import shortcomings

    stage = Stage(home, "run")
    digest = stage.file("o.xml", "CEB311", [order("1"), order("2")], reject={2: ["P1"]})
    with Lake.write(home, zone="zhengzhou") as lake:
        stage.commit(lake)
        quarantine.release(
            lake, f"{digest[:12]}-2", {}, reason="said so", by="me", at=order("1")["app_at"], zone="zhengzhou"
        )
        assert releases.elsewhere(lake, home, "zhengzhou") == 0
    second = Home(tmp_path / "second").prepare()
    with Lake.write(second, zone="zhengzhou") as lake:
        tried = quarantine.apply_releases(
            lake,
            second,
            "zhengzhou",
            second.staging / "r",
            b"x" * 16,
            check=None,
            run_id="r",
            at=order("1")["app_at"],
        )
        assert tried == 0, "the row stays released"
        found = shortcomings(lake, "zhengzhou", order("1")["app_at"].date(), [digest], [])
        assert "TONGGUAN_LANDING" in found.warnings[-1]
    path = stored(second, digest)
    path.parent.mkdir()
    shutil.copy(stored(home, digest), path)
    with Lake.read(second) as lake:
        assert releases.elsewhere(lake, second, "zhengzhou") == 0


def test_documents_committed_meanwhile_are_seen_by_the_commit(shared, home, tmp_path):
    """The same order from two machines at once: the later commit finds it stored."""
    first, second = Stage(home, "one"), Stage(Home(tmp_path / "second"), "two")
    first.file("a.xml", "CEB311", [order("1")])
    second.file("b.xml", "CEB311", [order("1"), order("2")])
    second.write()
    with Lake.write(home, zone="zhengzhou") as lake:
        first.commit(lake)
    with Lake.write(second.home, zone="zhengzhou") as lake:
        summary = second.commit(lake)
    assert (summary.rows_accepted, summary.rows_duplicate) == (1, 1)


def test_an_embedded_lake_moves_with_its_history(running, home, monkeypatch, capsys):
    from benchmarks.compare import differences, fingerprint
    from flows.commands.move import move

    stage = Stage(home, "run")
    stage.file("o.xml", "CEB311", [order("1"), order("2")])
    at = order("1")["app_at"]
    with Lake.write(home) as lake:
        stage.commit(lake)
        lake.commit("t", "forget names", "r", lambda con: con.execute("DELETE FROM wh.ledger.file_names"))
        record.seal(lake, at.date(), "run", at)
        before, snapshots = fingerprint(lake), lake.snapshot()
    running.psql("CREATE DATABASE moved OWNER tongguan")
    settings = servers.environment(running.port, running.address, "moved")
    for name, value in {**settings, "TONGGUAN_DATA": f"s3://{servers.BUCKET}/moved"}.items():
        monkeypatch.setenv(name, value)
    move(home.path, as_json=True)
    assert f'"snapshots": {snapshots + 1}' in capsys.readouterr().out
    with Lake.read(home) as lake:
        assert differences(before, fingerprint(lake)) == []
        past = f"SELECT count(*) FROM wh.ledger.file_names AT (VERSION => {snapshots - 2})"
        assert lake.con.execute(past).fetchone() == (1,), "the past came along"
        assert record.verify(lake).problem is None
    with Lake.write(home, zone="zhengzhou") as lake:
        lake.commit("t", "more", "2", lambda con: con.execute(NOTE.format("zhengzhou", 2)))
    with Lake.write(home, zone=record.LOCK) as lake:
        assert record.seal(lake, at.date(), "next", at).added > 0, "the log goes on"
        assert record.verify(lake).problem is None
    with pytest.raises(UsageProblem, match="holds a warehouse already"):
        move(home.path)


def test_a_move_is_refused_where_files_are_missing_and_told_what_failed(running, home, tmp_path, monkeypatch):
    stage = Stage(home, "run")
    stage.file("o.xml", "CEB311", [order("1")])
    at = order("1")["app_at"]
    with Lake.write(home) as lake:
        stage.commit(lake)
        record.seal(lake, at.date(), "run", at)
    shutil.copytree(home.record, tmp_path / "record")
    elsewhere = home.data.rename(tmp_path / "elsewhere")
    running.psql("CREATE DATABASE apart OWNER tongguan")
    settings = servers.environment(running.port, running.address, "apart")
    with monkeypatch.context() as patch:
        for name, value in {**settings, "TONGGUAN_DATA": str(tmp_path / "mounted")}.items():
            patch.setenv(name, value)
        with pytest.raises(WarehouseMissingError, match=r"names the data file .* nothing was moved.* --data"):
            moving.move(home)
        with patch.context() as breaking:
            tables = moving._tables
            breaking.setattr(
                moving, "_tables", lambda con: {**tables(con), "ducklake_view": {"view_id": "DATE"}}
            )
            with pytest.raises(duckdb.Error, match="DATE"):
                moving.move(home, data=elsewhere)
        moved = moving.move(home, data=elsewhere)
        with Lake.write(home) as lake:
            assert record.verify(lake).problem is None
            lake.commit("t", "since", "2", lambda con: con.execute(NOTE.format("zhengzhou", 2)))
            assert record.seal(lake, at.date(), "2", at).added
    assert moved.files == len([each for each in elsewhere.rglob("*") if each.is_file()]) > 5

    # Back, as the runbook says: the old catalog and data, and the record of before.
    elsewhere.rename(home.data)
    with Lake.write(home) as lake, pytest.raises(RecordError, match="older than the log"):
        record.seal(lake, at.date(), "3", at)
    shutil.rmtree(home.record)
    shutil.copytree(tmp_path / "record", home.record)
    with Lake.write(home) as lake:
        assert record.verify(lake).problem is None
        lake.commit("t", "again", "3", lambda con: con.execute(NOTE.format("zhengzhou", 3)))
        assert record.seal(lake, at.date(), "3", at).added
        assert record.verify(lake).problem is None


def test_a_zone_is_backfilled_by_one_machine(shared, home, tmp_path):
    with book.only_one(home.path, "zhengzhou"):
        with book.only_one(tmp_path / "second", "xinxiang"):
            pass
        with (
            pytest.raises(UsageProblem, match="another machine"),
            book.only_one(tmp_path / "third", "zhengzhou"),
        ):
            pass
    with book.only_one(tmp_path / "third", "zhengzhou"):
        pass


def test_rewritten_files_do_not_narrow_what_is_believed_of_a_column(shared, home):
    rewrite(home)
    assert told(home) == EXPECTED
