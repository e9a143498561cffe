"""The period views in the lake and in the analysts' copy."""

from datetime import date

import duckdb
import polars as pl
import pytest
from memory_lake import MemoryLake
from staged_runs import LOADED

from transforms.definitions import METRIC_TABLES, definitions_frame
from transforms.metric_tables import METRIC_VIEWS
from warehouse import Home, Lake, periods, published, vintages

DAYS = (date(2025, 11, 11), date(2026, 11, 11), date(2026, 11, 12))
MONTHS = (
    "SELECT period_start, days_covered, days_in_period, lists FROM {}.volume_monthly "
    "WHERE basis = 'declared' AND flow = 'all' ORDER BY ALL"
)


@pytest.fixture
def lake(home: Home) -> MemoryLake:
    """The same statements in memory; the tests of whole days publish in the real lake."""
    return MemoryLake(home)


def figures(lists: dict[date, int]) -> dict[str, pl.DataFrame]:
    """Volume of all lists of the days; the other tables empty."""
    tables = {name: pl.DataFrame(schema=table.schema) for name, table in METRIC_TABLES.items()}
    table = METRIC_TABLES["volume_daily"]
    rows = [
        dict.fromkeys(table.schema)
        | {"zone": "zhengzhou", "business_date": day, "basis": "declared", "lists": count}
        | dict.fromkeys(("flow", "mode", "office"), "all")
        for day, count in lists.items()
    ]
    return tables | {"volume_daily": pl.DataFrame(rows, schema=table.schema)}


def test_periods_follow_the_newest_vintages_in_the_lake_and_in_the_copy(home: Home, lake: Lake):
    def publish(lists: dict[date, int], *days: date) -> None:
        vintages.publish(lake, "zhengzhou", "r", lambda: LOADED, figures(lists), days)

    publish({DAYS[0]: 5, DAYS[1]: 10}, *DAYS)
    november = date(2026, 11, 1)
    before = (date(2025, 11, 1), 1, 30, 5)
    assert lake.con.execute(MONTHS.format("wh.metrics")).fetchall() == [before, (november, 2, 30, 10)]
    publish({DAYS[2]: 7}, DAYS[2])
    assert lake.con.execute(MONTHS.format("wh.metrics")).fetchall() == [before, (november, 2, 30, 17)]
    with duckdb.connect(str(published.write(lake, home)), read_only=True) as con:
        assert con.execute(MONTHS.format("metrics")).fetchall() == [before, (november, 2, 30, 17)]
        compared = "SELECT days_compared, lists, lists_before, lists_change FROM metrics.volume_yoy WHERE period = 'month'"
        assert con.execute(compared).fetchall() == [(1, 10, 5, 1.0)]
        for view in periods.views():
            con.execute(f"SELECT * FROM metrics.{view.name}").fetchall()
        for table in METRIC_VIEWS.values():
            assert con.sql(f"FROM metrics.{table.name}").pl().schema == table.schema


def test_every_column_says_how_days_become_a_period():
    for table in METRIC_TABLES.values():
        for column in table.values:
            if isinstance(column.over_days, tuple):
                parts = {each.rpartition(":")[2] for each in column.over_days}
                assert parts <= set(table.schema), f"{table.name}.{column.id} is made of columns it has not"
            periods.over_days(column, "days_covered", "true")  # an unknown rule is an error
    shown = definitions_frame().filter(
        (pl.col("table_name") == "clearance_daily") & (pl.col("id") == "mean_h")
    )
    assert shown["over_days"].to_list() == ["sum_h / n"]
