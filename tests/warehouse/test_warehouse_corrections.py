"""Corrections through link and measure: vintages with their reason, figures back after withdrawal, guards."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest
from staged_runs import Stage, at, import_list, receipt
from typer.testing import CliRunner

from flows import stages
from flows.cli import app
from sources.corrections import load
from sources.zone import FOLDER_VARIABLE, zones_folder
from transforms.families import Read
from warehouse import Home, Lake, corrections, measuring
from warehouse.errors import CorrectionError

DAY = date(2026, 11, 11)


@pytest.fixture(autouse=True)
def zones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Zone files of our own, so that corrections can be declared."""
    folder = tmp_path / "zones"
    shutil.copytree(zones_folder(), folder)
    (folder / "corrections" / "zhengzhou").mkdir(parents=True, exist_ok=True)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    return folder / "corrections" / "zhengzhou"


def declare(
    folder: Path, name: str, action: str, select: str, documents: int, set_: str = "", status: str = "active"
) -> None:
    (folder / f"{name}.toml").write_text(
        f'id = "{name}"\nstatus = "{status}"\naction = "{action}"\nreason = "known error"\n'
        'reporter = "single window"\nreported = 2026-11-12\n'
        f"[select]\nfirst = 2026-11-10\nlast = 2026-11-12\n{select}\n"
        + (f"[set]\n{set_}\n" if set_ else "")
        + f"[expect]\ndocuments = {documents}\n",
        encoding="utf-8",
    )


CLOCK = 'kind = "CEB622"\nfields = { copNo = "C-1", returnStatus = "800" }'
RIGHT_TIME = "returnTime = 2026-11-11T09:00:00"


def documents(numbers: str) -> list[tuple[str, dict[str, object]]]:
    """Lists accepted at 08:10 and released at 12:10 on the day."""
    return [
        each
        for number in numbers
        for each in (
            ("CEB621", import_list(number)),
            ("CEB622", receipt(number, "120", "11 08:10")),
            ("CEB622", receipt(number, "800", "11 12:10")),
        )
    ]


def load_files(home: Home, run: str, rows: list[tuple[str, dict[str, object]]]) -> None:
    with Lake.write(home) as lake:
        stage = Stage(home, run)
        for kind in sorted({kind for kind, _ in rows}):
            stage.file(f"{run}-{kind}", kind, [row for each, row in rows if each == kind])
        stage.commit(lake)


def run(home: Home) -> list[tuple[date, int]]:
    """Link and measure, as a run of the day does; returns the new vintages."""
    started = stages.begin(home.path, "zhengzhou", DAY)
    stages.link(started)
    return stages.measure(started)


def link(home: Home) -> None:
    stages.link(stages.begin(home.path, "zhengzhou", DAY))


def touched(home: Home) -> list[tuple[object, ...]]:
    """Dates that wait to be restated, with the reason; taken off the list."""
    with Lake.write(home) as lake:
        found = lake.con.execute(
            "SELECT DISTINCT business_date::VARCHAR, reason FROM wh.ledger.touched_dates ORDER BY 1"
        ).fetchall()
        lake.con.execute("DELETE FROM wh.ledger.touched_dates")
    return found


def lists(home: Home) -> list[tuple[object, ...]]:
    return ask(home, "SELECT order_no, released_at, closed_at FROM wh.core.lists ORDER BY 1")


def ask(home: Home, question: str) -> list[tuple[object, ...]]:
    with Lake.read(home) as lake:
        return lake.con.execute(question).fetchall()


@pytest.mark.long
def test_an_override_restates_the_day_and_its_withdrawal_brings_the_figures_back(
    home: Home, zones: Path
) -> None:
    load_files(home, "r1", documents("12345"))
    assert run(home) == [(DAY, 1)]
    declare(zones, "clock", "override", CLOCK, 1, RIGHT_TIME)
    assert run(home) == [(DAY, 2)]
    before = ask(home, "SELECT max(snapshot_id) FROM wh.snapshots()")
    link(home)
    assert ask(home, "SELECT max(snapshot_id) FROM wh.snapshots()") == before  # nothing new, nothing written
    declare(zones, "clock", "override", CLOCK, 1, RIGHT_TIME, status="withdrawn")
    assert run(home) == [(DAY, 3)]

    with Lake.read(home) as lake:
        found = lake.con.execute(
            "SELECT vintage, reason, n, mean_h, max_h FROM wh.vintages.clearance_daily "
            "JOIN wh.vintages.published USING (zone, business_date, vintage) "
            "WHERE basis = 'release' AND measure = 'customs_gross' AND flow = 'all' AND mode = 'all' "
            "AND office = 'all' ORDER BY vintage"
        ).fetchall()
        stored = lake.con.execute(
            "SELECT max(return_at) FROM wh.documents.import_list_receipts WHERE cop_no = 'C-1'"
        ).fetchall()
        kept = lake.con.execute(
            "SELECT status, documents FROM wh.ledger.corrections ORDER BY applied_at"
        ).fetchall()
    assert found == [
        (1, "publication", 5, 4.0, 4.0),
        (2, "correction", 5, pytest.approx((4 * 4 + 50 / 60) / 5), 4.0),  # 08:10 to 09:00 instead of 12:10
        (3, "correction", 5, 4.0, 4.0),
    ]
    assert stored == [(at("11 12:10"),)]  # stored documents stay as they are
    assert kept == [("active", 1), ("withdrawn", 1)]


@pytest.mark.long
def test_dropped_lists_are_out_until_the_correction_is_withdrawn(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("12345"))
    link(home)
    whole = lists(home)
    assert touched(home) == [("2026-11-11", "late data")]
    declare(zones, "twins", "drop", 'kind = "CEB621"\nfields = { orderNo = ["4", "5"] }', 2)
    link(home)
    assert touched(home) == [("2026-11-11", "correction")]
    assert lists(home) == whole[:3]
    assert ask(home, "SELECT count(DISTINCT order_no) FROM wh.core.list_events") == [(3,)]
    assert ask(home, "SELECT lists::INT FROM wh.core.partitions") == [(3,)]

    load_files(home, "r2", [("CEB622", receipt("5", "899", "12 08:00"))])  # late, for a dropped list
    link(home)
    assert lists(home) == whole[:3]

    selected = 'kind = "CEB621"\nfields = { orderNo = ["4", "5"] }'
    declare(zones, "twins", "drop", selected, 2, status="withdrawn")
    link(home)
    assert lists(home) == [*whole[:4], ("5", at("11 12:10"), at("12 08:00"))]
    kept = ask(home, "SELECT status, documents FROM wh.ledger.corrections ORDER BY applied_at")
    assert kept == [("active", 2), ("withdrawn", 2)]
    (zones / "twins.toml").unlink()
    link(home)
    kept = ask(home, "SELECT status, documents FROM wh.ledger.corrections ORDER BY applied_at")
    assert kept == [("active", 2), ("withdrawn", 2), ("removed", 2)]


@pytest.mark.long
def test_flags_and_proposals_change_no_list_but_are_counted(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("123"))
    link(home)
    before, _ = lists(home), touched(home)
    declare(zones, "odd", "flag", 'kind = "CEB622"\nfields = { returnStatus = "800" }', 3)
    declare(zones, "clock", "override", CLOCK, 7, RIGHT_TIME, status="proposed")
    link(home)
    assert (lists(home), touched(home)) == (before, [])
    with Lake.read(home) as lake:
        assert corrections.sentences(lake.con, "zhengzhou") == [
            "odd marks 3 documents of CEB622: known error (single window, 2026-11-12)"
        ]
        kept = [
            (each["correction_id"], each["status"], each["documents"])
            for each in corrections.records(lake.con, "zhengzhou")
        ]
    assert kept == [("clock", "proposed", 1), ("odd", "active", 3)]
    with duckdb.connect(str(stages.publish(stages.begin(home.path, "zhengzhou", DAY)))) as copy:
        assert copy.execute("SELECT count(*) FROM ledger.corrections").fetchall() == [(2,)]


def test_a_guard_that_does_not_hold_stops_the_run_before_anything_is_linked(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("12"))
    declare(zones, "clock", "override", CLOCK, 2, RIGHT_TIME)
    with pytest.raises(CorrectionError) as stopped:
        link(home)
    said = str(stopped.value)
    assert said.startswith(
        "corrections/zhengzhou/clock.toml: correction 'clock' expects 2 documents of CEB622"
    )
    assert "1 match" in said
    assert 'status = "withdrawn"' in said
    assert ask(home, "SELECT count(*) FROM wh.core.lists") == [(0,)]


def test_a_correction_in_force_does_not_go_with_its_file(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("12"))
    declare(zones, "twins", "drop", 'kind = "CEB621"\nfields = { orderNo = "2" }', 1)
    link(home)
    assert [number for number, *_ in lists(home)] == ["1"]
    (zones / "twins.toml").unlink()
    with pytest.raises(CorrectionError, match=r"zhengzhou/twins\.toml is not there, .* 'twins' is in force"):
        link(home)
    assert [number for number, *_ in lists(home)] == ["1"]
    assert (
        CliRunner().invoke(app, ["corrections", "--zone", "zhengzhou", "--home", str(home.path)]).exit_code
        == 1
    )
    declare(zones, "twins", "drop", 'kind = "CEB621"\nfields = { orderNo = "2" }', 1, status="withdrawn")
    link(home)
    assert [number for number, *_ in lists(home)] == ["1", "2"]


def test_what_an_active_correction_must_meet(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("12"))
    for set_, guard, says in (
        ('copNo = "C-9"', "documents = 1", "sets cop_no, by which documents find each other"),
        ("returnTime = 2026-12-31T09:00:00", "documents = 1", "more than 30 days away"),
        (
            RIGHT_TIME,
            'fields = { agentCode = "AG2" }',
            "agent_code to be AG2 in all of them, 1 of 1 match hold",
        ),
        (RIGHT_TIME, "documents = 2", "expects 2 documents of CEB622, 1 match"),
    ):
        declare(zones, "clock", "override", CLOCK, 1, set_)
        path = zones / "clock.toml"
        path.write_text(path.read_text().replace("documents = 1", guard))
        with Lake.read(home) as lake, pytest.raises(CorrectionError, match=says):
            corrections.change(lake, "zhengzhou", load("zhengzhou"))


@pytest.mark.long
def test_late_data_and_a_correction_in_one_run_are_told_apart(home: Home, zones: Path) -> None:
    load_files(home, "r1", documents("12"))
    load_files(home, "r2", [("CEB621", import_list("8", "12 08:00"))])
    link(home)
    touched(home)
    declare(zones, "clock", "override", CLOCK, 1, RIGHT_TIME)
    load_files(home, "r3", [("CEB622", receipt("8", "800", "12 15:00"))])
    link(home)
    assert touched(home) == [("2026-11-11", "correction"), ("2026-11-12", "late data")]


@pytest.mark.long
def test_documents_that_figures_read_directly_are_corrected_too(
    home: Home, zones: Path, tmp_path: Path
) -> None:
    rows = [("CEB622", receipt(number, "800", "11 12:10")) for number in "123"]
    rows.append(("CEB622", receipt("4", "800", "12 12:10")))
    load_files(home, "r1", rows)
    declare(zones, "out", "drop", 'kind = "CEB622"\nfields = { copNo = "C-2" }', 1)
    declare(zones, "clock", "override", CLOCK, 1, "returnTime = 2026-11-10T09:00:00")
    link(home)
    with Lake.read(home) as lake:
        reads = [Read("documents.import_list_receipts", ("guid", "return_at"))]
        chosen = corrections.in_force(lake, "zhengzhou")
        found = {
            day: measuring.rows_for(
                lake, "zhengzhou", [date(2026, 11, day)], reads, tmp_path, chosen
            ).collect()
            for day in (10, 11, 12)
        }
    assert {day: sorted(frame["guid"]) for day, frame in found.items()} == {
        10: ["L-1"],
        11: ["L-3"],
        12: ["L-4"],
    }
    assert found[10]["return_at"].to_list() == [datetime(2026, 11, 10, 9)]
    assert found[10].columns == ["zone", "business_date", "guid", "return_at"]
