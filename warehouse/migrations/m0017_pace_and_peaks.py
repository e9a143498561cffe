"""The pace of a year is that of its covered days; the busiest hour is held against the stated capacity of an hour."""

import duckdb

from transforms.capacity import CAPACITY_DAILY
from transforms.schemas import sql_type
from transforms.targets import TARGETS_PACE
from warehouse import pace, periods, schema, sql
from warehouse.migrations import migration


@migration(17, "pace over the days covered, peaks against the capacity of an hour")
def pace_and_peaks(con: duckdb.DuckDBPyConnection) -> None:
    """The view metrics.targets_pace, the new columns of capacity_daily and the views over it, as they are now.

    Days published before have no stated capacity of an hour: null, until they are published again.
    """
    con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{TARGETS_PACE.name} AS {pace.query('wh.metrics')}")
    stored = f"wh.vintages.{CAPACITY_DAILY.name}"
    there = {name for name, *_ in con.execute(f"DESCRIBE {stored}").fetchall()}
    missing = {name: dtype for name, dtype in CAPACITY_DAILY.schema.items() if name not in there}
    for name, dtype in missing.items():
        con.execute(f"ALTER TABLE {stored} ADD COLUMN {sql.name(name)} {sql_type(dtype)}")
    if missing:
        con.execute(schema.metric_view(CAPACITY_DAILY))
        for view in periods.of_table(CAPACITY_DAILY, "wh.metrics", "wh.metrics.published_days"):
            con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{view.name} AS {view.query}")
