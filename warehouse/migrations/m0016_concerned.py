"""Figures are of the lists that can have the event, with their numerators; periods are told anew from them."""

import duckdb

from warehouse import periods
from warehouse.migrations import migration
from warehouse.migrations.m0003_statistics import add_core, add_figures


@migration(16, "figures over what can have the event, lists declared again after a cancellation")
def tell_periods_again(con: duckdb.DuckDBPyConnection) -> None:
    """Lists are read again with their granted cancellations; every period view as it is now."""
    add_core(con)
    add_figures(con)
    for view in periods.views("wh.metrics", "wh.metrics.published_days"):
        con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{view.name} AS {view.query}")
