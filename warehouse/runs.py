"""The record of runs: in the lake where a run changed it, beside the lake where it did not.

A run that changes nothing leaves no snapshot, so it cannot be a row of the lake; operators still want to
see that it ran. Such runs are lines of `runs.jsonl` in the home. Those that changed it have a line there too, which
tells one thing only: in which order runs ended, whatever the clock was set to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import sql
from warehouse.connection import Lake
from warehouse.home import Home


@dataclass(frozen=True)
class RunRecord:
    """One run of a zone and business date. `outcome`: ok, warnings or stopped; `stages`: seconds by stage."""

    run_id: str
    zone: str
    business_date: date
    started_at: datetime
    finished_at: datetime
    outcome: str
    stages: Mapping[str, float] = field(default_factory=dict)
    problems: Sequence[str] = ()


def finish(lake: Lake, record: RunRecord, *, changed: bool) -> None:
    """Keep a run in ledger.runs if it committed anything, else in the home's runs.jsonl."""
    if not changed:
        note_unchanged(lake.home, record)
        return
    values = ", ".join(
        sql.literal(each)
        for each in (
            record.run_id,
            record.zone,
            record.business_date,
            record.started_at,
            record.finished_at,
            record.outcome,
        )
    )
    stages = sql.literal(json.dumps(dict(record.stages)))

    def work(con: duckdb.DuckDBPyConnection) -> None:
        con.execute(
            f"INSERT INTO wh.ledger.runs VALUES ({values}, {stages}, {sql.literals(record.problems)}::VARCHAR[])"
        )

    lake.commit("tongguan", f"{record.zone}: run of {record.business_date}", record.run_id, work)
    with suppress(OSError):  # the run is kept; without the line its times tell the order
        _append(lake.home, {**_line(record), "changed": True})


def note_unchanged(home: Home, record: RunRecord) -> None:
    """Append a run that committed nothing to runs.jsonl; needs no lake, so a stopped run can use it too."""
    _append(home, _line(record))


def _line(record: RunRecord) -> dict[str, Any]:
    return {**asdict(record), "problems": list(record.problems)}


def _append(home: Home, line: Mapping[str, Any]) -> None:
    text = json.dumps(line, default=str, ensure_ascii=False) + "\n"
    with home.unchanged_runs.open("ab") as file:
        # A run that was killed, or found the disk full, while it wrote has left half a line: it ends here.
        file.write(b"" if _ends_whole(home.unchanged_runs) else b"\n")
        file.write(text.encode())


def unchanged(home: Home) -> list[dict[str, Any]]:
    """Runs that committed nothing, in the order in which they ended."""
    records = [each for each in _lines(home) if not each.get("changed")]
    for each in records:
        each["business_date"] = date.fromisoformat(each["business_date"])
        each["started_at"] = datetime.fromisoformat(each["started_at"])
        each["finished_at"] = datetime.fromisoformat(each["finished_at"])
    return records


def ended(home: Home) -> dict[str, int]:
    """The place of each run in the order in which runs ended here, by its id; runs of other machines have none."""
    return {each["run_id"]: place for place, each in enumerate(_lines(home))}


def _lines(home: Home) -> list[dict[str, Any]]:
    if not home.unchanged_runs.exists():
        return []
    return [each for line in home.unchanged_runs.read_bytes().splitlines() for each in _whole(line)]


def _ends_whole(path: Path) -> bool:
    size = path.stat().st_size
    if not size:
        return True
    with path.open("rb") as file:
        file.seek(size - 1)
        return file.read() == b"\n"


def _whole(line: bytes) -> Iterator[dict[str, Any]]:
    """The record in a line; none where the line was never written to its end, which its last brace tells."""
    if line.endswith(b"}"):
        try:
            yield json.loads(line)
        except ValueError:
            return  # half a line that happens to be cut after a brace
