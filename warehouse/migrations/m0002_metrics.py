"""The published figures: append-only vintages and a view of the newest of each day."""

import duckdb

from transforms.definitions import DEFINITIONS_SCHEMA, METRIC_TABLES
from transforms.schemas import sql_type
from warehouse import schema
from warehouse.migrations import migration


@migration(2, "create the figures and their views")
def create_figures(con: duckdb.DuckDBPyConnection) -> None:
    """vintages.<name>, metrics.<name> and metrics.definitions, from transforms.definitions."""
    for table in METRIC_TABLES.values():
        for statement in schema.metric_table(table):
            con.execute(statement)
    columns = {name: sql_type(dtype) for name, dtype in DEFINITIONS_SCHEMA.items()}
    for statement in schema.create("wh.metrics.definitions", columns):
        con.execute(statement)
