"""Months, quarters, the year to date and year-on-year, as views over the published daily figures.

Made from `Column.over_days` and `across` alone. They read the newest vintages, so they follow every restatement, and
a period never passes for more than it is: each row says how many of its days are published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
class Days:
    """The days that a figure is told of, in the words of the view that tells it."""

    number: str  # the column that says how many they are
    last: str | None = None  # condition of a row of the last one; None: stocks are not told
    only: str = "true"  # condition of a row of these days
    mark: str = ""  # ends the names of the view's columns about them


COVERED = Days("days_covered", last="t.business_date = last_date")
NOW = Days("days_compared", only="side = 'now'")
EARLIER = Days("days_compared", only="side = 'before'", mark="_before")


@dataclass(frozen=True)
class Figure:
    """A column of a view. `wide`: it is told of a wider group than the cell (see Column.across)."""

    name: str
    query: str
    wide: bool


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
        if table.name.endswith(DAILY):
            yield from of_table(table, metrics, days)
    yield View(TARGETS_PACE.name, pace.query(metrics))


def of_table(table: MetricTable, metrics: str, days: str) -> Iterator[View]:
    """The period views of one daily table."""
    base = table.name.removesuffix(DAILY)
    for suffix, unit in PERIODS.items():
        yield View(f"{base}_{suffix}", of_period(table, unit, metrics, days))
    yield View(f"{base}_{YEAR_ON_YEAR}", year_on_year(table, metrics, days))


def of_period(table: MetricTable, unit: str, metrics: str, days: str) -> str:
    """The figures of each calendar month or quarter, or of the year up to its last published date."""
    cells = [sql.name(each.id) for each in table.grain if each.id not in ("zone", "business_date")]
    place = ["t.zone", "period_start", "last_date", "days_covered"]
    figures = [
        Figure(column.id, f"CAST({told} AS {sql_type(column.dtype)})", _is_wide(table, column))
        for column in table.values
        if (told := over_days(table, column, COVERED))
    ]
    length = {
        "month": "date_diff('day', period_start, period_start + INTERVAL 1 MONTH)",
        "quarter": "date_diff('day', period_start, period_start + INTERVAL 3 MONTH)",
        "year": "date_diff('day', period_start, last_date) + 1",
    }[unit]
    wider = _across(
        table,
        metrics,
        ("zone", "period_start"),
        (COVERED,),
        lambda rows: f"SELECT *, {_start(unit, 'business_date')} AS period_start FROM {rows}",
    )
    of_cells = (
        f"SELECT {', '.join([*place, f'{length} AS days_in_period', *cells, *_narrow(figures)])} "
        f"FROM {metrics}.{table.name} t JOIN covered c "
        f"ON c.zone = t.zone AND c.period_start = {_start(unit, 't.business_date')} "
        f"WHERE NOT t.{PROVISIONAL} GROUP BY {', '.join([*place, *cells])}"
    )
    return (
        f"WITH covered AS (SELECT zone, {_start(unit, 'business_date')} AS period_start, "
        f"max(business_date) AS last_date, count(*) AS days_covered FROM {days} GROUP BY ALL)"
        + _with_wider(of_cells, ["zone", *PERIOD_COLUMNS, *cells], figures, wider)
    )


def year_on_year(table: MetricTable, metrics: str, days: str) -> str:
    """Periods against the same calendar days of the year before: only days published in both years.

    29 February has no counterpart and is compared in no year.
    """
    cells = [sql.name(each.id) for each in table.grain if each.id not in ("zone", "business_date")]
    figures = []
    for column in table.values:
        now, before = (over_days(table, column, each) for each in (NOW, EARLIER))
        if now and before:
            kind, wide = sql_type(column.dtype), _is_wide(table, column)
            change = f"CAST({now} AS DOUBLE) / nullif(CAST({before} AS DOUBLE), 0) - 1"
            figures += [
                Figure(column.id, f"CAST({now} AS {kind})", wide),
                Figure(f"{column.id}{EARLIER.mark}", f"CAST({before} AS {kind})", wide),
                Figure(f"{column.id}_change", change, wide),
            ]
    starts = " UNION ALL ".join(
        f"SELECT zone, day, before, '{unit}' AS period, {_start(unit, 'day')} AS period_start FROM shared"
        for unit in PERIODS.values()
    )

    def of_periods(rows: str) -> str:
        return " UNION ALL ".join(
            f"SELECT p.period, p.period_start, p.days_compared, p.last_date, '{side}' AS side, t.* "
            f"FROM {rows} t JOIN places s ON s.zone = t.zone AND s.{column} = t.business_date "
            "JOIN periods p ON p.zone = s.zone AND p.period = s.period AND p.period_start = s.period_start"
            for side, column in (("now", "day"), ("before", "before"))
        )

    place = ["zone", "period", "period_start", "last_date", "days_compared", *cells]
    wider = _across(table, metrics, ("zone", "period", "period_start"), (NOW, EARLIER), of_periods)
    of_cells = f"SELECT {', '.join([*place, *_narrow(figures)])} FROM t GROUP BY {', '.join(place)}"
    return (
        f"WITH published AS (SELECT DISTINCT zone, business_date FROM {days}), "
        "shared AS (SELECT a.zone, a.business_date AS day, b.business_date AS before FROM published a JOIN published b "
        "ON b.zone = a.zone AND b.business_date = CAST(a.business_date - INTERVAL 1 YEAR AS DATE) "
        "WHERE strftime(a.business_date, '%m-%d') <> '02-29'), "
        f"places AS ({starts}), "
        "periods AS (SELECT zone, period, period_start, count(*) AS days_compared, max(day) AS last_date "
        "FROM places GROUP BY ALL), "
        f"t AS ({of_periods(f'{metrics}.{table.name}')})" + _with_wider(of_cells, place, figures, wider)
    )


def over_days(table: MetricTable, column: Column, days: Days) -> str | None:
    """SQL of a column of the table over the days of a group; None where days do not tell it.

    A sum of which a day's amount is unknown (null) is unknown. What is told of a wider group is made of the
    view's own columns and of the sums that are joined to them.
    """
    rule = column.over_days
    if column.across:
        if rule != "sum":
            raise ValueError(f"column {column.id}: only a sum can be across {', '.join(column.across)}")
        return _whole(column.id, days)
    if isinstance(rule, tuple):
        wide = _is_wide(table, column)
        above, below = (_wide_part(table, each, days) if wide else _part(each, days) for each in rule)
        return f"CAST({above} AS DOUBLE) / nullif(CAST({below} AS DOUBLE), 0)"
    if rule == "sum":
        return _sum(column.id, days.only, floating=isinstance(column.dtype, pl.Float64))
    if rule == "max":
        return f"max(t.{sql.name(column.id)}) FILTER ({days.only})"
    if rule == "last":
        return f"max(t.{sql.name(column.id)}) FILTER ({days.last})" if days.last else None
    if rule == "stock":
        if not days.last:
            return None
        known = f"count(*) FILTER ({days.last}) > 0"
        stock = f"CASE WHEN {known} THEN max(t.{sql.name(column.id)}) FILTER ({days.last}) ELSE 0 END"
        if column.stock_where is None:
            return stock
        breakdown, value = column.stock_where
        where = f"t.{sql.name(breakdown)} = {sql.literal(value)}"
        return f"CASE WHEN {where} THEN {stock} ELSE {_sum(column.id, days.only)} END"
    if rule == "no":
        return None
    raise ValueError(f"column {column.id}: over_days {rule!r} is no rule (see Column.over_days)")


def _part(spelled: str, days: Days) -> str:
    """A numerator or denominator: `<id>`, `max:<id>` or `mean:<id>`."""
    how, _, id_ = spelled.rpartition(":")
    if how == "max":
        return f"max(t.{sql.name(id_)}) FILTER ({days.only})"
    if how == "mean":
        return f"({_sum(id_, days.only)} / {days.number})"
    return _sum(id_, days.only)


def _wide_part(table: MetricTable, spelled: str, days: Days) -> str:
    """A numerator or denominator of which one at least is of a wider group: sums only."""
    if spelled not in table.schema:
        raise ValueError(
            f"{table.name}: {spelled} beside an amount of a wider group, of which only sums are told"
        )
    wide = any(each.id == spelled and each.across for each in table.values)
    return _whole(spelled, days) if wide else sql.name(f"{spelled}{days.mark}")


def _is_wide(table: MetricTable, column: Column) -> bool:
    """Whether a column is of a wider group than the cell, or divided by such an amount."""
    parts = (column.id,) if isinstance(column.over_days, str) else column.over_days
    return any(
        each.across and each.id in {part.rpartition(":")[2] for part in parts} for each in table.values
    )


@dataclass(frozen=True)
class Wider:
    """The sums of the columns that are `across` breakdowns: CTEs, and how they are joined to the cells `t`."""

    queries: str
    joins: str


def _across(
    table: MetricTable,
    metrics: str,
    place: Sequence[str],
    told: Sequence[Days],
    of_periods: Callable[[str], str],
) -> Wider:
    """`place` says the period of a row of `of_periods`, which puts the rows of a relation into their periods.

    Every row of a wider group states its amount of the day, so one of them is taken.
    """
    queries, joins = "", ""
    for across in dict.fromkeys(each.across for each in table.values if each.across):
        columns = [each for each in table.values if each.across == across]
        daily, whole = (sql.name(f"{what}_across_{'_'.join(across)}") for what in ("daily", "whole"))
        grain = sql.names(each for each in table.grain_ids if each not in across)
        shared = [each for each in table.grain_ids if each not in ("zone", "business_date", *across)]
        amounts = ", ".join(f"max({sql.name(each.id)}) AS {sql.name(each.id)}" for each in columns)
        sums = ", ".join(
            f"{_sum(each.id, days.only, floating=isinstance(each.dtype, pl.Float64))} AS {_whole(each.id, days)}"
            for each in columns
            for days in told
        )
        group = [*place, *shared]
        keys = ", ".join(f"t.{sql.name(each)} AS {sql.name(f'of_{each}')}" for each in group)
        queries += (
            f", {daily} AS (SELECT {grain}, {amounts} FROM {metrics}.{table.name} WHERE NOT {PROVISIONAL} GROUP BY ALL)"
            f", {whole} AS (SELECT {keys}, {sums} FROM ({of_periods(daily)}) t GROUP BY {sql.names(group, 't.')})"
        )
        same = " AND ".join(
            f"{whole}.{sql.name(f'of_{each}')} {'=' if each in place else 'IS NOT DISTINCT FROM'} t.{sql.name(each)}"
            for each in group
        )
        joins += f" LEFT JOIN {whole} ON {same}"
    return Wider(queries, joins)


def _narrow(figures: Sequence[Figure]) -> list[str]:
    """What is told of the cells alone."""
    return [f"{each.query} AS {sql.name(each.name)}" for each in figures if not each.wide]


def _with_wider(of_cells: str, place: Sequence[str], figures: Sequence[Figure], wider: Wider) -> str:
    """The rest of a query whose figures of the cells alone are `of_cells`; all figures in their order."""
    if not wider.joins:
        return f" {of_cells}"
    shown = [
        f"{each.query} AS {sql.name(each.name)}" if each.wide else sql.name(each.name) for each in figures
    ]
    return f"{wider.queries} SELECT {', '.join([*place, *shown])} FROM ({of_cells}) t{wider.joins}"


def _whole(id_: str, days: Days) -> str:
    """Name of what a column that is `across` breakdowns adds up to."""
    return sql.name(f"whole_{id_}{days.mark}")


def _sum(id_: str, only: str, *, floating: bool = False) -> str:
    name = f"t.{sql.name(id_)}"
    return (
        f"CASE WHEN count(*) FILTER ({only}) = count({name}) FILTER ({only}) "
        f"THEN coalesce({'fsum' if floating else 'sum'}({name}) FILTER ({only}), 0) END"
    )


def _start(unit: str, column: str) -> str:
    return f"CAST(date_trunc('{unit}', {column}) AS DATE)"
