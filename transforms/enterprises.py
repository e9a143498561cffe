"""Enterprises by role: how many are active and new, how large they are, and how concentrated the business is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from transforms.enterprise_tables import CLASS_DAYS, ENTERPRISES_DAILY, TOPS
from transforms.measures import ALL
from transforms.schemas import TOTAL
from transforms.stated import Stated

_WHO = ["zone", "role", "code"]
_PLACE = ["zone", "business_date", "flow", "role", "size_class"]
#: Values are squared in whole units of their last digit: no rounding, and sums that do not depend on the order.
_UNITS = 10 ** (TOTAL.scale or 0)
#: Up to this many units (100 trillion CNY) squares, and the square of the sum, fit into 128 bits.
_GREATEST = 10**19


def enterprises_daily(
    days: pl.LazyFrame, firsts: pl.LazyFrame, dates: Sequence[date], stated: Stated
) -> pl.LazyFrame:
    """metrics.enterprises_daily of the dates, sorted by grain.

    `days`: rows of core.enterprise_days of the dates and the 364 days before each; `firsts`: rows of
    core.enterprises first seen on the dates.
    """
    known = days.collect(engine="in-memory").lazy()
    active = known.filter(pl.col("business_date").is_in(list(dates)))
    both = active.group_by(*_WHO, "business_date").agg(pl.col("lists", "value_cny").sum())
    firms = (
        pl.concat(
            [
                active.select("business_date", *_WHO, "flow", "lists", "value_cny"),
                both.select("business_date", *_WHO, pl.lit(ALL).alias("flow"), "lists", "value_cny"),
            ]
        )
        .join(classes(known, dates, stated), on=[*_WHO, "business_date"], how="left")
        .join(
            firsts.select(*_WHO, "business_date", pl.lit(1, dtype=pl.Int64).alias("new")),
            on=[*_WHO, "business_date"],
            how="left",
        )
    )
    cells = pl.concat(
        [
            firms.with_columns(pl.lit(ALL).alias("size_class")),
            firms.filter(pl.col("size_class").is_not_null()),
        ]
    )
    return (
        cells.group_by(_PLACE)
        .agg(
            pl.len().cast(pl.Int64).alias("active"),
            pl.col("new").sum(),
            pl.col("lists", "value_cny").sum(),
            *(pl.col("value_cny").top_k(each).sum().alias(f"top{each}_value_cny") for each in TOPS),
            _squares().alias("_squares"),
            pl.col("lists").cast(pl.Float64).median().alias("median_lists"),
            pl.col("value_cny").cast(pl.Float64).median().alias("median_value_cny"),
        )
        .with_columns(
            *(_of_value(pl.col(f"top{each}_value_cny")).alias(f"top{each}_share") for each in TOPS),
            _concentration().alias("hhi"),
            (pl.col("_squares").cast(pl.Float64) / _UNITS**2).alias("squares_cny2"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ENTERPRISES_DAILY.schema.items())
        .sort(ENTERPRISES_DAILY.grain_ids)
    )


def classes(days: pl.LazyFrame, dates: Sequence[date], stated: Stated) -> pl.LazyFrame:
    """(zone, role, code, business_date) -> `size_class` by the value of the CLASS_DAYS days up to the date.

    Null where the zone states no classes; both flows count, in the one role.
    """
    chosen = pl.lit(None, dtype=pl.String)
    for name, floor in sorted(stated.size_classes, key=lambda each: each[1]):
        chosen = pl.when(pl.col("total") >= pl.lit(floor)).then(pl.lit(name)).otherwise(chosen)
    totals = [
        days.filter(pl.col("business_date").is_between(day - timedelta(days=CLASS_DAYS - 1), day))
        .group_by(_WHO)
        .agg(pl.col("value_cny").sum().alias("total"))
        .select(*_WHO, pl.lit(day).alias("business_date"), chosen.alias("size_class"))
        for day in dates
    ]
    empty = {**dict.fromkeys(_WHO, pl.String()), "business_date": pl.Date(), "size_class": pl.String()}
    return pl.concat([pl.LazyFrame(schema=empty), *totals])


def _of_value(amount: pl.Expr) -> pl.Expr:
    value = pl.col("value_cny").cast(pl.Float64)
    return pl.when(value != 0).then(amount.cast(pl.Float64) / value)


def _units() -> pl.Expr:
    return pl.col("value_cny").cast(pl.Decimal(38, TOTAL.scale)).to_physical()


def _squares() -> pl.Expr:
    return pl.when(_units().sum() <= _GREATEST).then((_units() * _units()).sum())


def _concentration() -> pl.Expr:
    total = _units()
    return pl.when(total != 0).then(pl.col("_squares").cast(pl.Float64) / (total * total).cast(pl.Float64))
