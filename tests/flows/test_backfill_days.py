"""Backfills for real: killed, failing, beside a daily run, over Dask (uv run pytest -m long, with this file)."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from backfills import (
    EVERY,
    FIRST,
    KEY,
    ZONE,
    asked,
    command,
    daily_runs,
    environment,
    extracts,
    tables,
    until,
)

from expectations import gate
from transforms.metric_tables import METRIC_TABLES
from warehouse import Home, Lake

pytestmark = pytest.mark.long
DONE = f"SELECT business_date FROM wh.ledger.backfill_days WHERE outcome = 'done' AND zone = '{ZONE}'"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extracts(tmp_path_factory.mktemp("inbox") / "x")


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One Prefect home for all processes, since making it takes longest."""
    yield tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory, empty_home: Home, inbox: Path) -> dict[str, Any]:
    """The tables after daily runs, one after the other."""
    home = tmp_path_factory.mktemp("daily") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGGUAN_PII_KEY", KEY)
        daily_runs(home, inbox, EVERY)
        return tables(home)


def start(arguments: list[str], prefect: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        arguments, env=environment(prefect), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def result(process: "subprocess.Popen[str]", code: int) -> dict[str, Any]:
    out, err = process.communicate(timeout=400)
    assert process.returncode == code, (out, err)
    answer: dict[str, Any] = json.loads(out)
    return answer


def differing(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    return [name for name in left.keys() | right.keys() if left.get(name) != right.get(name)]


def test_killed_and_started_again_it_gives_what_daily_runs_give(
    tmp_path: Path, inbox: Path, prefect: Path, daily: dict[str, Any]
) -> None:
    home = tmp_path / "home"
    arguments = command(home, "--inbox", str(inbox), "--reason", "a test", "--workers", "1")
    killed = start(arguments, prefect)
    until(lambda: asked(home, DONE), killed)
    killed.kill()
    killed.wait()
    before = {day for (day,) in asked(home, DONE)}
    assert before and before != set(EVERY), "killed in the middle"

    again = result(start(arguments, prefect), 1)  # the first days of a zone have gaps
    assert (again["skipped"], again["failed"]) == ([str(day) for day in sorted(before)], {})
    assert again["done"] == [str(day) for day in EVERY if day not in before]
    assert differing(tables(home), daily) == []
    kept = asked(home, "SELECT outcome, reason, days_done FROM wh.ledger.backfills ORDER BY started_at")
    assert kept == [("interrupted", "a test", 0), ("done", "a test", len(EVERY) - len(before))]

    third = result(start(arguments, prefect), 0)
    assert (third["done"], len(third["skipped"])) == ([], len(EVERY)), "nothing changed, nothing is done"


def test_beside_a_daily_run_and_a_reader_who_never_sees_part_of_a_day(
    tmp_path: Path, inbox: Path, prefect: Path, daily: dict[str, Any]
) -> None:
    home = tmp_path / "home"
    with Lake.write(Home(home)):
        pass
    seen: set[tuple[Any, ...]] = set()
    waits: list[float] = []
    over = threading.Event()
    counts = " UNION ALL ".join(
        f"SELECT '{name}' AS name, business_date, vintage FROM wh.metrics.{name} GROUP BY ALL"
        for name in METRIC_TABLES
    )
    question = f"SELECT business_date, vintage, count(*) AS tables FROM ({counts}) GROUP BY ALL"

    def poll() -> None:
        while not over.is_set():
            began = time.monotonic()
            seen.update(asked(home, question))
            waits.append(time.monotonic() - began)

    reader = threading.Thread(target=poll)
    backfill = start(command(home, "--inbox", str(inbox)), prefect)
    late = inbox / str(EVERY[-1])
    run = start(command(home, "--date", str(EVERY[-1]), "--inbox", str(late), name="run"), prefect)
    reader.start()
    try:
        one, other = result(backfill, 1), result(run, 1)
    finally:
        over.set()
        reader.join()
    assert (one["failed"], len(one["done"])) == ({}, len(EVERY))
    assert other["business_date"] == str(EVERY[-1])
    files = asked(home, "SELECT file_hash FROM wh.ledger.files GROUP BY ALL HAVING count(*) > 1")
    assert files == [], "each file once, whoever came first"
    figures = " UNION ALL ".join(
        f"SELECT '{name}' AS name, business_date, vintage FROM wh.vintages.{name} GROUP BY ALL"
        for name in METRIC_TABLES
    )
    whole = set(
        asked(home, f"SELECT business_date, vintage, count(*) AS tables FROM ({figures}) GROUP BY ALL")
    )
    assert seen and seen <= whole, "every day that was seen was seen with all its tables"
    assert len(waits) > 3


def test_a_day_whose_check_breaks_is_listed_and_the_rest_is_done(
    tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TONGGUAN_PII_KEY", KEY)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    from flows.backfill import backfill
    from flows.ending import outcome

    real, broken = gate.Checks.validate, EVERY[1]

    def validate(self: gate.Checks) -> None:
        if self.staged["CEB621"].days == (broken, broken):
            self.con.execute("DROP VIEW stage.import_lists")  # what the checks read is gone
        real(self)

    monkeypatch.setattr(gate.Checks, "validate", validate)
    given = {
        "zone": ZONE,
        "first": FIRST,
        "last": EVERY[-1],
        "inbox": str(inbox),
        "home": str(tmp_path / "h"),
    }
    state = backfill(**given, return_state=True)
    assert state.is_failed() and str(broken) in state.message, "a backfill with failed days is red"
    report = outcome(state)
    assert [each.day for each in report.of("done")] == [EVERY[0], EVERY[2]]
    assert [each.startswith(f"{broken}: ") and "check" in each for each in report.failures] == [True]
    assert report.exit_code == 1
    monkeypatch.setattr(gate.Checks, "validate", real)
    again = outcome(backfill(**given, return_state=True))
    assert [each.day for each in again.of("done")] == [broken], "only what failed is done again"


@pytest.fixture
def scheduler(prefect: Path) -> Iterator[str]:
    """A Dask scheduler and two workers, each a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    dask = [sys.executable, "-m", "dask"]
    port = address.rpartition(":")[2]
    quiet: dict[str, Any] = {
        "env": environment(prefect),
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    started = [
        subprocess.Popen(
            [*dask, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"], **quiet
        )
    ]
    started += [
        subprocess.Popen([*dask, "worker", address, "--nthreads", "1", "--no-dashboard"], **quiet)
        for _ in range(2)
    ]
    try:
        yield address
    finally:
        for each in reversed(started):
            each.terminate()
            each.wait(timeout=30)


def test_dask_workers_prepare_what_threads_prepare(
    tmp_path: Path, inbox: Path, prefect: Path, daily: dict[str, Any], scheduler: str
) -> None:
    home = tmp_path / "home"
    more = ["--inbox", str(inbox), "--runner", "dask", "--address", scheduler, "--workers", "2"]
    report = result(start(command(home, *more), prefect), 1)
    assert (report["runner"], report["failed"], len(report["done"])) == ("dask", {}, len(EVERY))
    assert differing(tables(home), daily) == []
