"""Writing the ledger: files, names, coverage, batches, findings, validations, runs, quarantine.

The functions run inside the commit transaction, over temporary tables the commit fills:
`incoming_files`, `incoming_names`, `tallies(file_hash, class, rows, amount)` counted from the staged
parts, and `stored_now(kind, file_hash, business_date, delay_quarters, ...)` counted from what was really
stored, with its view `stored_tallies` short of the delays.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from warehouse import deliveries, sql
from warehouse.classify import Staged
from warehouse.errors import ConservationError
from warehouse.handover import temporary_table
from warehouse.tables import FILES, FINDINGS, QUARANTINE, VALIDATIONS, Table


def prepare_tallies(con: duckdb.DuckDBPyConnection) -> None:
    """Empty temporary tables for the counts of this batch."""
    for statement in (
        "tallies (file_hash VARCHAR, class VARCHAR, rows BIGINT, amount DECIMAL(38,5))",
        "stored_now (kind VARCHAR, file_hash VARCHAR, business_date DATE, delay_quarters BIGINT, rows BIGINT, "
        "amount DECIMAL(38,5), first_at TIMESTAMP, last_at TIMESTAMP)",
        "quarantined_now (kind VARCHAR, file_hash VARCHAR, row_no BIGINT, line_no BIGINT, rules VARCHAR[], "
        "business_date DATE)",
    ):
        con.execute(f"CREATE OR REPLACE TEMP TABLE {statement}")
    con.execute(
        "CREATE OR REPLACE TEMP VIEW stored_tallies AS SELECT kind, file_hash, business_date, sum(rows)::BIGINT AS rows, "
        "sum(amount) AS amount, min(first_at) AS first_at, max(last_at) AS last_at FROM stored_now GROUP BY ALL"
    )


def insert(con: duckdb.DuckDBPyConnection, table: Table, select: str) -> None:
    """Insert by column name; columns the select does not give stay null."""
    con.execute(f"INSERT INTO {table.qualified} BY NAME {select}")


def add_names(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, seen_at: datetime) -> None:
    """Append the names not seen before; known bytes under a new name are not loaded again."""
    con.execute(
        "INSERT INTO wh.ledger.file_names BY NAME "
        f"SELECT DISTINCT {sql.literal(zone)} AS zone, file_hash, name, {sql.literal(seen_at)} AS seen_at, "
        f"{sql.literal(run_id)} AS run_id FROM incoming_names ANTI JOIN "
        f"(SELECT file_hash, name FROM wh.ledger.file_names WHERE zone = {sql.literal(zone)}) known "
        "USING (file_hash, name) ORDER BY file_hash, name"
    )


def note_rejected(con: duckdb.DuckDBPyConnection, staged: Staged) -> None:
    """Remember the rows the gate set aside, with every rule they break."""
    con.execute(
        f"INSERT INTO quarantined_now SELECT {sql.literal(staged.contract.kind)}, file_hash, row_no, s.line_no, "
        f"list_sort(r.rules), s.business_date FROM {staged.scan} s JOIN {staged.rejected_scan} r USING (file_hash, row_no)"
    )


def add_quarantine(con: duckdb.DuckDBPyConnection, staged: Staged, run_id: str, at: datetime) -> None:
    """Keep each rejected row typed and masked, with every rule it breaks."""
    contract = staged.contract
    kind = sql.literal(contract.kind)
    if con.execute(f"SELECT 1 FROM quarantined_now WHERE kind = {kind} LIMIT 1").fetchone() is None:
        return
    fields = ", ".join(f"{sql.name(each)}: s.{sql.name(each)}" for each in contract.sql_columns)
    keys = ", ".join(f"CAST(s.{sql.name(each)} AS VARCHAR)" for each in contract.key_columns)
    insert(
        con,
        QUARANTINE,
        f"SELECT {sql.literal(staged.zone)} AS zone, left(file_hash, 12) || '-' || row_no AS quarantine_id, "
        f"q.kind, file_hash, row_no, q.line_no, q.business_date, concat_ws('|', {keys}) AS business_key, q.rules, "
        f"CAST(to_json(s.findings) AS VARCHAR) AS details, CAST(to_json({{{fields}}}) AS VARCHAR) AS record, "
        f"{sql.literal(at)} AS quarantined_at, {sql.literal(run_id)} AS run_id, 'open' AS status "
        f"FROM {staged.scan} s JOIN (FROM quarantined_now WHERE kind = {kind}) q "
        "USING (file_hash, row_no) ORDER BY file_hash, row_no",
    )


def check_conservation(con: duckdb.DuckDBPyConnection) -> None:
    """For every file: read = accepted + duplicate + superseded + quarantined, and what is stored agrees.

    Rows and amounts, exact. Raises ConservationError naming the first file that fails.
    """
    wrong = con.execute(f"""
        WITH counted AS (
            SELECT file_hash, sum(rows) AS rows, sum(amount) AS amount,
                coalesce(sum(rows) FILTER (class IN ('accepted', 'superseded')), 0) AS kept,
                coalesce(sum(amount) FILTER (class IN ('accepted', 'superseded')), 0) AS amount_kept
            FROM tallies GROUP BY 1
        ), stored AS (
            SELECT file_hash, sum(rows) AS rows, sum(amount) AS amount FROM stored_tallies GROUP BY 1
        )
        SELECT coalesce(f.names[1], file_hash), f.rows_read, coalesce(c.rows, 0), f.amount_total,
            coalesce(c.amount, 0), coalesce(c.kept, 0), coalesce(s.rows, 0),
            coalesce(c.amount_kept, 0), coalesce(s.amount, 0), f.file_hash IS NULL
        FROM incoming_files f FULL JOIN counted c USING (file_hash) FULL JOIN stored s USING (file_hash)
        WHERE f.file_hash IS NULL OR {_DISAGREE}
        ORDER BY file_hash LIMIT 1
    """).fetchone()
    if wrong is None:
        return
    name, read, counted, amount_read, amount_counted, kept, stored, amount_kept, amount_stored, foreign = (
        wrong
    )
    if foreign:
        raise ConservationError(f"{name}: rows were staged for a file that is not part of this run")
    raise ConservationError(
        f"{name}: rows do not add up, nothing was committed. "
        f"Read {read} rows, amount {amount_read}; accounted for {counted} rows, amount {amount_counted}; "
        f"to be stored {kept} rows, amount {amount_kept}; stored {stored} rows, amount {amount_stored}"
    )


_DISAGREE = """
    f.rows_read <> coalesce(c.rows, 0) OR f.amount_total <> coalesce(c.amount, 0)
    OR coalesce(c.kept, 0) <> coalesce(s.rows, 0) OR coalesce(c.amount_kept, 0) <> coalesce(s.amount, 0)
"""


def add_files(con: duckdb.DuckDBPyConnection, zone: str, run_id: str, loaded_at: datetime) -> None:
    """One row a new file, with its counts and its first error; in place of a refusal that was judged anew."""
    con.execute(
        f"DELETE FROM wh.ledger.files WHERE zone = {sql.literal(zone)} AND status = 'refused' "
        "AND file_hash IN (SELECT file_hash FROM incoming_files)"
    )
    counts = ", ".join(
        f"coalesce(sum(rows) FILTER (class = '{each}'), 0) AS rows_{each}, "
        f"coalesce(sum(amount) FILTER (class = '{each}'), 0) AS amount_{each}"
        for each in ("accepted", "duplicate", "superseded", "quarantined")
    )
    zeros = ", ".join(
        f"coalesce({each}, 0) AS {each}"
        for each, _, _ in FILES.columns
        if each.startswith(("rows_", "amount_"))
        and each not in ("rows_read", "amount_total", "amount_mended")
    )
    insert(
        con,
        FILES,
        f"WITH counted AS (SELECT file_hash, {counts} FROM tallies GROUP BY 1), "
        "broken AS (SELECT file_hash, array_to_string(arg_min(rules, row_no), ', ') AS broken_rules, "
        "arg_min(line_no, row_no) AS broken_line FROM quarantined_now GROUP BY 1) "
        f"SELECT {sql.literal(zone)} AS zone, f.* EXCLUDE (first_error, first_error_line), {zeros}, "
        "0 AS amount_mended, "
        "coalesce(first_error, broken_rules) AS first_error, "
        f"coalesce(first_error_line, broken_line) AS first_error_line, {sql.literal(loaded_at)} AS loaded_at, "
        f"{sql.literal(run_id)} AS run_id "
        "FROM incoming_files f LEFT JOIN counted USING (file_hash) LEFT JOIN broken USING (file_hash) "
        "ORDER BY file_hash",
    )


def add_batch(con: duckdb.DuckDBPyConnection, zone: str, batch_id: str, loaded_at: datetime) -> None:
    """Note the batch as not linked yet, with the dates its documents bear; none where nothing was stored."""
    con.execute(
        "INSERT INTO wh.ledger.batches BY NAME "
        f"SELECT {sql.literal(batch_id)} AS batch_id, {sql.literal(zone)} AS zone, "
        f"{sql.literal(loaded_at)} AS loaded_at, min(business_date) AS first_date, max(business_date) AS last_date, "
        "coalesce(sum(rows) FILTER (business_date IS NULL), 0) AS undated, "
        "list_sort(list(DISTINCT kind)) AS kinds FROM stored_tallies HAVING count(*) > 0"
    )
    deliveries.add(con, zone, batch_id, loaded_at)


def add_coverage(
    con: duckdb.DuckDBPyConnection, zone: str, loaded_at: datetime, *, files: bool = True
) -> None:
    """Add the batch to the coverage of each date and kind it touches; `files` False: its files are counted."""
    count_files = "count(DISTINCT file_hash)" if files else "0"
    here = f"zone = {sql.literal(zone)}"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE covered AS SELECT business_date, kind, sum(rows)::BIGINT AS documents, "
        f"{count_files} AS files, min(first_at) AS first_at, max(last_at) AS last_at "
        "FROM stored_tallies GROUP BY ALL"
    )
    con.execute(
        "CREATE OR REPLACE TEMP TABLE covered_before AS SELECT c.* FROM wh.ledger.coverage c "
        f"SEMI JOIN covered n ON c.business_date IS NOT DISTINCT FROM n.business_date AND c.kind = n.kind WHERE {here}"
    )
    con.execute(
        f"DELETE FROM wh.ledger.coverage WHERE {here} AND EXISTS (SELECT 1 FROM covered n "
        "WHERE n.kind = coverage.kind AND n.business_date IS NOT DISTINCT FROM coverage.business_date)"
    )
    con.execute(
        f"INSERT INTO wh.ledger.coverage BY NAME SELECT {sql.literal(zone)} AS zone, n.business_date, n.kind, "
        "n.documents + coalesce(b.documents, 0) AS documents, n.files + coalesce(b.files, 0) AS files, "
        "least(n.first_at, b.first_document_at) AS first_document_at, "
        "greatest(n.last_at, b.last_document_at) AS last_document_at, "
        f"{sql.literal(loaded_at)} AS last_loaded_at FROM covered n LEFT JOIN covered_before b "
        "ON n.kind = b.kind AND n.business_date IS NOT DISTINCT FROM b.business_date ORDER BY ALL"
    )


def add_findings(con: duckdb.DuckDBPyConnection, zone: str, batch_id: str, findings: Path) -> None:
    """Keep what the gate found, row by row, in the files of this commit."""
    columns = sql.names(name for name, _, _ in FINDINGS.columns if name not in ("zone", "batch_id"))
    insert(
        con,
        FINDINGS,
        f"SELECT {sql.literal(zone)} AS zone, {sql.literal(batch_id)} AS batch_id, {columns} "
        f"FROM {sql.parquet([findings])} SEMI JOIN incoming_files USING (file_hash)",
    )


def add_validations(
    con: duckdb.DuckDBPyConnection,
    zone: str,
    run_id: str,
    at: datetime,
    records: list[dict[str, Any]],
    scratch: Path,
) -> None:
    """Keep the results of the checks."""
    if not records:
        return
    named = {name: kind for name, kind, _ in VALIDATIONS.columns if name in records[0]}
    frame = pl.DataFrame([{name: each[name] for name in named} for each in records], infer_schema_length=None)
    temporary_table(con, "validation_records", frame, scratch)  # one insert: each is a file in the lake
    columns = ", ".join(
        f"CAST({sql.name(name)} AS {kind}) AS {sql.name(name)}" for name, kind in named.items()
    )
    insert(
        con,
        VALIDATIONS,
        f"SELECT {sql.literal(zone)} AS zone, {sql.literal(run_id)} AS run_id, "
        f"{sql.literal(at)} AS validated_at, {columns} FROM validation_records",
    )
