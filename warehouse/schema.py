"""DDL of the lake, derived: documents from the contracts, core tables from transforms.schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb

from sources.contracts import CONTRACTS, Contract
from transforms.metric_model import MetricTable
from transforms.schemas import CORE, sql_type
from warehouse import sql
from warehouse.tables import TABLES, Table

SCHEMAS = ("ledger", "documents", "quarantine", "core", "vintages", "metrics", "alerts")

#: What the warehouse puts before the contract's own columns.
STORED_PREFIX: dict[str, str] = {
    "zone": "VARCHAR",
    "business_date": "DATE",  # null: the document bears no time
    "file_hash": "VARCHAR",
    "row_no": "BIGINT",  # 1-based ordinal of the document in its file
    "line_no": "BIGINT",  # line where it starts
    "loaded_at": "TIMESTAMP",
    "batch_id": "VARCHAR",
}
#: What a published row bears besides its figures.
VINTAGE_COLUMNS: dict[str, str] = {
    "vintage": "BIGINT",
    "published_at": "TIMESTAMP",
    "run_id": "VARCHAR",
    "definition_version": "VARCHAR",
}
#: The mark of a figure that is not to be quoted yet; stored once a vintage (vintages.published), shown in every
#: row of metrics.<name>.
PROVISIONAL = "provisional"
#: A month of one zone is one folder of files. By day the catalog holds an entry a kind and day for ever, and every
#: question reads all entries; within a month, files are left out by the first and last date in them (decision 0024).
BULK_PARTITION = ("zone", "year(business_date)", "month(business_date)")


def document_table(contract: Contract) -> str:
    """Name of the documents table of a kind inside the lake."""
    return f"wh.documents.{contract.table}"


def document_columns(contract: Contract) -> dict[str, str]:
    """Columns of the documents table of a kind with their SQL types."""
    return {**STORED_PREFIX, **contract.sql_columns}


def core_columns(table: str) -> dict[str, str]:
    """Columns of a core table with their SQL types."""
    return {column: sql_type(dtype) for column, dtype in CORE[table].items()}


def create(table: str, columns: Mapping[str, str], partition: tuple[str, ...] = ()) -> Iterator[str]:
    """Statements that create a table of the lake, partitioned by SQL expressions where asked."""
    listed = ", ".join(f"{sql.name(column)} {kind}" for column, kind in columns.items())
    yield f"CREATE TABLE {table} ({listed})"
    if partition:
        yield f"ALTER TABLE {table} SET PARTITIONED BY ({', '.join(partition)})"


def create_book(table: Table) -> Iterator[str]:
    """Statements that create one of our own tables, with its meaning as comments."""
    yield from create(table.qualified, {column: kind for column, kind, _ in table.columns}, table.partition)
    yield f"COMMENT ON TABLE {table.qualified} IS {sql.literal(table.grain)}"
    for column, _, meaning in table.columns:
        yield f"COMMENT ON COLUMN {table.qualified}.{sql.name(column)} IS {sql.literal(meaning)}"


def create_missing(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create one of our own tables where the lake is older than it; a lake of today was created with it."""
    there = con.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = 'wh' "
        f"AND schema_name = {sql.literal(table.schema)} AND table_name = {sql.literal(table.name)} LIMIT 1"
    ).fetchone()
    for statement in () if there else create_book(table):
        con.execute(statement)


def bulk_tables() -> Iterator[str]:
    """The tables partitioned by BULK_PARTITION, with their names inside the lake."""
    yield from (document_table(contract) for contract in CONTRACTS.values())
    yield from (f"wh.core.{core}" for core in CORE)


def everything() -> Iterator[str]:
    """All statements for a new lake, short of the metric tables."""
    for each in SCHEMAS:
        yield f"CREATE SCHEMA IF NOT EXISTS wh.{each}"
    for table in TABLES:
        yield from create_book(table)
    for contract in CONTRACTS.values():
        yield from create(document_table(contract), document_columns(contract), BULK_PARTITION)
        yield f"COMMENT ON TABLE {document_table(contract)} IS {sql.literal(f'{contract.zh} {contract.en}')}"
    for core in CORE:
        yield from create(f"wh.core.{core}", core_columns(core), BULK_PARTITION)


def metric_table(table: MetricTable) -> Iterator[str]:
    """Statements for vintages.<name> (every vintage) and metrics.<name> (the newest of each zone and day)."""
    stored = f"wh.vintages.{table.name}"
    columns = {name: sql_type(dtype) for name, dtype in table.schema.items()}
    yield from create(stored, {**columns, **VINTAGE_COLUMNS})
    yield f"COMMENT ON TABLE {stored} IS {sql.literal(f'{table.zh} {table.en}')}"
    yield metric_view(table)


def metric_view(table: MetricTable) -> str:
    """Statement for metrics.<name>: the newest vintage of each zone and day, and whether it is provisional."""
    return f"CREATE OR REPLACE VIEW wh.metrics.{table.name} AS {figures_of(table.name, f'({NEWEST})')}"


#: The newest vintage of each zone and day, and whether it is provisional.
NEWEST = (
    "SELECT zone, business_date, max(vintage) AS vintage, "
    f"arg_max(coalesce({PROVISIONAL}, false), vintage) AS {PROVISIONAL} FROM wh.vintages.published GROUP BY ALL"
)


def figures_of(name: str, vintages: str) -> str:
    """Query of the figures of these vintages (a relation with the columns of NEWEST)."""
    return (
        f"SELECT figures.*, newest.{PROVISIONAL} FROM wh.vintages.{name} figures "
        f"JOIN {vintages} newest USING (zone, business_date, vintage)"
    )


def history_views() -> Iterator[str]:
    """Statements for metrics.vintages (the book of what was published when), published_days and revisions.

    Days since the first count from the first vintage that was not provisional; a change up to that one has none.
    """
    yield "CREATE OR REPLACE VIEW wh.metrics.vintages AS SELECT * FROM wh.vintages.published"
    yield f"CREATE OR REPLACE VIEW wh.metrics.published_days AS {published_days('wh.vintages.published')}"
    yield (
        "CREATE OR REPLACE VIEW wh.metrics.revisions AS SELECT r.zone, r.business_date, r.metric, r.breakdowns, "
        'r."old", r."new", r."new" - r."old" AS difference, r.vintage, '
        "CASE WHEN r.vintage > f.vintage THEN "
        "date_diff('day', CAST(f.published_at AS DATE), CAST(r.published_at AS DATE)) END AS days_since_first, "
        "p.reason, r.published_at FROM wh.vintages.revisions r "
        "JOIN wh.vintages.published p USING (zone, business_date, vintage) "
        "LEFT JOIN (SELECT zone, business_date, min(vintage) AS vintage, min(published_at) AS published_at "
        f"FROM wh.vintages.published WHERE {PROVISIONAL} IS NOT true GROUP BY ALL) f "
        "ON f.zone = r.zone AND f.business_date = r.business_date"
    )


def published_days(book: str) -> str:
    """Query of the dates (zone, business_date) whose newest vintage is not provisional; `book` lists the vintages."""
    return (
        f"SELECT zone, business_date FROM {book} GROUP BY ALL "
        f"HAVING NOT arg_max(coalesce({PROVISIONAL}, false), vintage)"
    )


def definitions_view(columns: Mapping[str, str]) -> str:
    """Statement for metrics.definitions: the newest version of vintages.definitions."""
    return (
        f"CREATE VIEW wh.metrics.definitions AS SELECT {sql.names(columns)} FROM wh.vintages.definitions "
        "WHERE published_at = (SELECT max(published_at) FROM wh.vintages.definitions)"
    )
