"""What came with reconciliation, all families of figures and the integrity of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import polars as pl

from sources.contracts import CONTRACTS
from transforms.definitions import DEFINITIONS_SCHEMA
from transforms.metric_tables import METRIC_TABLES
from transforms.schemas import CORE, sql_type
from warehouse import schema, sql
from warehouse.migrations import migration
from warehouse.tables import TABLES


@migration(3, "add the tables and columns of the statistical core")
def add_what_is_missing(con: duckdb.DuckDBPyConnection) -> None:
    """Tables and columns that are declared and not there; none in a lake created after they were declared.

    Where core tables gain columns, every batch is linked again so that they are filled.
    """
    there = _columns(con)
    for each in schema.SCHEMAS:
        con.execute(f"CREATE SCHEMA IF NOT EXISTS wh.{each}")
    for table in TABLES:
        if (table.schema, table.name) not in there:
            _all(con, schema.create_book(table))
        else:
            _add(
                con,
                table.qualified,
                {name: kind for name, kind, _ in table.columns},
                there[table.schema, table.name],
            )
    add_core(con)
    for contract in CONTRACTS.values():
        if ("documents", contract.table) in there:
            _add(
                con,
                schema.document_table(contract),
                schema.document_columns(contract),
                there["documents", contract.table],
            )
    add_figures(con)
    _add(con, "wh.metrics.definitions", _sql_types(DEFINITIONS_SCHEMA), there["metrics", "definitions"])


def add_core(con: duckdb.DuckDBPyConnection) -> None:
    """Core tables and columns that are declared and not there; every batch is linked again to fill them."""
    there = _columns(con)
    for name in CORE:
        if ("core", name) not in there:
            _all(con, schema.create(f"wh.core.{name}", schema.core_columns(name), schema.BULK_PARTITION))
            filled = True
        else:
            filled = _add(con, f"wh.core.{name}", schema.core_columns(name), there["core", name])
        if filled:
            con.execute("UPDATE wh.ledger.batches SET linked_at = NULL WHERE linked_at IS NOT NULL")


def add_figures(con: duckdb.DuckDBPyConnection) -> None:
    """Tables and columns of figures that are declared and not there.

    Views of periods read every column declared, so every migration that makes views sees to it first. What was
    published before a column was declared is unknown (null) in it.
    """
    there = _columns(con)
    for metric in METRIC_TABLES.values():
        stored = there.get(("vintages", metric.name))
        if stored is None:
            _all(con, schema.metric_table(metric))
        else:
            _add(con, f"wh.vintages.{metric.name}", _sql_types(metric.schema), stored)


def _sql_types(columns: Mapping[str, pl.DataType]) -> dict[str, str]:
    return {name: sql_type(dtype) for name, dtype in columns.items()}


def _columns(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], set[str]]:
    rows = con.execute(
        "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = 'wh' GROUP BY ALL"
    ).fetchall()
    return {(schema_name, table): set(columns) for schema_name, table, columns in rows}


def _all(con: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    for statement in statements:
        con.execute(statement)


def _add(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], there: set[str]) -> bool:
    missing = {name: kind for name, kind in columns.items() if name not in there}
    for name, kind in missing.items():
        con.execute(f"ALTER TABLE {table} ADD COLUMN {sql.name(name)} {kind}")
    return bool(missing)
