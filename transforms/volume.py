"""Daily volume: lists, orders, goods lines, packages, value, tax and weight of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.measures import VOLUME_BASES
from transforms.metric_tables import VOLUME_DAILY
from transforms.rollup import with_cells
from transforms.schemas import TOTAL

_BY = ("business_date", "basis")


def volume_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.volume_daily of the dates, sorted by grain.

    A list counts on the day of declared_at, accepted_at and released_at, whatever became of it. Sums are over
    the lists that state the amount; nothing stated is 0.
    """
    known, cells = with_cells(lists.select(NEEDED).collect(engine="in-memory"))
    stats = pl.concat(_of_basis(known.lazy(), basis, dates) for basis in VOLUME_BASES)
    return (
        cells.named(cells.rolled(stats, *_BY))
        .select(pl.col(name).cast(dtype) for name, dtype in VOLUME_DAILY.schema.items())
        .sort(VOLUME_DAILY.grain_ids)
    )


#: Columns of core.lists that volume_daily reads.
NEEDED = (
    "zone",
    "flow",
    "mode",
    "office",
    *(f"{basis}_at" for basis in VOLUME_BASES),
    "has_order",
    "items",
    "packages",
    "value_cny",
    "tax_cny",
    "gross_weight_kg",
)


def _of_basis(lists: pl.LazyFrame, basis: str, dates: Sequence[date]) -> pl.LazyFrame:
    """By base cell and date: what adds up."""
    return (
        lists.with_columns(pl.col(f"{basis}_at").dt.date().alias("business_date"))
        .filter(pl.col("business_date").is_in(list(dates)))
        .group_by("base", "business_date")
        .agg(
            pl.len().cast(pl.Int64).alias("lists"),
            pl.col("has_order").sum().cast(pl.Int64).alias("orders"),
            pl.col("items", "packages").sum(),
            pl.col("value_cny", "tax_cny", "gross_weight_kg").sum().cast(TOTAL),
        )
        .with_columns(pl.lit(basis).alias("basis"))
    )
