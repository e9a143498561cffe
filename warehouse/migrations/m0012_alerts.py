"""The book of alerts."""

import duckdb

from warehouse import schema
from warehouse.migrations import migration
from warehouse.tables import ALERTS


@migration(12, "keep alerts")
def add_alerts(con: duckdb.DuckDBPyConnection) -> None:
    """alerts.alerts, in a lake that was created before it was declared."""
    con.execute(f"CREATE SCHEMA IF NOT EXISTS wh.{ALERTS.schema}")
    there = con.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = 'wh' "
        f"AND schema_name = '{ALERTS.schema}' AND table_name = '{ALERTS.name}' LIMIT 1"
    ).fetchone()
    if there is None:
        for statement in schema.create_book(ALERTS):
            con.execute(statement)
