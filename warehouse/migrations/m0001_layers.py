"""The layers: ledger, documents, quarantine, core and the vintages book."""

import duckdb

from warehouse import schema
from warehouse.migrations import migration


@migration(1, "create the layers")
def create_layers(con: duckdb.DuckDBPyConnection) -> None:
    """Every table that follows from the contracts, the core schemas and the book-keeping tables."""
    for statement in schema.everything():
        con.execute(statement)
