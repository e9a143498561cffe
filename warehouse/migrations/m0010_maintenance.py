"""What maintenance does is written down."""

import duckdb

from warehouse import schema
from warehouse.migrations import migration
from warehouse.tables import MAINTENANCE


@migration(10, "keep a book of maintenance")
def add_maintenance(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.maintenance, unless the lake was created with it."""
    there = con.execute(
        f"SELECT 1 FROM duckdb_columns() WHERE database_name = 'wh' AND schema_name = '{MAINTENANCE.schema}' "
        f"AND table_name = '{MAINTENANCE.name}' LIMIT 1"
    ).fetchone()
    for statement in () if there else schema.create_book(MAINTENANCE):
        con.execute(statement)
