"""Months, quarters, years to date and year-on-year over the daily figures; how late documents came."""

import duckdb

from warehouse import deliveries, periods
from warehouse.migrations import migration
from warehouse.migrations.m0003_statistics import add_figures
from warehouse.migrations.m0004_vintages import mark_provisional


@migration(7, "count deliveries and add the views of periods")
def add_periods(con: duckdb.DuckDBPyConnection) -> None:
    """ledger.deliveries of what is stored, metrics.published_days and the views over it."""
    add_figures(con)
    deliveries.backfill(con)
    mark_provisional(con)
    for view in periods.views("wh.metrics", "wh.metrics.published_days"):
        con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{view.name} AS {view.query}")
