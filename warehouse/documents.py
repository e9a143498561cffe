"""Committing a batch of documents: one transaction, conservation checked inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from sources.contracts import CONTRACTS
from warehouse import deliveries, engines, ledger, pulls, redelivery, sql, touched
from warehouse import incoming as staging
from warehouse.classify import Staged, amount, classify
from warehouse.connection import Lake
from warehouse.home import Home
from warehouse.incoming import Incoming, Refused
from warehouse.marks import mark_lists
from warehouse.schema import document_columns, document_table
from warehouse.window import extents


@dataclass(frozen=True)
class CommitSummary:
    """What a commit did; counts are documents."""

    batch_id: str | None  # null: there was nothing new
    files: int = 0
    rows_read: int = 0
    rows_accepted: int = 0
    rows_duplicate: int = 0
    rows_superseded: int = 0
    rows_quarantined: int = 0
    refused: tuple[Refused, ...] = ()
    quarantined: tuple[tuple[str, str, int], ...] = ()  # rule, kind, rows

    def sentence(self) -> str:
        """For the progress line."""
        if self.batch_id is None:
            return "nothing new"
        return (
            f"{self.rows_read:,} documents: {self.rows_accepted:,} accepted, "
            f"{self.rows_duplicate:,} duplicate, {self.rows_superseded:,} superseded, "
            f"{self.rows_quarantined:,} quarantined; {len(self.refused)} files refused"
        )


def commit(
    lake: Lake, home: Home, zone: str, run_id: str, run_dir: Path, loaded_at: datetime
) -> CommitSummary:
    """Store what a run staged: documents, quarantine, ledger, coverage, all or nothing.

    Raises ConservationError (rolled back) where rows or amounts of a file do not add up to the
    fen, StagingError where the run's folder is incomplete. Nothing new leaves no snapshot.
    """
    incoming = staging.load(run_dir)
    engines.fit(lake.con, int(incoming.files["rows_read"].sum()))

    def work(con: duckdb.DuckDBPyConnection) -> CommitSummary:
        incoming.register(con)
        ledger.add_names(con, zone, run_id, loaded_at)
        pulls.add(con, zone, run_id, run_dir, loaded_at)
        if incoming.files.is_empty():
            return CommitSummary(None)
        ledger.prepare_tallies(con)
        known, noted = redelivery.prepare(con, zone), False
        stored, rejected = extents(con, zone), incoming.rejected_kinds(con)
        for kind, parts in sorted(incoming.parts.items()):
            staged = Staged(
                CONTRACTS[kind], parts, incoming.rejected, zone, stored.get(kind), kind in rejected
            )
            store(con, staged, run_id, loaded_at)
            ledger.add_quarantine(con, staged, run_id, loaded_at)
            noted |= redelivery.compare(con, kind, staged, known, zone, run_id, loaded_at)
        for kind in sorted(known.paired - incoming.parts.keys()):  # all its files came empty
            noted |= redelivery.compare(con, kind, None, known, zone, run_id, loaded_at)
        if noted:
            mark_lists(con, zone, run_id, loaded_at)
        ledger.check_conservation(con)
        ledger.add_files(con, zone, run_id, loaded_at)
        ledger.add_coverage(con, zone, loaded_at)
        ledger.add_batch(con, zone, run_id, loaded_at)
        touched.note_documents(con, zone, run_id)
        if incoming.parts:
            ledger.add_findings(con, zone, run_id, incoming.findings)
        ledger.add_validations(con, zone, run_id, loaded_at, incoming.validations(), run_dir)
        return _summary(con, run_id, incoming)

    return lake.commit("tongguan", f"{zone}: {len(incoming.files)} files of documents", run_id, work)


def store(con: duckdb.DuckDBPyConnection, staged: Staged, batch_id: str, loaded_at: datetime) -> None:
    """Classify and store the staged documents of one kind and tally them by file.

    Versions are append-only: superseded documents are stored too, only their count differs.
    """
    contract = staged.contract
    told_apart = classify(con, staged)
    own = {
        "zone": sql.literal(staged.zone),
        "loaded_at": sql.literal(loaded_at),
        "batch_id": sql.literal(batch_id),
    }
    columns = document_columns(contract)
    values = ", ".join(own.get(each, f"s.{sql.name(each)}") for each in columns)
    left_out = "(SELECT file_hash, row_no FROM classes WHERE class IN ('quarantined', 'duplicate'))"
    anti = f"ANTI JOIN {left_out} c USING (file_hash, row_no)" if told_apart else ""
    con.execute(
        f"INSERT INTO {document_table(contract)} ({sql.names(columns)}) SELECT {values} FROM {staged.scan} s {anti}"
    )
    total = amount(contract)
    if told_apart:
        con.execute(
            "INSERT INTO tallies SELECT file_hash, coalesce(class, 'accepted') AS class, count(*), "
            f"sum({total}) FROM {staged.scan} LEFT JOIN classes USING (file_hash, row_no) GROUP BY ALL"
        )
        ledger.note_rejected(con, staged)
    else:
        con.execute(
            f"INSERT INTO tallies SELECT file_hash, 'accepted', count(*), sum({total}) FROM {staged.scan} GROUP BY ALL"
        )
    business = sql.name(contract.business_column)
    con.execute(
        f"INSERT INTO stored_now SELECT {sql.literal(contract.kind)}, file_hash, business_date, "
        f"{deliveries.quarters(contract)} AS delay_quarters, count(*), sum({total}), min({business}), max({business}) "
        f"FROM {document_table(contract)} WHERE zone = {own['zone']} AND batch_id = {own['batch_id']} GROUP BY ALL"
    )


def _summary(con: duckdb.DuckDBPyConnection, batch_id: str, incoming: Incoming) -> CommitSummary:
    rows = {
        name: int(count)
        for name, count in con.execute("SELECT class, sum(rows) FROM tallies GROUP BY 1").fetchall()
    }
    reasons = con.execute(
        "SELECT rule, kind, count(*) FROM (SELECT unnest(rules) AS rule, kind FROM quarantined_now) "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return CommitSummary(
        batch_id,
        files=len(incoming.files),
        rows_read=sum(rows.values()),
        rows_accepted=rows.get("accepted", 0),
        rows_duplicate=rows.get("duplicate", 0),
        rows_superseded=rows.get("superseded", 0),
        rows_quarantined=rows.get("quarantined", 0),
        refused=incoming.refused,
        quarantined=tuple(reasons),
    )
