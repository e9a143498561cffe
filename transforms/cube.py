"""Figures by the combinations of some columns, with every roll-up in which one or more of them is 'all'."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product

import polars as pl

from transforms.compute import computed
from transforms.measures import ALL, UNKNOWN
from transforms.metric_model import Column, MetricTable, count, hours
from transforms.quantiles import HOUR_MS, in_hours, interpolated

_QUANTILES = {"median_h": (1, 2), "p90_h": (9, 10)}


def known(rows: pl.LazyFrame, *names: str) -> pl.LazyFrame:
    """Rows with 'unknown' where a breakdown is empty."""
    return rows.with_columns(pl.col(names).fill_null(UNKNOWN))


def rolled(over: Sequence[str]) -> Iterator[list[pl.Expr]]:
    """For every roll-up what its breakdowns become: the column itself, or 'all'."""
    for keep in product((True, False), repeat=len(over)):
        yield [
            pl.col(name) if kept else pl.lit(ALL).alias(name) for name, kept in zip(over, keep, strict=True)
        ]


def summed(
    rows: pl.LazyFrame, by: Sequence[str], over: Sequence[str], values: Sequence[pl.Expr]
) -> pl.LazyFrame:
    """Sums by `by` and by every roll-up of `over`; each of `values` must add up over rows."""
    cells = rows.group_by(*by, *over).agg(values).pipe(computed)
    return pl.concat(
        cells.with_columns(kept).group_by(*by, *over).agg(pl.all().sum()) for kept in rolled(over)
    )


def shaped(figures: pl.LazyFrame, table: MetricTable) -> pl.LazyFrame:
    """The figures in the shape of their table, sorted by grain."""
    return figures.select(pl.col(name).cast(dtype) for name, dtype in table.schema.items()).sort(
        table.grain_ids
    )


def ratio(numerator: str, denominator: str) -> pl.Expr:
    """One column over another, null over nothing."""
    above, below = pl.col(numerator).cast(pl.Float64), pl.col(denominator).cast(pl.Float64)
    return pl.when(below != 0).then(above / below)


def number(which: pl.Expr, name: str) -> pl.Expr:
    """How many rows are so."""
    return which.fill_null(False).sum().cast(pl.Int64).alias(name)


def on_days(rows: pl.LazyFrame, time: str, dates: Sequence[date]) -> pl.LazyFrame:
    """Rows whose `time` is on one of the dates, with that day as `business_date`."""
    return rows.with_columns(pl.col(time).dt.date().alias("business_date")).filter(
        pl.col("business_date").is_in(list(dates))
    )


def timed(rows: pl.LazyFrame, by: Sequence[str], over: Sequence[str]) -> pl.LazyFrame:
    """The columns of `timing` by `by` and by every roll-up of `over`.

    `rows` bear `duration` in whole milliseconds, null where it cannot be told, and perhaps `open`: it still
    runs. An open one counts as longer than all others in the quantiles.
    """
    names = rows.collect_schema().names()
    still = pl.col("open") if "open" in names else pl.lit(False)
    cells = computed(rows.select(*by, *over, "duration", still.alias("open")))
    duration = pl.col("duration")
    used = (duration >= 0) & ~pl.col("open")
    statistics = (
        used.sum().cast(pl.Int64).alias("n"),
        duration.filter(used).sum().alias("_sum"),
        duration.filter(used).sort().alias("durations"),
        pl.col("open").sum().cast(pl.Int64),
        ((duration < 0) & ~pl.col("open")).sum().cast(pl.Int64).alias("negative"),
        (duration.is_null() & ~pl.col("open")).sum().cast(pl.Int64).alias("undefined"),
    )
    return pl.concat(
        cells.with_columns(kept).group_by(*by, *over).agg(statistics) for kept in rolled(over)
    ).with_columns(
        in_hours(pl.col("_sum")).alias("total_h"),
        pl.when(pl.col("n") > 0).then(pl.col("_sum") / (pl.col("n") * HOUR_MS)).alias("mean_h"),
        *(interpolated(name, probability, "open") for name, probability in _QUANTILES.items()),
    )


def timing(open_: str | None = None) -> tuple[Column, ...]:
    """The columns `timed` computes; `open_` is the formula of those still running, where there are any."""
    total = "; those open count as longer than all others" if open_ else ""
    return (
        count("n", "样本数", "durations measured", "durations known, ended and not negative"),
        hours("total_h", "合计时长", "sum of durations", "sum over n", over_days="sum"),
        hours("mean_h", "平均", "mean", "total_h / n", over_days=("total_h", "n")),
        hours("median_h", "中位数", "median", f"quantile 0.5 on the release basis{total}"),
        hours("p90_h", "90分位", "90th percentile", f"quantile 0.9 on the release basis{total}"),
        *([count("open", "未结数", "still running", open_)] if open_ else []),
        count("negative", "负时长数", "negative durations", "end before start; not in n"),
        count("undefined", "无法计算数", "undefined durations", "start or end unknown; not in n"),
    )
