"""Taking released quarantine rows in again: read anew from the landed file, mended, checked, stored."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from sources.contracts import CONTRACTS
from sources.readers import read_files
from sources.readers.stage import amount_of
from sources.staging import LandedFile, ReadOutcome, save
from warehouse import documents, ledger, mending, sql, touched
from warehouse import incoming as staging
from warehouse.classify import Staged
from warehouse.connection import Lake
from warehouse.errors import ConservationError, StagingError
from warehouse.handover import temporary_table
from warehouse.home import Home
from warehouse.landing import stored
from warehouse.window import extents

#: Checks the staged rows of a folder and writes its rejected.parquet, findings.parquet, validations.json.
Check = Callable[[duckdb.DuckDBPyConnection, Path], object]


@dataclass(frozen=True)
class _Pending:
    """One row to take in again."""

    release_id: str
    file_hash: str
    row_no: int
    overrides: dict[str, str]


def apply_releases(
    lake: Lake, home: Home, zone: str, run_dir: Path, key: bytes, *, check: Check, run_id: str, at: datetime
) -> int:
    """Try every pending release of the zone; returns how many rows were taken in.

    A row that passes moves from quarantined to accepted (or duplicate, superseded) in the counts of its
    file, in the same transaction as its document; what mending added to the amounts stands in
    `amount_mended`. A row whose landed bytes are not on this machine waits for the one that has them
    (`elsewhere`). A row that fails again stays in quarantine, open, with its new reasons. Nothing
    pending leaves no snapshot.
    """
    pending = [each for each in _pending(lake, zone) if stored(home, each.file_hash).exists()]
    if not pending:
        return 0
    folder = run_dir / "released"
    originals = _stage(lake, home, zone, folder, key, pending)
    check(lake.con, folder)
    incoming = staging.load(folder)
    batch_id = f"{run_id}-released"

    def work(con: duckdb.DuckDBPyConnection) -> int:
        incoming.register(con)
        temporary_table(con, "originals", originals, folder)
        ledger.prepare_tallies(con)
        con.execute("CREATE OR REPLACE TEMP TABLE tried (file_hash VARCHAR, row_no BIGINT, class VARCHAR)")
        stored = extents(con, zone)
        for kind, parts in sorted(incoming.parts.items()):
            staged = Staged(CONTRACTS[kind], parts, incoming.rejected, zone, stored.get(kind))
            documents.store(con, staged, batch_id, at)
            con.execute(
                "INSERT INTO tried SELECT file_hash, row_no, coalesce(class, 'accepted') "
                f"FROM {staged.scan} LEFT JOIN classes USING (file_hash, row_no)"
            )
        ledger.check_conservation(con)
        _move_counts(con, zone)
        _close(con, zone, at)
        ledger.add_coverage(con, zone, at, files=False)
        ledger.add_batch(con, zone, batch_id, at)
        touched.note_documents(
            con, zone, run_id, tallies=f"(FROM {touched.STORED_NOW} UNION ALL FROM {_left(zone)})"
        )
        ledger.add_findings(con, zone, batch_id, incoming.findings)
        row = con.execute("SELECT count(*) FROM tried WHERE class <> 'quarantined'").fetchone()
        return int(row[0]) if row else 0

    return lake.commit("tongguan", f"{zone}: take in released rows", run_id, work)


def elsewhere(lake: Lake, home: Home, zone: str) -> int:
    """Released rows whose file was landed on another machine, or whose bytes are gone."""
    return sum(not stored(home, each.file_hash).exists() for each in _pending(lake, zone))


def _pending(lake: Lake, zone: str) -> list[_Pending]:
    rows = lake.con.execute(
        "SELECT release_id, file_hash, row_no, overrides FROM wh.quarantine.releases r "
        "JOIN wh.quarantine.rows q USING (zone, quarantine_id) "
        f"WHERE zone = {sql.literal(zone)} AND r.applied_at IS NULL ORDER BY file_hash, row_no"
    ).fetchall()
    return [
        _Pending(release, digest, row_no, json.loads(overrides))
        for release, digest, row_no, overrides in rows
    ]


def _stage(
    lake: Lake, home: Home, zone: str, folder: Path, key: bytes, pending: list[_Pending]
) -> pl.DataFrame:
    """Stage the mended rows as a run of their own; returns (file_hash, row_no, amount_before, amount_after)."""
    by_file: dict[str, list[_Pending]] = defaultdict(list)
    for each in pending:
        by_file[each.file_hash].append(each)
    landed = _landed(lake, home, zone, list(by_file))
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    outcomes, originals = [], []
    for outcome in read_files(landed, folder / "read", key):
        if outcome.part is None or outcome.kind is None:
            reason = outcome.refusal.message if outcome.refusal else "no document kind"
            raise StagingError(f"landed file {outcome.file_hash} can no longer be read: {reason}")
        contract = CONTRACTS[outcome.kind]
        whole = pl.scan_parquet(outcome.part)
        rows = []
        for each in by_file[outcome.file_hash]:
            before = whole.filter(pl.col("row_no") == each.row_no).collect()
            if before.height != 1:
                raise StagingError(f"landed file {outcome.file_hash} no longer has a row {each.row_no}")
            after = mending.mended(before, contract, each.overrides, key)
            rows.append(after)
            originals.append(
                (each.file_hash, each.row_no, amount_of(before, contract), amount_of(after, contract))
            )
        part = parts / f"{outcome.file_hash}.parquet"
        taken = pl.concat(rows)
        taken.write_parquet(part)
        total = sum((each[3] for each in originals if each[0] == outcome.file_hash), Decimal(0))
        outcomes.append(
            ReadOutcome(
                outcome.file_hash, outcome.format, outcome.kind, str(part), taken.height, taken.height, total
            )
        )
    save(landed, folder / "landed.json")
    save(outcomes, folder / "outcomes.json")
    money = pl.Decimal(38, 5)
    schema = {"file_hash": pl.String(), "row_no": pl.Int64(), "amount_before": money, "amount_after": money}
    return pl.DataFrame(originals, schema=schema, orient="row")


def _landed(lake: Lake, home: Home, zone: str, digests: list[str]) -> list[LandedFile]:
    chosen = ", ".join(sql.literal(each) for each in digests)
    rows = lake.con.execute(
        "SELECT file_hash, names, bytes, source, archive_hash FROM wh.ledger.files "
        f"WHERE zone = {sql.literal(zone)} AND file_hash IN ({chosen}) ORDER BY file_hash"
    ).fetchall()
    return [
        LandedFile(digest, str(stored(home, digest)), tuple(names), size, source, archive)
        for digest, names, size, source, archive in rows
    ]


def _move_counts(con: duckdb.DuckDBPyConnection, zone: str) -> None:
    """From quarantined to what the rows became, file by file; rows and amounts must still add up."""
    classes = ("accepted", "duplicate", "superseded")
    moved = ", ".join(
        f"count(*) FILTER (class = '{each}') AS rows_{each}, "
        f"coalesce(sum(amount_after) FILTER (class = '{each}'), 0) AS amount_{each}"
        for each in classes
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE moved AS SELECT file_hash, {moved}, count(*) AS rows_moved, "
        "sum(amount_before) AS amount_before, sum(amount_after) - sum(amount_before) AS amount_mended "
        "FROM tried JOIN originals USING (file_hash, row_no) WHERE class <> 'quarantined' GROUP BY file_hash"
    )
    gained = ", ".join(
        f"rows_{each} = files.rows_{each} + moved.rows_{each}, "
        f"amount_{each} = files.amount_{each} + moved.amount_{each}"
        for each in classes
    )
    con.execute(
        f"UPDATE wh.ledger.files SET {gained}, rows_quarantined = files.rows_quarantined - moved.rows_moved, "
        "amount_quarantined = files.amount_quarantined - moved.amount_before, "
        "amount_mended = files.amount_mended + moved.amount_mended "
        f"FROM moved WHERE files.file_hash = moved.file_hash AND files.zone = {sql.literal(zone)}"
    )
    wrong = con.execute(
        "SELECT f.names[1] FROM wh.ledger.files f SEMI JOIN moved USING (file_hash) "
        f"WHERE zone = {sql.literal(zone)} AND "
        "(rows_read <> rows_accepted + rows_duplicate + rows_superseded + rows_quarantined OR "
        "amount_total + amount_mended <> "
        "amount_accepted + amount_duplicate + amount_superseded + amount_quarantined OR rows_quarantined < 0)"
    ).fetchone()
    if wrong:
        raise ConservationError(f"{wrong[0]}: rows do not add up after a release, nothing was committed")


def _left(zone: str) -> str:
    """(kind, business_date, rows) of what leaves quarantine: fewer rows are rejected on the day they were set aside
    for, which is not the day they count on now where their time was mended, and none is stored of a duplicate."""
    return (
        "(SELECT q.kind, q.business_date, 1 AS rows FROM wh.quarantine.rows q JOIN tried t USING (file_hash, row_no) "
        f"WHERE q.zone = {sql.literal(zone)} AND t.class <> 'quarantined')"
    )


def _close(con: duckdb.DuckDBPyConnection, zone: str, at: datetime) -> None:
    """What became of each row and of the decision to release it."""
    here = f"rows.zone = {sql.literal(zone)} AND rows.file_hash = t.file_hash AND rows.row_no = t.row_no"
    con.execute(
        f"UPDATE wh.quarantine.rows SET status = 'accepted' FROM tried t WHERE {here} AND t.class <> 'quarantined'"
    )
    con.execute(
        f"UPDATE wh.quarantine.rows SET status = 'open', rules = t.rules FROM quarantined_now t WHERE {here}"
    )
    con.execute(
        f"UPDATE wh.quarantine.releases SET applied_at = {sql.literal(at)}, outcome = t.class "
        "FROM (SELECT q.quarantine_id, tried.class FROM wh.quarantine.rows q JOIN tried USING (file_hash, row_no) "
        f"WHERE q.zone = {sql.literal(zone)}) t WHERE releases.zone = {sql.literal(zone)} "
        "AND releases.applied_at IS NULL AND releases.quarantine_id = t.quarantine_id"
    )
