"""Daily volume: lists, orders, goods lines, packages, value, tax and weight of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.measures import VOLUME_BASES
from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, basis, count, money, weight
from transforms.rollup import with_cells
from transforms.schemas import TOTAL

VOLUME_DAILY = MetricTable(
    "volume_daily",
    "每日业务量",
    "daily volume",
    (
        ZONE,
        DATE,
        basis(VOLUME_BASES, "which time dates a list: declared_at, accepted_at or released_at"),
        *BREAKDOWN,
    ),
    (
        count("lists", "清单数", "lists", "number of lists"),
        count("orders", "订单数", "orders", "lists with an order document", "lists.has_order"),
        count("items", "商品项数", "goods lines", "sum of goods lines", "lists.items"),
        count("packages", "件数", "packages", "sum of the stated packNo", "lists.packages"),
        money(
            "value_cny",
            "货值",
            "goods value",
            "sum of item totals; lists without a known value add nothing",
            "lists.value_cny",
        ),
        money("tax_cny", "税款", "tax", "sum of tax bills not void", "lists.tax_cny"),
        weight(
            "gross_weight_kg",
            "毛重",
            "gross weight",
            "sum of the lists' gross weights",
            "lists.gross_weight_kg",
        ),
    ),
    since="1",
)

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
