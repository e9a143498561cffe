"""Figures of a day that is not over are marked as provisional, wherever they are shown."""

import duckdb

from warehouse import periods
from warehouse.migrations import migration
from warehouse.migrations.m0003_statistics import add_figures
from warehouse.migrations.m0004_vintages import mark_provisional


@migration(13, "mark provisional figures")
def mark_figures(con: duckdb.DuckDBPyConnection) -> None:
    """vintages.published gets its mark, and every view over it shows or heeds it."""
    add_figures(con)
    if not mark_provisional(con):
        return
    for view in periods.views("wh.metrics", "wh.metrics.published_days"):
        con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{view.name} AS {view.query}")
