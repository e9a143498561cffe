"""What maintenance does is written down; bulk tables are partitioned by month."""

import duckdb

from warehouse import schema
from warehouse.migrations import migration
from warehouse.tables import MAINTENANCE


@migration(10, "keep a book of maintenance, and partition documents and lists by month")
def add_maintenance(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.maintenance and the partitions, unless the lake has them; the files there are stay as they lie."""
    there = con.execute(
        f"SELECT 1 FROM duckdb_columns() WHERE database_name = 'wh' AND schema_name = '{MAINTENANCE.schema}' "
        f"AND table_name = '{MAINTENANCE.name}' LIMIT 1"
    ).fetchone()
    for statement in () if there else schema.create_book(MAINTENANCE):
        con.execute(statement)
    for table in () if _by_month(con) else schema.bulk_tables():
        con.execute(f"ALTER TABLE {table} SET PARTITIONED BY ({', '.join(schema.BULK_PARTITION)})")


def _by_month(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether every bulk table is partitioned by month, as in a lake created with this code."""
    books = con.execute(
        "SELECT database_name || '.' || schema_name FROM duckdb_tables() "
        "WHERE database_name = '__ducklake_metadata_wh' AND table_name = 'ducklake_partition_column'"
    ).fetchone()
    if books is None:  # its tables were made in this very transaction of a new lake
        return True
    row = con.execute(
        f"SELECT count(DISTINCT c.table_id) FROM {books[0]}.ducklake_partition_column c "
        f"JOIN {books[0]}.ducklake_partition_info i USING (partition_id) "
        "WHERE c.transform = 'month' AND i.end_snapshot IS NULL"
    ).fetchone()
    return row is not None and row[0] >= len(list(schema.bulk_tables()))
