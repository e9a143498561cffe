"""The yearly limit of a buyer: which lists bring the purchases of a calendar year above it."""

from __future__ import annotations

import polars as pl

from sources.contracts.tax_rates import ANNUAL_LIMITS
from transforms.reconciliation.codes import CODES, result
from transforms.reconciliation.limits import in_force
from transforms.schemas import TOTAL

OVER = "over_annual_limit"


def with_annual(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows of core.reconciliation with the reason OVER where it applies, and the result that follows.

    `rows`: every list of a buyer that counts in a calendar year, and any others. A list counts from its
    release (`counted_at`) with its dutiable value, an unknown one with nothing; one that was returned
    in time does not count. Lists are added up in order of release, of one moment by business key: over the limit is every
    list with which the sum of the year is above it.
    """
    counted = pl.col("counted_at").is_not_null() & pl.col("buyer").is_not_null()
    year = pl.col("counted_at").dt.year()
    so_far = pl.col("dutiable_cny").cast(TOTAL).fill_null(0).cum_sum().over("buyer", year)
    over = counted & (so_far > in_force(ANNUAL_LIMITS, pl.col("counted_at").dt.date()))
    has = {code: pl.col("reasons").list.contains(code) for code in CODES} | {OVER: over.fill_null(False)}
    reasons = pl.concat_list(pl.when(there).then(pl.lit(code)) for code, there in has.items())
    return (
        rows.sort("buyer", "counted_at", "business_key")
        .with_columns(reasons.list.drop_nulls().alias("reasons"))
        .with_columns(result())
    )
