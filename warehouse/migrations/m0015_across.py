"""Amounts of a wider group than the cell count on all days of a period that have them; stocks of no row are 0."""

import duckdb

from transforms.metric_tables import METRIC_TABLES
from warehouse import periods
from warehouse.migrations import migration
from warehouse.migrations.m0003_statistics import add_figures


@migration(15, "shares of periods over all their days")
def add_up_across(con: duckdb.DuckDBPyConnection) -> None:
    """The period views of the tables that have such an amount or stock, as they are now."""
    add_figures(con)
    for table in METRIC_TABLES.values():
        if any(each.across or each.over_days == "stock" for each in table.values):
            for view in periods.of_table(table, "wh.metrics", "wh.metrics.published_days"):
                con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{view.name} AS {view.query}")
