"""The book of backfills: who asked for which days and why, and what became of each day."""

import duckdb

from warehouse import schema
from warehouse.migrations import migration
from warehouse.tables import BACKFILL_DAYS, BACKFILLS


@migration(14, "keep a book of backfills")
def add_backfills(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.backfills and ledger.backfill_days, unless the lake was created with them."""
    for table in (BACKFILLS, BACKFILL_DAYS):
        schema.create_missing(con, table)
