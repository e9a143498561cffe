"""metrics.targets_pace: the pace of the year on each published day, over metrics.targets_daily.

Columns and formulas are declared in transforms.targets.TARGETS_PACE.
"""

from __future__ import annotations

from transforms.schemas import sql_type
from transforms.targets import AT_LEAST, FIRSTS, TARGETS_PACE
from warehouse import sql
from warehouse.schema import PROVISIONAL

#: Calendar days that every year has.
_DAYS = 365
_LEAP_DAY = "strftime({}, '%m-%d') = '02-29'"


def query(metrics: str) -> str:
    """The query of the view over the schema `metrics`; null where something needed is not there."""
    day, before = "business_date", "CAST(d.business_date - INTERVAL 1 YEAR AS DATE)"
    total = f"aim = {sql.literal(AT_LEAST)}"
    run_in, run_in_before = (
        f"(r.measure = {sql.literal(FIRSTS)} AND year(known_since) >= year({day}){earlier})"
        for earlier in ("", " - 1")
    )
    grown = "whole * same_days / nullif(same_days_before, 0)"
    figures = {
        "days_elapsed": f"dayofyear({day})",
        "days_in_year": f"dayofyear(make_date(year({day}), 12, 31))",
        "to_date": f"CASE WHEN {total} THEN to_date_numerator ELSE to_date_numerator / nullif(to_date_denominator, 0) END",
        "required": f"CASE WHEN {total} THEN target * days_covered / days_in_year ELSE target END",
        "pace_ratio": f"CASE WHEN NOT {run_in} THEN CAST(to_date AS DOUBLE) / nullif(CAST(required AS DOUBLE), 0) END",
        "projection_linear": f"CASE WHEN {run_in} THEN NULL WHEN {total} THEN to_date * days_in_year / days_covered "
        "ELSE to_date END",
        "projection_growth": f"CASE WHEN {total} AND whole_days = whole_length AND NOT {run_in_before} THEN {grown} "
        f"+ coalesce(leap_day, CASE WHEN days_in_year = {_DAYS + 1} THEN {grown} / {_DAYS} ELSE 0 END) END",
    }
    steps = ", ".join(
        f"CAST({figure} AS {sql_type(TARGETS_PACE.schema[name])}) AS {name}"
        for name, figure in figures.items()
    )
    shared = f"{total} AND of_before IS NOT NULL"
    window = "OVER (PARTITION BY zone, measure, year(business_date) ORDER BY business_date)"
    kind = sql_type(TARGETS_PACE.schema["to_date"])
    return (
        "WITH daily AS (SELECT zone, business_date, measure, aim, target, numerator, denominator "
        f"FROM {metrics}.targets_daily WHERE NOT {PROVISIONAL}), "
        "paired AS (SELECT d.*, b.numerator AS of_before FROM daily d LEFT JOIN daily b ON b.zone = d.zone "
        f"AND b.measure = d.measure AND b.business_date = {before} "
        f"AND NOT {_LEAP_DAY.format('d.business_date')}), "
        f"running AS (SELECT *, min({day}) OVER (PARTITION BY zone) AS known_since, "
        f"count(*) {window} AS days_covered, "
        f"CAST(sum(numerator) {window} AS {kind}) AS to_date_numerator, "
        f"CAST(sum(denominator) {window} AS BIGINT) AS to_date_denominator, "
        f"CAST(sum(CASE WHEN {_LEAP_DAY.format(day)} THEN numerator END) {window} AS {kind}) AS leap_day, "
        f"CAST(sum(CASE WHEN {shared} THEN numerator END) {window} AS {kind}) AS same_days, "
        f"CAST(sum(CASE WHEN {shared} THEN of_before END) {window} AS {kind}) AS same_days_before FROM paired), "
        "years AS (SELECT zone, measure, year(business_date) AS of_year, count(*) AS whole_days, "
        f"CAST(sum(numerator) FILTER (NOT {_LEAP_DAY.format(day)}) AS {kind}) AS whole, "
        "dayofyear(make_date(year(any_value(business_date)), 12, 31)) "
        "AS whole_length FROM daily GROUP BY ALL), "
        f"figures AS (SELECT r.*, whole, whole_days, whole_length, {steps} FROM running r LEFT JOIN years y "
        "ON y.zone = r.zone AND y.measure = r.measure AND y.of_year = year(r.business_date) - 1) "
        f"SELECT {sql.names(TARGETS_PACE.schema)} FROM figures"
    )
