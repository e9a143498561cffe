"""What is remembered of the files taken from sources."""

from __future__ import annotations

import duckdb

from warehouse import schema
from warehouse.migrations import migration
from warehouse.tables import PULLED


@migration(11, "remember what was pulled from each source")
def add_pulled(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.pulled, where the lake was made before it was declared."""
    there = con.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = 'wh' "
        f"AND schema_name = '{PULLED.schema}' AND table_name = '{PULLED.name}' LIMIT 1"
    ).fetchone()
    for statement in () if there else schema.create_book(PULLED):
        con.execute(statement)
