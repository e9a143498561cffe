"""The pace of a year is that of its covered days, and its projection by growth knows 29 February."""

import duckdb

from transforms.targets import TARGETS_PACE
from warehouse import pace
from warehouse.migrations import migration


@migration(17, "pace over the days covered")
def pace_of_covered_days(con: duckdb.DuckDBPyConnection) -> None:
    """The view metrics.targets_pace, as it is now."""
    con.execute(f"CREATE OR REPLACE VIEW wh.metrics.{TARGETS_PACE.name} AS {pace.query('wh.metrics')}")
