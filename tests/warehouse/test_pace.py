"""The pace of a year whose record is short, has gaps, or has a 29 February: ten lists a day throughout."""

from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from transforms.schemas import sql_type
from transforms.targets import TARGETS_DAILY
from warehouse import Lake, migrations, pace

STEADY, TARGET = 10, 3650


def paced(first: date, last: date, day: date, *missing: date, measure: str = "lists") -> dict[str, object]:
    """The row of targets_pace of the day; every day from first to last is published but the missing ones."""
    columns = ", ".join(f"{name} {sql_type(dtype)}" for name, dtype in TARGETS_DAILY.schema.items())
    days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA metrics")
        con.execute(f"CREATE TABLE metrics.targets_daily ({columns}, provisional BOOLEAN)")
        con.executemany(
            "INSERT INTO metrics.targets_daily "
            f"VALUES ('z', ?, ?, 'at least', {TARGET}, {STEADY}, NULL, false)",
            [(each, measure) for each in days if each not in missing],
        )
        found = con.execute(f"SELECT * FROM ({pace.query('metrics')}) WHERE business_date = ?", [day])
        names = [each[0] for each in found.description or []]
        return dict(zip(names, found.fetchone() or (), strict=True))


def test_a_record_that_begins_in_october_is_on_plan():
    row = paced(date(2025, 10, 1), date(2025, 10, 10), date(2025, 10, 10))
    shown = ("days_elapsed", "days_in_year", "days_covered", "to_date", "required", "pace_ratio")
    assert [row[name] for name in shown] == [283, 365, 10, 100, 100, 1.0]
    assert row["projection_linear"] == 3650


def test_a_day_that_is_not_published_is_not_held_against_the_zone():
    row = paced(date(2025, 1, 1), date(2025, 1, 10), date(2025, 1, 10), date(2025, 1, 5))
    assert (row["days_covered"], row["to_date"], row["required"], row["pace_ratio"]) == (9, 90, 90, 1.0)
    assert row["projection_linear"] == 3650


@pytest.mark.parametrize("day", [date(2025, 2, 28), date(2025, 6, 30), date(2025, 12, 31)])
def test_growth_after_a_leap_year_has_no_29_february(day: date):
    row = paced(date(2024, 1, 1), date(2025, 12, 31), day)
    assert row["projection_growth"] == row["projection_linear"] == 3650


@pytest.mark.parametrize("day", [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2024, 12, 31)])
def test_growth_of_a_leap_year_has_its_29_february(day: date):
    row = paced(date(2023, 1, 1), date(2024, 12, 31), day)
    assert row["projection_growth"] == row["projection_linear"] == 3660


def test_a_29_february_that_is_not_published_counts_as_one_day_of_365():
    row = paced(date(2023, 1, 1), date(2024, 12, 31), date(2024, 12, 31), date(2024, 2, 29))
    assert (row["to_date"], row["projection_growth"]) == (3650, 3660)


def test_growth_is_null_where_a_day_of_the_year_before_is_missing():
    row = paced(date(2023, 1, 1), date(2024, 6, 30), date(2024, 6, 30), date(2023, 7, 1))
    assert (row["projection_growth"], row["same_days"]) == (None, Decimal(1810))


@pytest.mark.parametrize(
    ("day", "ratio", "linear", "growth"),
    [
        (date(2024, 12, 31), None, None, None),  # the record began in 2024: its first days are no pace
        (date(2025, 6, 30), 1.0, 3650, None),  # nor is growth from them
        (date(2026, 6, 30), 1.0, 3650, 3650),
    ],
)
def test_new_enterprises_have_no_pace_in_the_year_the_record_begins(
    day: date, ratio: float | None, linear: int | None, growth: int | None
):
    row = paced(date(2024, 1, 1), date(2026, 6, 30), day, measure="enterprises")
    assert row["known_since"] == date(2024, 1, 1)
    assert [row[name] for name in ("pace_ratio", "projection_linear", "projection_growth")] == [
        ratio,
        linear,
        growth,
    ]
    assert row["to_date"] == row["days_covered"] * STEADY


def test_a_lake_with_the_view_of_before_gets_the_present_one(lake: Lake):
    lake.con.execute("CREATE OR REPLACE VIEW wh.metrics.targets_pace AS SELECT 1 AS days_covered")
    lake.con.execute("DELETE FROM wh.ledger.migrations WHERE number = 17")
    assert migrations.apply(lake) == [17]
    assert (
        lake.con.execute("SELECT required, projection_growth FROM wh.metrics.targets_pace").fetchall() == []
    )


def test_a_lake_of_before_gets_the_capacity_of_an_hour(lake: Lake):
    views = ("daily", "monthly", "quarterly", "ytd", "yoy")
    for each in views:
        lake.con.execute(f"DROP VIEW wh.metrics.capacity_{each}")
    for each in ("capacity_hour_lists", "peak_hour_share"):
        lake.con.execute(f"ALTER TABLE wh.vintages.capacity_daily DROP COLUMN {each}")
    lake.con.execute("DELETE FROM wh.ledger.migrations WHERE number = 17")
    assert migrations.apply(lake) == [17]
    for each in views:
        assert lake.con.execute(f"SELECT peak_hour_share FROM wh.metrics.capacity_{each}").fetchall() == []
