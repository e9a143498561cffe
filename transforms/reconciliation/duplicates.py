"""Lists that claim the same order or the same waybill as another list."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transforms.links import APART_DAYS, ORDER_KEY, WAYBILL_KEY


def claimed_twice(lists: pl.LazyFrame, flow: str) -> pl.LazyFrame:
    """list_id of lists of one flow whose order or waybill another list near in time claims too, once each.

    A list that was cancelled claims nothing.
    """
    own = lists.filter(pl.col("cancelled_at").is_null())
    return pl.concat([_twice(own, ORDER_KEY[flow]), _twice(own, WAYBILL_KEY)]).unique()


def _twice(lists: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    days = pl.col("business_date").cast(pl.Int32)
    near_before = ((days - days.shift()).abs() <= APART_DAYS).fill_null(value=False)
    near = pl.col("_near_before") | pl.col("_near_before").shift(-1, fill_value=False)
    undated = pl.col("business_date").is_null().any()  # it may be near to any of them
    return (
        lists.select("list_id", "business_date", *key)
        .drop_nulls([*key])
        .filter(pl.len().over(key) > 1)
        .sort("business_date", "list_id")
        .with_columns(near_before.over(key).alias("_near_before"))
        .filter((near | undated).over(key))
        .select("list_id")
    )
