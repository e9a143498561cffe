"""Months, quarters, the year to date and year-on-year, as views over the published daily figures.

Made from `Column.over_days` alone. They read the newest vintages, so they follow every restatement, and
a period never passes for more than it is: each row says how many of its days are published.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from transforms.metric_model import Column, MetricTable
from transforms.metric_tables import METRIC_TABLES
from transforms.schemas import sql_type
from transforms.targets import TARGETS_PACE
from warehouse import pace, sql
from warehouse.schema import PROVISIONAL

DAILY = "_daily"
#: View suffix -> what DuckDB truncates a date to.
PERIODS = {"monthly": "month", "quarterly": "quarter", "ytd": "year"}
YEAR_ON_YEAR = "yoy"
#: What stands before the figures of a period.
PERIOD_COLUMNS = ("period_start", "last_date", "days_covered", "days_in_period")


@dataclass(frozen=True)
class View:
    """A view of the schema metrics and the query it stands for."""

    name: str
    query: str


def views(metrics: str = "metrics", days: str = "metrics.published_days") -> Iterator[View]:
    """Every period view and metrics.targets_pace, over the tables of the schema `metrics`.

    `days` is a relation (zone, business_date) of the dates published: a date published without a row of a
    cell counts as covered, and the cell as 0 that day.
    """
    for table in METRIC_TABLES.values():
        if not table.name.endswith(DAILY):
            continue
        base = table.name.removesuffix(DAILY)
        for suffix, unit in PERIODS.items():
            yield View(f"{base}_{suffix}", of_period(table, unit, metrics, days))
        yield View(f"{base}_{YEAR_ON_YEAR}", year_on_year(table, metrics, days))
    yield View(TARGETS_PACE.name, pace.query(metrics))


def of_period(table: MetricTable, unit: str, metrics: str, days: str) -> str:
    """The figures of each calendar month or quarter, or of the year up to its last published date."""
    cells = [sql.name(each.id) for each in table.grain if each.id not in ("zone", "business_date")]
    place = ["t.zone", "period_start", "last_date", "days_covered"]
    figures = [
        f"CAST({aggregate} AS {sql_type(column.dtype)}) AS {sql.name(column.id)}"
        for column in table.values
        if (aggregate := over_days(column, "days_covered", "t.business_date = last_date"))
    ]
    length = {
        "month": "date_diff('day', period_start, period_start + INTERVAL 1 MONTH)",
        "quarter": "date_diff('day', period_start, period_start + INTERVAL 3 MONTH)",
        "year": "date_diff('day', period_start, last_date) + 1",
    }[unit]
    return (
        f"WITH covered AS (SELECT zone, {_start(unit, 'business_date')} AS period_start, "
        f"max(business_date) AS last_date, count(*) AS days_covered FROM {days} GROUP BY ALL) "
        f"SELECT {', '.join([*place, f'{length} AS days_in_period', *cells, *figures])} "
        f"FROM {metrics}.{table.name} t JOIN covered c "
        f"ON c.zone = t.zone AND c.period_start = {_start(unit, 't.business_date')} "
        f"WHERE NOT t.{PROVISIONAL} GROUP BY {', '.join([*place, *cells])}"
    )


def year_on_year(table: MetricTable, metrics: str, days: str) -> str:
    """Periods against the same calendar days of the year before: only days published in both years.

    29 February has no counterpart and is compared in no year.
    """
    cells = [sql.name(each.id) for each in table.grain if each.id not in ("zone", "business_date")]
    figures = []
    for column in table.values:
        now, before = (
            over_days(column, "days_compared", None, f"side = '{side}'") for side in ("now", "before")
        )
        if now and before:
            kind = sql_type(column.dtype)
            figures += [
                f"CAST({now} AS {kind}) AS {sql.name(column.id)}",
                f"CAST({before} AS {kind}) AS {sql.name(f'{column.id}_before')}",
                f"CAST({now} AS DOUBLE) / nullif(CAST({before} AS DOUBLE), 0) - 1 AS {sql.name(f'{column.id}_change')}",
            ]
    starts = " UNION ALL ".join(
        f"SELECT zone, day, before, '{unit}' AS period, {_start(unit, 'day')} AS period_start FROM shared"
        for unit in PERIODS.values()
    )
    rows = " UNION ALL ".join(
        f"SELECT p.period, p.period_start, p.days_compared, p.last_date, '{side}' AS side, t.* "
        f"FROM {metrics}.{table.name} t JOIN places s ON s.zone = t.zone AND s.{column} = t.business_date "
        "JOIN periods p ON p.zone = s.zone AND p.period = s.period AND p.period_start = s.period_start"
        for side, column in (("now", "day"), ("before", "before"))
    )
    place = ["zone", "period", "period_start", "last_date", "days_compared", *cells]
    return (
        f"WITH published AS (SELECT DISTINCT zone, business_date FROM {days}), "
        "shared AS (SELECT a.zone, a.business_date AS day, b.business_date AS before FROM published a JOIN published b "
        "ON b.zone = a.zone AND b.business_date = CAST(a.business_date - INTERVAL 1 YEAR AS DATE) "
        "WHERE strftime(a.business_date, '%m-%d') <> '02-29'), "
        f"places AS ({starts}), "
        "periods AS (SELECT zone, period, period_start, count(*) AS days_compared, max(day) AS last_date "
        "FROM places GROUP BY ALL), "
        f"t AS ({rows}) "
        f"SELECT {', '.join([*place, *figures])} FROM t GROUP BY {', '.join(place)}"
    )


def over_days(column: Column, days: str, last: str | None, only: str = "true") -> str | None:
    """SQL of a column over the days of a group; None where days do not tell it.

    A sum of which a day's amount is unknown (null) is unknown. `days` names the number of days, `last` is
    the condition of the last one; without it a stock is not told.
    """
    rule = column.over_days
    if isinstance(rule, tuple):
        above, below = (_part(each, days, only) for each in rule)
        return f"CAST({above} AS DOUBLE) / nullif(CAST({below} AS DOUBLE), 0)"
    if rule == "sum":
        return _sum(column.id, only, floating=isinstance(column.dtype, pl.Float64))
    if rule == "max":
        return f"max(t.{sql.name(column.id)}) FILTER ({only})"
    if rule == "last":
        return f"max(t.{sql.name(column.id)}) FILTER ({last})" if last else None
    if rule == "no":
        return None
    raise ValueError(f"column {column.id}: over_days {rule!r} is no rule (see Column.over_days)")


def _part(spelled: str, days: str, only: str) -> str:
    """A numerator or denominator: `<id>`, `max:<id>` or `mean:<id>`."""
    how, _, id_ = spelled.rpartition(":")
    if how == "max":
        return f"max(t.{sql.name(id_)}) FILTER ({only})"
    if how == "mean":
        return f"({_sum(id_, only)} / {days})"
    return _sum(id_, only)


def _sum(id_: str, only: str, *, floating: bool = False) -> str:
    name = f"t.{sql.name(id_)}"
    return (
        f"CASE WHEN count(*) FILTER ({only}) = count({name}) FILTER ({only}) "
        f"THEN coalesce({'fsum' if floating else 'sum'}({name}) FILTER ({only}), 0) END"
    )


def _start(unit: str, column: str) -> str:
    return f"CAST(date_trunc('{unit}', {column}) AS DATE)"
