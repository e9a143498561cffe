"""Maintenance: small after it what was large, and nobody who asks can tell."""

import os
import random
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from staged_runs import Stage, order
from test_asof import clock, link
from test_late_data import DAY, figures

from warehouse import Home, Lake, asof, landing, query, record, upkeep, vintages
from warehouse.errors import MaintenanceError, PolicyError, WarehouseMissingError
from warehouse.record.book import Book
from warehouse.upkeep import Policy, action, leftovers
from warehouse.upkeep import files as upkeep_files
from warehouse.upkeep import landed as upkeep_landed
from warehouse.upkeep.action import Task

ZONE = "zhengzhou"
QUIET = lambda _: None  # noqa: E731
LISTS = "SELECT business_date, lists, vintage FROM metrics.volume_daily"
ORDERS = "SELECT order_no, actural_paid FROM documents.import_orders ORDER BY ALL"
COMMITS = 4


@pytest.fixture(scope="module")
def grown(empty_home, tmp_path_factory):
    """Four runs that add an order to one day and publish it anew; the moments after each."""
    home = Home(tmp_path_factory.mktemp("grown") / "home")
    shutil.copytree(empty_home.path, home.path)
    moments = []
    with pytest.MonkeyPatch.context() as patch, Lake.write(home) as lake:
        patch.setattr(vintages, "METRIC_TABLES", {"volume_daily": vintages.METRIC_TABLES["volume_daily"]})
        for number in range(1, COMMITS + 1):
            stage = Stage(home, f"r{number}")
            stage.file(
                f"o{number}", "CEB311", [order(str(number))], reject={1: ["R1"]} if number == 4 else None
            )
            stage.commit(lake, clock())
            vintages.publish(lake, ZONE, f"r{number}", clock, figures(DAY, lists=number), [DAY])
            moments.append(clock())
        record.seal(lake, DAY, "r", clock())
    return home, moments


@pytest.fixture
def home(grown, tmp_path):
    shutil.copytree(grown[0].path, tmp_path / "home")
    (tmp_path / "home" / "maintenance.toml").write_text("month_files = 1")  # the months here have three
    return Home(tmp_path / "home")


def maintain(home, days, **more):
    """Maintenance as it would be this many days from now."""
    return upkeep.maintain(
        home, Policy.of(home), f"m{days}", clock() + timedelta(days=days), say=QUIET, **more
    )


def verified(home):
    with Lake.read(home) as lake:
        return record.verify(lake).problem


def data_files(home):
    return {path.relative_to(home.data) for path in home.data.rglob("*.parquet")}


def as_of(home, moment, question):
    with asof.standing(home, moment, question, link, QUIET) as con:
        return query.ask(con, question).to_pylist()


def done(result):
    return {each["action"]: each for each in result.actions}


@pytest.mark.long
def test_months_are_merged_expired_and_removed_and_every_answer_stays(grown, home):
    moments = grown[1]
    orders = next(iter((home.data / "documents" / "import_orders").iterdir()))
    wanted = [(as_of(home, each, LISTS), as_of(home, each, ORDERS)) for each in moments]
    assert [len(records) for _, records in wanted] == [1, 2, 3, 3]
    assert [rows[0]["lists"] for rows, _ in wanted] == [1, 2, 3, 4]

    first = done(maintain(home, 100))
    assert "documents.import_orders" in first["merge months"]["names"]
    assert first["expire snapshots"]["objects"] == 1, "one stretch"
    assert "remove replaced files" not in first, "readers may have opened them before"
    with Lake.read(home) as lake:
        live = lake.con.execute(
            "SELECT count(*) FROM ducklake_list_files('wh', 'import_orders', schema => 'documents')"
        ).fetchall()
        kept = lake.con.execute("SELECT count(*) FROM wh.snapshots()").fetchall()
    assert live == [(1,)]
    before = data_files(home)

    second = done(maintain(home, 103))
    assert second["remove replaced files"]["objects"] >= 3
    assert len(list(orders.rglob("*.parquet"))) == 1
    gone = before - data_files(home)
    assert {str(each) for each in gone} == set(second["remove replaced files"]["names"])
    assert kept[0][0] < 15
    assert verified(home) is None
    assert [(as_of(home, each, LISTS), as_of(home, each, ORDERS)) for each in moments] == wanted


READER = """
import sys
from warehouse import Home
from warehouse.connection import attached
with attached(Home(sys.argv[1])) as con:
    con.begin()
    for _ in range(2):
        print(len(con.execute("SELECT * FROM wh.documents.import_orders").fetchall()), flush=True)
        sys.stdin.readline()
"""


def test_a_reader_that_opened_before_keeps_reading(home):
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout.readline() == "3\n"
    result = maintain(home, 8)
    assert "documents.import_orders" in done(result)["merge months"]["names"]
    answer, _ = reader.communicate("\n\n")
    assert (answer, reader.returncode) == ("3\n", 0)


@pytest.mark.long
def test_within_the_retention_snapshots_stay(grown, home):
    assert "expire snapshots" not in done(maintain(home, 80))
    moments = grown[1]
    said = []
    with asof.standing(home, moments[1], ORDERS, link, said.append) as con:
        assert len(query.ask(con, ORDERS).to_pylist()) == 2
    assert "snapshot" in said[0]


@pytest.mark.long
def test_few_files_of_a_month_are_left(home):
    (home.path / "maintenance.toml").write_text("month_files = 40")
    assert "merge months" not in done(maintain(home, 1))


def test_landed_files_expire_but_for_those_a_release_needs(home):
    landed = sorted(path.name for path in home.landing.glob("*/*"))
    assert len(landed) == COMMITS
    result = maintain(home, 100)
    gone = done(result)["expire landed files"]
    left = [path.name for path in home.landing.glob("*/*")]
    assert sorted([*gone["names"], *left]) == landed and len(left) == 1
    assert [each for each in result.kept if left[0][:12] in each and "1 rows" in each]
    assert result.exit_code == 1
    assert verified(home) is None


@pytest.mark.long
def test_a_zone_says_how_long_its_landed_files_stay(home):
    policy = Policy.of(home, {ZONE: 200})
    at = clock() + timedelta(days=100)
    assert "expire landed files" not in done(upkeep.maintain(home, policy, "m", at, say=QUIET))
    other = upkeep.maintain(home, Policy.of(home), "m", at, zone="xinxiang", say=QUIET)
    assert "expire landed files" not in done(other)


def landing_of(home, digest):
    return home.landing / digest[:2] / digest


def planned(home, days, zone, policy):
    """What maintenance of a zone would expire this many days from now."""
    at = clock() + timedelta(days=days)
    with Lake.read(home) as lake:
        return upkeep_landed.LANDED.plan(Task(lake, policy, "m", at, zone)).names


def test_bytes_that_no_commit_knows_expire_whatever_zone_is_maintained(home):
    """A run that stopped left them, with personal data in clear: nobody knows whose they are, the longest policy holds."""
    left = landing_of(home, "ab" + "0" * 62)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"clear")
    policy = Policy(landed_days=90, landed_by_zone={"xinxiang": 120, ZONE: 30})
    assert left.name not in planned(home, 119, ZONE, policy)
    assert [left.name in planned(home, 121, each, policy) for each in (ZONE, "xinxiang", None)] == [True] * 3
    upkeep.maintain(home, policy, "m", clock() + timedelta(days=121), zone=ZONE, say=QUIET)
    assert not left.exists()


def test_bytes_that_another_zone_lands_again_are_left_to_it(home, tmp_path):
    """Past the time of the zone that has them, and before the other one has read them."""
    (copy,) = (path for path in home.landing.glob("*/*") if path.read_bytes().startswith(b"o1 "))
    (tmp_path / "again.xml").write_bytes(copy.read_bytes())
    past = (clock() - timedelta(days=100)).timestamp()

    def landed_by(zone):
        os.utime(copy, (past, past))
        with Lake.read(home) as lake:
            landing.land(home, [tmp_path / "again.xml"], "inbox", lake, zone=zone)

    days = 0.5
    policy = Policy(landed_days=0)
    landed_by(ZONE)
    assert copy.name in planned(home, days, ZONE, policy), "known to the zone: not read again"
    landed_by("xinxiang")
    assert copy.name not in planned(home, days, ZONE, policy)
    os.utime(copy, (past, past))
    with Lake.write(home) as lake:
        task = Task(lake, policy, "m", clock() + timedelta(days=days), ZONE)
        plan = upkeep_landed.LANDED.plan(task)
        assert copy.name in plan.names
        landed_by("xinxiang")
        assert copy.name not in upkeep_landed.LANDED.do(task, plan).names
    assert copy.exists()


def test_what_a_run_removes_meanwhile_is_not_there(home, monkeypatch):
    """Runs and analysts come and go in scratch and staging while maintenance looks at them."""
    folder = home.scratch / "link-r9"
    folder.mkdir()
    (folder / "x.parquet").write_bytes(b"four")
    inside = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda self: [*inside(self), self / "vanished"])
    assert action.size([folder, home.scratch / "gone"]) == 4
    assert action.newest(home.scratch / "gone") is None
    assert action.newest(folder) == max(folder.stat().st_mtime, (folder / "x.parquet").stat().st_mtime)
    monkeypatch.undo()
    with Lake.read(home) as lake:
        task = Task(lake, Policy(), "m", clock() + timedelta(days=8), None)
        plan = leftovers.STAGING.plan(task)
        assert "scratch/link-r9" in plan.names
        shutil.rmtree(folder)
        done = leftovers.STAGING.do(task, upkeep_files.Plan(["scratch/link-r9"]))
        assert (done.names, done.left) == ([], [])
        landed = upkeep_landed.LANDED.do(task, upkeep_files.Plan(["ab" + "0" * 62]))
        assert (landed.names, landed.bytes) == ([], 0)


def test_a_machine_that_keeps_no_record_looks_after_its_own_files_only(home, monkeypatch):
    log = Book.of(home).entries.read_bytes()
    with Lake.read(home) as lake:
        snapshots = lake.con.execute("SELECT count(*) FROM wh.snapshots()").fetchone()
    monkeypatch.setenv("TONGGUAN_RECORD", "off")
    assert done(maintain(home, 100)).keys() == {"expire landed files", "remove leftovers of runs"}
    monkeypatch.delenv("TONGGUAN_RECORD")
    assert Book.of(home).entries.read_bytes() == log
    with Lake.read(home) as lake:
        after = lake.con.execute("SELECT count(*) FROM wh.snapshots()").fetchone()
    assert after[0] > snapshots[0], "nothing expired, what was done is written down"
    with Lake.write(home) as lake:
        assert record.seal(lake, DAY, "keeper", clock()).added, "the keeper logs it with its next run"
    assert verified(home) is None


def test_half_files_of_a_landing_folder_of_its_own_go_too(home, tmp_path, monkeypatch):
    monkeypatch.setenv("TONGGUAN_LANDING", str(tmp_path / "landing"))
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / ".incoming-1").write_bytes(b"clear")
    assert (
        str(tmp_path / "landing" / ".incoming-1")
        in done(maintain(home, 8))["remove leftovers of runs"]["names"]
    )
    assert not (tmp_path / "landing" / ".incoming-1").exists()


def test_files_of_killed_runs_go_only_when_none_can_be_at_work(home):
    orphan = home.data / "documents" / "import_orders" / "ducklake-killed.parquet"
    orphan.write_bytes(b"half")
    (home.scratch / "link-r9").mkdir()
    (home.scratch / "link-r9" / "x.parquet").write_bytes(b"x")
    incoming = home.landing / ".incoming-1"
    incoming.write_bytes(b"clear")
    assert not {"remove orphaned files", "remove leftovers of runs"} & done(maintain(home, 1)).keys()
    assert orphan.exists() and incoming.exists()
    later = done(maintain(home, 8))
    assert later["remove orphaned files"]["names"] == ["documents/import_orders/ducklake-killed.parquet"]
    assert {"scratch/link-r9", "landing/.incoming-1", "staging/r1"} <= set(
        later["remove leftovers of runs"]["names"]
    )
    assert not (orphan.exists() or incoming.exists() or any(home.staging.iterdir()))
    assert verified(home) is None


def test_a_file_the_catalog_knows_is_never_removed(home, monkeypatch):
    with Lake.write(home) as lake:
        task = upkeep_files.Task(lake, Policy(), "m", clock(), None)
        known = str(home.data / next(iter(data_files(home))))
        monkeypatch.setattr(upkeep_files, "_call", lambda *_, **__: [known])
        plan = upkeep_files.ORPHANED.plan(task)
        with pytest.raises(MaintenanceError, match="catalog refers to"):
            upkeep_files.ORPHANED.do(task, plan)
    assert Path(known).exists()


@pytest.mark.long
def test_a_dry_run_changes_nothing_and_says_it_all(home):
    def everything():
        return {path: path.stat().st_mtime_ns for path in home.path.rglob("*") if "catalog" not in path.name}

    with Lake.read(home) as lake:
        snapshot = lake.snapshot()
    before = everything()
    planned = done(maintain(home, 100, dry=True))
    assert {"merge months", "expire snapshots", "expire landed files"} <= planned.keys()
    with Lake.read(home) as lake:
        assert lake.snapshot() == snapshot
    assert everything() == before


@pytest.mark.long
def test_every_action_is_written_down_before_and_after(home):
    maintain(home, 100)
    with Lake.read(home) as lake:
        rows = lake.con.execute(
            "SELECT state, action, objects, len(names), bytes > 0 FROM wh.ledger.maintenance "
            "WHERE action LIKE 'expire landed%' ORDER BY state DESC"
        ).fetchall()
        authors = lake.con.execute(
            "SELECT DISTINCT author FROM wh.snapshots() WHERE commit_message LIKE 'maintenance%'"
        ).fetchall()
    assert rows == [(state, "expire landed files", 3, 3, True) for state in ("planned", "done")]
    assert authors == [("tongguan maintenance",)]


@pytest.mark.long
def test_nothing_due_leaves_no_snapshot(home):
    maintain(home, 0)
    with Lake.read(home) as lake:
        before = lake.snapshot()
    result = maintain(home, 0)
    assert [each for each in result.actions if each["action"] != "compact the catalog"] == []
    with Lake.read(home) as lake:
        assert lake.snapshot() == before


def test_a_home_without_a_warehouse_is_refused_and_none_is_made(tmp_path):
    with pytest.raises(WarehouseMissingError, match="no warehouse in"):
        upkeep.maintain(Home(tmp_path / "typo"), Policy(), "m", clock(), say=QUIET)
    assert not (tmp_path / "typo").exists()


def test_a_policy_that_cannot_be_meant_is_named(home):
    (home.path / "maintenance.toml").write_text("replaced_days = 0")
    with pytest.raises(PolicyError, match="replaced_days must be a whole number of at least 1"):
        Policy.of(home)
    (home.path / "maintenance.toml").write_text("snapshot_days = 30")
    with pytest.raises(PolicyError, match="snapshot_days is not a known key; there are: snapshots_days"):
        Policy.of(home)


MAINTAINER = """
import sys
from datetime import datetime, timedelta
from warehouse import Home, upkeep
from warehouse.upkeep import Policy
home = Home(sys.argv[1])
print("begin", flush=True)
upkeep.maintain(home, Policy.of(home), "killed", datetime.now() + timedelta(days=float(sys.argv[2])), say=print)
"""


@pytest.mark.long
def test_killed_anywhere_in_maintenance_the_lake_verifies_and_answers_as_before(grown, home, tmp_path):
    moments = grown[1]
    wanted = [(as_of(home, each, LISTS), as_of(home, each, ORDERS)) for each in moments]
    original, killed = tmp_path / "original", 0
    shutil.copytree(home.path, original)
    for number in range(12):
        if number % 4 == 0:  # begin anew: so that early moments are met again
            shutil.rmtree(home.path)
            shutil.copytree(original, home.path)
        child = subprocess.Popen(
            [sys.executable, "-c", MAINTAINER, str(home.path), str(100 + 3 * number)], stdout=subprocess.PIPE
        )
        child.stdout.readline()
        time.sleep(random.Random(number).uniform(0.05, 1.5))
        child.kill()
        killed += child.wait() == -9
        child.stdout.close()
        assert verified(home) is None
    assert killed >= 6, "too few were met at work"
    assert [(as_of(home, each, LISTS), as_of(home, each, ORDERS)) for each in moments] == wanted
    maintain(home, 200)
    assert verified(home) is None
    assert [(as_of(home, each, LISTS), as_of(home, each, ORDERS)) for each in moments] == wanted
