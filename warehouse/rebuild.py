"""Records of a moment whose snapshot is not kept: from the documents loaded by then.

Documents are never deleted and say when they were loaded; lists follow from them. Books (ledger,
quarantine) are told by the time their rows bear: rows written by then, as they stand now.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from sources.contracts import CONTRACTS
from transforms.inputs import NEEDED
from transforms.schemas import CORE
from warehouse import sql
from warehouse.marks import with_marks
from warehouse.schema import core_columns
from warehouse.tables import COVERAGE, TABLES, Table

#: When a row of a book was written: the first of these that it has.
_WRITTEN = (
    *("loaded_at", "seen_at", "finished_at", "validated_at", "quarantined_at", "released_at"),
    *("noted_at", "found_at", "first_seen_at", "applied_at", "pulled_at", "sealed_at", "at"),
)

Say = Callable[[str], None]
Link = Callable[[str, Mapping[str, pl.LazyFrame]], Mapping[str, pl.DataFrame]]


def records(
    con: duckdb.DuckDBPyConnection,
    lake: str,
    scratch: Path,
    moment: datetime,
    schemas: Sequence[str],
    link: Link,
    say: Say,
) -> None:
    """Fill these schemas of the database `wh` from the lake attached as `lake`.

    `link` makes the core tables of one zone from its documents; core tables it does not make are left out.
    """
    by_then = f"loaded_at <= {sql.literal(moment)}"
    if "documents" in schemas:
        for contract in CONTRACTS.values():
            source = f"{lake}.documents.{contract.table}"
            con.execute(f"CREATE VIEW wh.documents.{contract.table} AS FROM {source} WHERE {by_then}")
    for table in TABLES:
        if table.schema in schemas and table is not COVERAGE:
            con.execute(
                f"CREATE VIEW wh.{table.schema}.{table.name} AS {_written_by(table, lake, moment) or _not_kept(table, moment)}"
            )
    if "ledger" in schemas:
        con.execute(f"CREATE VIEW wh.ledger.coverage AS {_coverage(lake, by_then)}")
    if "core" in schemas:
        _core(con, lake, scratch, moment, link, say)


def _written_by(table: Table, lake: str, moment: datetime) -> str | None:
    """The rows of a book written by then; None where nothing tells."""
    columns = {name for name, _, _ in table.columns}
    rows, then = f"FROM {lake}.{table.schema}.{table.name}", sql.literal(moment)
    if written := next((each for each in _WRITTEN if each in columns), None):
        return f"{rows} WHERE {sql.name(written)} <= {then}"
    if "batch_id" in columns:
        return (
            f"{rows} WHERE batch_id IN (SELECT batch_id FROM {lake}.ledger.batches WHERE loaded_at <= {then})"
        )
    return None


def _not_kept(table: Table, moment: datetime) -> str:
    """A table that has its columns and, asked for rows, says why there are none."""
    says = (
        f"{table.schema}.{table.name} as of {moment} is not kept: no snapshot of then is left, and its rows do not say "
        "when they were written. Ask as of a later moment, or for what stands now without --as-of"
    )
    columns = ", ".join(f"NULL::{kind} AS {sql.name(name)}" for name, kind, _ in table.columns)
    return f"SELECT {columns} WHERE error({sql.literal(says)}) IS NOT NULL"


def _coverage(lake: str, by_then: str) -> str:
    """ledger.coverage, counted again."""
    return " UNION ALL ".join(
        f"SELECT zone, business_date, {sql.literal(kind)} AS kind, count(*) AS documents, "
        f"count(DISTINCT file_hash) AS files, min({sql.name(contract.business_column)}) AS first_document_at, "
        f"max({sql.name(contract.business_column)}) AS last_document_at, max(loaded_at) AS last_loaded_at "
        f"FROM {lake}.documents.{contract.table} WHERE {by_then} GROUP BY ALL"
        for kind, contract in CONTRACTS.items()
    )


def _core(
    con: duckdb.DuckDBPyConnection, lake: str, scratch: Path, moment: datetime, link: Link, say: Say
) -> None:
    by_then = f"loaded_at <= {sql.literal(moment)}"
    zones = con.execute(
        f"SELECT DISTINCT zone FROM {lake}.ledger.batches WHERE {by_then} ORDER BY 1"
    ).fetchall()
    for name in CORE:
        columns = ", ".join(f"{sql.name(each)} {kind}" for each, kind in core_columns(name).items())
        con.execute(f"CREATE TABLE wh.core.{name} ({columns})")
    made: set[str] = set()
    for (zone,) in zones:
        with tempfile.TemporaryDirectory(prefix="rebuild-", dir=scratch) as folder:
            say(f"{zone}: reading the documents loaded by then")
            documents = _documents(con, lake, Path(folder), f"zone = {sql.literal(zone)} AND {by_then}")
            say(f"{zone}: linking {sum(documents.values()):,} documents")
            frames = link(zone, {table: pl.scan_parquet(_file(Path(folder), table)) for table in documents})
            for name, frame in frames.items():
                path = Path(folder) / f"core-{name}.parquet"
                frame.write_parquet(path)
                rows = with_marks(sql.parquet([path]), name, zone, lake, moment)
                con.execute(f"INSERT INTO wh.core.{name} BY NAME SELECT * FROM {rows}")
                made.add(name)
            say(f"{zone}: {frames['lists'].height:,} lists")
    for name in CORE.keys() - made if zones else ():
        con.execute(
            f"DROP TABLE wh.core.{name}"
        )  # not made from documents: no answer is better than a wrong one


def _documents(con: duckdb.DuckDBPyConnection, lake: str, folder: Path, where: str) -> dict[str, int]:
    """Copy what linking reads to Parquet; returns the documents by table."""
    counts = {}
    for table in NEEDED:  # whole documents: a declared correction may select by any field
        row = con.execute(
            f"COPY (SELECT * FROM {lake}.documents.{table} WHERE {where}) "
            f"TO {sql.literal(_file(folder, table))} (FORMAT parquet, COMPRESSION uncompressed)"
        ).fetchone()
        counts[table] = int(row[0]) if row else 0
    return counts


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"
