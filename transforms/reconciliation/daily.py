"""Daily figures of reconciliation: counts, values and times by result and reason, and presence patterns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import product

import polars as pl

from transforms.compute import computed
from transforms.measures import ALL, UNKNOWN
from transforms.quantiles import in_hours
from transforms.reconciliation.tables import (
    PATTERNS,
    PRESENT,
    RECONCILIATION_DAILY,
    RECONCILIATION_PATTERNS_DAILY,
)
from transforms.schemas import TOTAL

_CELL = ("flow", "mode")
_PLACE = ("zone", "business_date")
#: Columns of core.reconciliation the figures read.
NEEDED = (
    "subject",
    "flow",
    "mode",
    "result",
    "reasons",
    "leads",
    *(f"has_{each}" for each in PRESENT),
    "value_cny",
    "difference_cny",
    "tolerance_cny",
    "first_at",
    "matched_at",
)


def reconciliation_daily(rows: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.reconciliation_daily of the dates, sorted by grain.

    Computed a date at a time: each row is there eight times over on the way, by basis and roll-up.
    """
    return pl.concat(
        [
            pl.LazyFrame(schema=RECONCILIATION_DAILY.schema),
            *(computed(_of_date(rows, day)) for day in sorted(set(dates))),
        ]
    ).sort(RECONCILIATION_DAILY.grain_ids)


def _of_date(rows: pl.LazyFrame, day: date) -> pl.LazyFrame:
    known = _of_dates(rows, [day])
    place = [*_PLACE, "subject", *_CELL]
    coded = [
        known.with_columns(pl.lit("result").alias("basis"), pl.col("result").alias("code")),
        known.explode("reasons", empty_as_null=False, keep_nulls=False).with_columns(
            pl.lit("reason").alias("basis"), pl.col("reasons").alias("code")
        ),
    ]
    columns = [*place, "basis", "code", "value_cny", "difference_cny", "tolerance_cny", "_span"]
    rolled = _rolled(pl.concat(each.select(columns) for each in coded))
    totals = _rolled(known.select(place)).group_by(place).agg(pl.len().cast(pl.Int64).alias("total"))
    return (
        rolled.group_by(*place, "basis", "code")
        .agg(
            pl.len().cast(pl.Int64).alias("number"),
            pl.col("value_cny", "difference_cny").sum().cast(TOTAL),
            pl.col("_span").drop_nulls().len().cast(pl.Int64).alias("timed"),
            pl.col("_span").drop_nulls().sort().alias("_spans"),
            pl.col("tolerance_cny").max().fill_null(0).cast(TOTAL),
        )
        .join(totals, on=place, how="left")
        .with_columns(_share("number"), _median().alias("median_h"))
        .pipe(_shaped, RECONCILIATION_DAILY.schema, RECONCILIATION_DAILY.grain_ids)
    )


def reconciliation_patterns_daily(rows: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.reconciliation_patterns_daily of the dates: all 15 patterns of every cell, sorted by grain."""
    leading = _of_dates(rows, dates).filter("leads")
    names = (pl.when(f"has_{each}").then(pl.lit(each)) for each in PRESENT)
    place = [*_PLACE, *_CELL]
    counted = _rolled(
        leading.select(*place, pl.concat_str(names, separator="+", ignore_nulls=True).alias("pattern"))
    )
    totals = counted.group_by(place).agg(pl.len().cast(pl.Int64).alias("total")).pipe(computed)
    found = counted.group_by(*place, "pattern").agg(pl.len().cast(pl.Int64).alias("purchases"))
    return (
        totals.join(pl.LazyFrame({"pattern": PATTERNS}), how="cross")
        .join(found, on=[*place, "pattern"], how="left")
        .with_columns(pl.col("purchases").fill_null(0))
        .with_columns(_share("purchases"))
        .pipe(_shaped, RECONCILIATION_PATTERNS_DAILY.schema, RECONCILIATION_PATTERNS_DAILY.grain_ids)
    )


def _of_dates(rows: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """Rows of the dates, an empty mode named, with `_span`, the milliseconds until matched."""
    return computed(
        rows.filter(pl.col("business_date").is_in(list(dates))).select(
            *_PLACE,
            "subject",
            "flow",
            pl.col("mode").fill_null(UNKNOWN),
            *(each for each in NEEDED if each not in ("subject", *_CELL, "first_at", "matched_at")),
            (pl.col("matched_at") - pl.col("first_at")).dt.total_milliseconds().alias("_span"),
        )
    )


def _rolled(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Every row once for its own flow and mode and once for each roll-up."""
    return pl.concat(
        rows.with_columns(pl.lit(ALL).alias(name) for name, kept in zip(_CELL, keep, strict=True) if not kept)
        for keep in product((True, False), repeat=len(_CELL))
    )


def _share(number: str) -> pl.Expr:
    return (pl.col(number) / pl.col("total")).alias("share")


def _median() -> pl.Expr:
    """Of sorted whole milliseconds: the one in the middle, or half the sum of the two there; in hours."""
    size = pl.col("_spans").list.len().cast(pl.Int64)
    low = pl.col("_spans").list.get((size - 1) // 2, null_on_oob=True)
    high = pl.col("_spans").list.get(size // 2, null_on_oob=True)
    return pl.when(size > 0).then(in_hours(low + high, 2))


def _shaped(rows: pl.LazyFrame, schema: dict[str, pl.DataType], grain: Sequence[str]) -> pl.LazyFrame:
    return rows.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(grain)
