"""Months, quarters, years to date and year-on-year over the daily figures."""

import duckdb

from transforms.definitions import DEFINITIONS_SCHEMA
from transforms.schemas import sql_type
from warehouse import deliveries, periods, sql
from warehouse.migrations import migration


@migration(7, "count deliveries and add the views of periods")
def add_periods(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.deliveries of what is stored, metrics.published_days, the period views, and the columns
    metrics.definitions lacks."""
    there = {name for name, *_ in con.execute("DESCRIBE wh.metrics.definitions").fetchall()}
    for name, dtype in DEFINITIONS_SCHEMA.items():
        if name not in there:
            con.execute(f"ALTER TABLE wh.metrics.definitions ADD COLUMN {sql.name(name)} {sql_type(dtype)}")
    deliveries.backfill(con)
    con.execute(
        "CREATE VIEW wh.metrics.published_days AS SELECT DISTINCT zone, business_date FROM wh.vintages.published"
    )
    for view in periods.views("wh.metrics", "wh.metrics.published_days"):
        con.execute(f"CREATE VIEW wh.metrics.{view.name} AS {view.query}")
