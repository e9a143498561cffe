"""Running backfills for tests: a few kinds of a few simulated days, tables compared, processes started for real."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from day_runs import run_stages

from sources.simulator import simulate
from sources.zone import Zone
from warehouse import Home, Lake
from warehouse.connection import ready

ZONE, FIRST, DAYS = "zhengzhou", date(2025, 3, 4), 3
EVERY = [FIRST + timedelta(days=each) for each in range(DAYS)]
#: Order, payment, waybill, customs list and its receipts: what lists, links and most figures need.
KINDS = ("CEB311", "CEB411", "CEB511", "CEB621", "CEB622")
KEY = "a key that only this test knows, 32 bytes"
#: Columns that say when and by which run a row was written.
STAMPS = ("published_at", "run_id", "loaded_at", "batch_id", "computed_by", "updated_at", "linked_at")


def extracts(out: Path, lists: int = 20, days: int = DAYS) -> Path:
    """A folder a day with the files of a few kinds, as `tongguan simulate` lays them out."""
    last = FIRST + timedelta(days=days - 1)
    simulate(out, Zone.load(ZONE), FIRST, last, lists, 7, "jsonl", {})
    for path in out.glob("*/*"):
        if not path.name.startswith(KINDS):
            path.unlink()
    return out


def daily_runs(home: Path, inbox: Path, days: list[date]) -> None:
    """What a backfill is held against: the days one after the other."""
    for day in days:
        run_stages(home, ZONE, day, inbox / day.isoformat())


def tables(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Contents of every core table, newest figures and findings, sorted, without stamps.

    Nor with how long documents took to be loaded, which follows the hour at which a run is started.
    """
    found = {}
    with Lake.read(Home(home)) as lake:
        names = lake.con.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'wh' "
            "AND schema_name IN ('core', 'vintages') UNION ALL SELECT 'ledger.findings' ORDER BY 1"
        ).fetchall()
        for (name,) in names:
            schema, _, table = name.partition(".")
            if table in ("definitions", "published", "revisions"):
                continue
            view = f"wh.metrics.{table}" if schema == "vintages" else f"wh.{name}"
            have = [each[0] for each in lake.con.execute(f"DESCRIBE {view}").fetchall()]
            kept = [each for each in have if each not in STAMPS and not each.endswith("_delay_h")]
            columns = ", ".join(f'"{each}"' for each in kept)
            found[name] = sorted(lake.con.execute(f"SELECT {columns} FROM {view}").fetchall(), key=repr)
    return found


def command(home: Path, *more: str, name: str = "backfill") -> list[str]:
    """The command line of a backfill of all days, or of another command with its own options."""
    span = ["--from", str(FIRST), "--to", str(EVERY[-1])] if name == "backfill" else []
    cli = [sys.executable, "-m", "flows.cli", name, "--zone", ZONE, "--home", str(home), "--json"]
    return [*cli, *span, *more]


def environment(prefect: Path) -> dict[str, str]:
    """Of a process started for a test; one Prefect home for all of them, made once."""
    return {**os.environ, "PREFECT_HOME": str(prefect), "TONGGUAN_PII_KEY": KEY}


def asked(home: Path, question: str) -> list[tuple[Any, ...]]:
    """A question to the lake; nothing where there is none yet."""
    if not ready(Home(home)):  # made, but not yet with all its tables
        return []
    with Lake.read(Home(home)) as lake:
        return lake.con.execute(question).fetchall()


def until(condition: Any, process: subprocess.Popen[str], seconds: float = 240) -> None:
    """Wait for a condition while a process runs."""
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)


def in_turn(*commands: list[str]) -> Iterator[subprocess.CompletedProcess[str]]:
    """Run commands one after the other."""
    for each in commands:
        yield subprocess.run(each, capture_output=True, text=True, check=False)
