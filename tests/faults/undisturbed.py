"""Tiny days, a client of the process that kills, and the comparison of a home with an undisturbed one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from sources.contracts import CONTRACTS
from sources.simulator import simulate
from sources.zone import Zone
from transforms.definitions import METRIC_TABLES
from warehouse import Home, Lake, record, sql
from warehouse.published import REVISIONS

ZONE = "zhengzhou"
DAYS = (date(2026, 11, 10), date(2026, 11, 11))
KINDS = ("CEB311", "CEB621", "CEB622")

#: Written down anew by every run, not figures: left out of the comparison. Log and checkpoints are verified instead.
OF_RUNS = {"ledger.runs", "ledger.checkpoints", "ledger.alerts", "ledger.maintenance", "ledger.migrations"}
#: Which run wrote a row: no two runs bear one name.
RUN_IDS = {"run_id", "batch_id", "quarantine_id"}
#: When a row was written: compared as whether it is there.
MOMENTS = {
    *("loaded_at", "last_loaded_at", "published_at", "landed_at", "seen_at", "pulled_at", "validated_at"),
    *("linked_at", "noted_at", "restated_at", "found_at", "reappeared_at", "vanished_at", "quarantined_at"),
    "delay_quarters",
}


def deliveries(folder: Path, lists: int = 6) -> dict[date, Path]:
    """Inboxes of two days, three kinds each; the second also brings the first one's receipts again, one cut off."""
    simulate(folder / "all", Zone.load(ZONE), DAYS[0], DAYS[-1], lists, 1, "csv", {})
    inboxes = {}
    for day in DAYS:
        inboxes[day] = folder / day.isoformat()
        inboxes[day].mkdir()
        for path in (folder / "all" / day.isoformat()).iterdir():
            if path.name.startswith(KINDS):
                path.rename(inboxes[day] / path.name)
    again = next(inboxes[DAYS[0]].glob("CEB622*"))
    lines = again.read_bytes().splitlines(keepends=True)
    (inboxes[DAYS[1]] / again.name).write_bytes(b"".join(lines[:-1]))
    return inboxes


class Mortal:
    """The process that forks and kills (mortal.py)."""

    def __init__(self, checked: Path, empty: Home, **environment: str) -> None:
        self.checked = checked
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("mortal.py")), str(empty.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "POLARS_MAX_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "TONGGUAN_THREADS": "1",
                "TONGGUAN_PII_KEY": "a key for tests of faults only",
                **environment,
            },
        )
        assert self._answer() == {"ready": True}

    def __call__(self, home: Path, day: date, inbox: Path, **job: Any) -> dict[str, Any]:
        """Have a child do a piece of a day; what it told, and whether it was killed."""
        job = {"home": str(home), "zone": ZONE, "day": day.isoformat(), "inbox": str(inbox), **job}
        job.setdefault("checked", str(self.checked / day.isoformat()))
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def whole(self, home: Path, day: date, inbox: Path, **job: Any) -> dict[str, Any]:
        """A day that is to come to its end."""
        answer = self(home, day, inbox, **job)
        assert answer.get("ended") == "done", answer.get("trace", answer)
        return answer

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the killing process ended with {self.process.wait()}"
        return dict(json.loads(line))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def tables(lake: Lake) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of the lake but those of runs, without times and names of runs."""
    columns: dict[str, list[str]] = {}
    for schema, table, column in lake.con.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE database_name = 'wh' AND schema_name IN "
        "('ledger', 'documents', 'core', 'quarantine', 'vintages', 'corrections') "
        "AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = 'wh') ORDER BY ALL"
    ).fetchall():
        columns.setdefault(f"{schema}.{table}", []).append(column)
    assert len(columns) > 40, sorted(columns)
    found = {}
    for table, names in columns.items():
        if table in OF_RUNS:
            continue
        chosen = [
            f"{sql.name(each)} IS NULL" if each in MOMENTS else sql.name(each)
            for each in names
            if each not in RUN_IDS
        ]
        found[table] = lake.con.execute(f"SELECT {', '.join(chosen)} FROM wh.{table} ORDER BY ALL").fetchall()
    return found


def state(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """`tables` of a home, after the record of it has been verified."""
    with Lake.read(Home(home)) as lake:
        proved = record.verify(lake)
        assert proved.problem is None, proved.problem
        assert proved.unsealed == 0
        return tables(lake)


def same(home: Path, undisturbed: Mapping[str, list[tuple[Any, ...]]]) -> None:
    """Every table holds what an undisturbed home holds, and the analysts' copy what the lake holds."""
    found = state(home)
    assert found.keys() == undisturbed.keys()
    for table, rows in undisturbed.items():
        assert found[table] == rows, table
    whole_copy(home)


def sound(home: Path, undisturbed: Mapping[tuple[Any, ...], int]) -> None:
    """What holds after every kill: files once and adding up, days published whole or not at all, a record that holds."""
    with Lake.read(Home(home)) as lake:
        (torn,) = lake.con.execute(
            "SELECT [count(*) - count(DISTINCT (zone, file_hash)), count(*) FILTER (rows_read IS DISTINCT FROM "
            "rows_accepted + rows_duplicate + rows_superseded + rows_quarantined)] FROM wh.ledger.files"
        ).fetchone()
        assert torn == [0, 0], "a file counted twice, or rows that do not add up"
        stored = " UNION ALL ".join(
            f"SELECT file_hash FROM wh.documents.{CONTRACTS[kind].table}" for kind in KINDS
        )
        (wrong,) = lake.con.execute(
            f"SELECT count(*) FROM (SELECT file_hash, count(*) AS n FROM ({stored}) GROUP BY 1) s "
            "FULL JOIN (FROM wh.ledger.files WHERE rows_accepted + rows_superseded > 0) f USING (file_hash) "
            "WHERE s.n IS DISTINCT FROM f.rows_accepted + f.rows_superseded"
        ).fetchone()
        assert wrong == 0, "documents without their file, or a file without its documents"
        published = set(
            lake.con.execute("SELECT business_date, vintage FROM wh.vintages.published").fetchall()
        )
        assert figures(lake) == {key: n for key, n in undisturbed.items() if key[1:] in published}


def figures(lake: Lake) -> dict[tuple[Any, ...], int]:
    """Rows by figure table, date and vintage."""
    return {
        (table, day, vintage): n
        for table, day, vintage, n in lake.con.execute(
            " UNION ALL ".join(
                f"SELECT {sql.literal(each)}, business_date, vintage, count(*) FROM wh.vintages.{each} GROUP BY ALL"
                for each in METRIC_TABLES
            )
        ).fetchall()
    }


def whole_copy(home: Path) -> None:
    """The analysts' copy has for each of its days the rows of the vintage it names, in every table."""
    with Lake.read(Home(home)) as lake, duckdb.connect(str(copy_of(home)), read_only=True) as copy:
        wanted = figures(lake)
        for table in METRIC_TABLES:
            for day, vintage, n in copy.execute(
                f"SELECT business_date, vintage, count(*) FROM metrics.{table} GROUP BY ALL"
            ).fetchall():
                assert wanted.pop((table, day, vintage)) == n, (table, day)
        for schema, table in (("metrics", "vintages"), REVISIONS):
            ours = lake.con.execute(f"FROM wh.{schema}.{table} ORDER BY ALL").fetchall()
            assert copy.execute(f"FROM {schema}.{table} ORDER BY ALL").fetchall() == ours, table
        named = set(
            copy.execute("SELECT business_date, max(vintage) FROM metrics.vintages GROUP BY 1").fetchall()
        )
        assert not {key for key in wanted if key[1:] in named}, "figures the copy lacks"


def copy_of(home: Path) -> Path:
    return Home(home).published / "analyst.duckdb"
