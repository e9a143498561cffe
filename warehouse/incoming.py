"""What the stages before the commit left in a run's folder, as one small table of files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sources import beijing
from sources.staging import LandedFile, ReadOutcome, Refusal, load_landed, load_outcomes
from warehouse import sql
from warehouse.errors import StagingError
from warehouse.handover import temporary_table

_FILES_SCHEMA: dict[str, Any] = {
    "file_hash": pl.String(),
    "names": pl.List(pl.String()),
    "source": pl.String(),
    "kind": pl.String(),
    "format": pl.String(),
    "bytes": pl.Int64(),
    "lines": pl.Int64(),
    "rows_read": pl.Int64(),
    "amount_total": pl.Decimal(38, 5),
    "first_error": pl.String(),
    "first_error_line": pl.Int64(),
    "unknown_fields": pl.List(pl.String()),
    "status": pl.String(),
    "archive_hash": pl.String(),
    "landed_at": pl.Datetime("us"),
}


@dataclass(frozen=True)
class Refused:
    """A file that is not loaded, for the report of the day."""

    name: str
    rule: str
    message: str
    line: int | None


@dataclass(frozen=True)
class Incoming:
    """The new files of a run, their staged parts by kind, and names of files already known."""

    files: pl.DataFrame
    parts: dict[str, list[Path]]
    names: pl.DataFrame  # file_hash, name
    refused: tuple[Refused, ...]
    run_dir: Path

    @property
    def rejected(self) -> Path:
        """Rows the gate set aside."""
        return self.run_dir / "rejected.parquet"

    @property
    def findings(self) -> Path:
        """Rules broken, row by row."""
        return self.run_dir / "findings.parquet"

    def rejected_kinds(self, con: duckdb.DuckDBPyConnection) -> frozenset[str]:
        """Kinds of which the gate set rows aside."""
        if not self.parts:
            return frozenset()
        rows = con.execute(f"SELECT DISTINCT kind FROM {sql.parquet([self.rejected])}").fetchall()
        return frozenset(kind for (kind,) in rows)

    def validations(self) -> list[dict[str, Any]]:
        """Results of the checks, as the gate wrote them."""
        path = self.run_dir / "validations.json"
        if not self.parts and not path.exists():
            return []
        records = json.loads(path.read_text())
        if not isinstance(records, list):
            raise StagingError(f"{path}: expected a list of results")
        return records

    def register(self, con: duckdb.DuckDBPyConnection) -> None:
        """Make the temporary tables `incoming_files` and `incoming_names`."""
        for name, frame in (("incoming_files", self.files), ("incoming_names", self.names)):
            temporary_table(con, name, frame, self.run_dir)


def load(run_dir: Path) -> Incoming:
    """Read landed.json and outcomes.json of a run. Raises StagingError where they do not fit together."""
    landed = load_landed(run_dir / "landed.json")
    outcomes = {each.file_hash: each for each in load_outcomes(run_dir / "outcomes.json")}
    rows, refused = [], []
    parts: dict[str, list[Path]] = {}
    for file in landed:
        if file.known:
            continue
        outcome = _outcome(file, outcomes)
        if outcome.refusal:
            refused.append(
                Refused(file.names[0], outcome.refusal.rule, outcome.refusal.message, outcome.refusal.line)
            )
        elif outcome.part and outcome.kind and outcome.rows:
            parts.setdefault(outcome.kind, []).append(run_dir / outcome.part)
        rows.append(_row(file, outcome))
    rows.extend(_archives(landed))
    names = [(file.file_hash, name) for file in landed for name in file.names]
    names += [
        (row["file_hash"], name) for row in rows if row["status"] == "unpacked" for name in row["names"]
    ]
    incoming = Incoming(
        pl.DataFrame(rows, schema=_FILES_SCHEMA),
        parts,
        pl.DataFrame(names, schema={"file_hash": pl.String(), "name": pl.String()}, orient="row"),
        tuple(refused),
        run_dir,
    )
    for needed in (incoming.rejected, incoming.findings, run_dir / "validations.json"):
        if parts and not needed.exists():
            raise StagingError(
                f"{needed.name} is missing in {run_dir}: validate the documents before the commit"
            )
    return incoming


def _outcome(file: LandedFile, outcomes: dict[str, ReadOutcome]) -> ReadOutcome:
    if file.refusal:
        return ReadOutcome(file.file_hash, None, None, refusal=file.refusal)
    if file.file_hash not in outcomes:
        raise StagingError(f"{file.names[0]} was landed but not read: run the reading stage again")
    return outcomes[file.file_hash]


def _row(file: LandedFile, outcome: ReadOutcome) -> dict[str, Any]:
    refusal: Refusal | None = outcome.refusal
    loaded = refusal is None and outcome.kind is not None
    return {
        "file_hash": file.file_hash,
        "names": list(file.names),
        "source": file.source,
        "kind": outcome.kind,
        "format": outcome.format,
        "bytes": file.bytes,
        "lines": outcome.lines,
        # A refused file has no rows: what it may hold was never read completely.
        "rows_read": outcome.rows if loaded else 0,
        "amount_total": outcome.amount_total if loaded else 0,
        "first_error": f"{refusal.rule}: {refusal.message}" if refusal else None,
        "first_error_line": refusal.line if refusal else None,
        "unknown_fields": list(outcome.unknown_fields),
        "status": "refused" if refusal else "loaded" if loaded else "ignored",
        "archive_hash": file.archive_hash,
        "landed_at": _landed_at(Path(file.path)),
    }


def _archives(landed: list[LandedFile]) -> Iterator[dict[str, Any]]:
    """The archives that members came out of are files of their own, without rows."""
    seen: set[str] = set()
    for member in landed:
        digest = member.archive_hash
        if digest is None or digest in seen:
            continue
        seen.add(digest)
        path = Path(member.path).parents[1] / digest[:2] / digest
        yield {
            **dict.fromkeys(_FILES_SCHEMA),
            "file_hash": digest,
            "names": [member.names[0].rpartition("!")[0]],
            "source": member.source,
            "bytes": path.stat().st_size,
            "lines": 0,
            "rows_read": 0,
            "amount_total": 0,
            "unknown_fields": [],
            "status": "unpacked",
            "landed_at": _landed_at(path),
        }


def _landed_at(path: Path) -> datetime:
    return beijing.from_seconds(path.stat().st_mtime)
