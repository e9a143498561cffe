"""The goods lines of the current lists, kept small: what figures by goods need of each line."""

from __future__ import annotations

import polars as pl

from transforms.inputs import GOODS_LINE
from transforms.money import with_cny
from transforms.schemas import GOODS, MONEY


def goods_lines(lists: pl.LazyFrame, rates: pl.LazyFrame) -> pl.LazyFrame:
    """list_id -> `goods`, in the order of the list; none for a list without lines.

    An item without a currency has the one of the head. `value_cny` is null where no total is stated or no
    rate is known. Converted line by line, so the lines of a list may differ from its value in the last digit.
    """
    items = [f"item_{name}" for name in GOODS_LINE]
    lines = (
        lists.select("list_id", "date", pl.col("currency").alias("head"), *items)
        .explode(*items, empty_as_null=False, keep_nulls=False)
        .with_row_index("line")
        .with_columns(pl.coalesce("item_currency", "head").alias("currency"))
        .pipe(with_cny, "item_total_price", "value_cny", rates)
        .sort("line")
    )
    told = {
        "hs": pl.col("item_gcode"),
        "article": pl.coalesce("item_item_no", "item_item_record_no"),
        "country": pl.col("item_country"),
        "value_cny": pl.col("value_cny"),
        "quantity": pl.col("item_qty1").cast(MONEY, strict=False),
        "unit": pl.col("item_unit1"),
    }
    return (
        lines.select(
            "list_id",
            pl.struct(*(value.alias(name) for name, value in told.items())).cast(GOODS).alias("goods"),
        )
        .group_by("list_id", maintain_order=True)
        .agg("goods")
    )
