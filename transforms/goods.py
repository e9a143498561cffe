"""Goods of the lists released on a day: by HS chapter and heading, and by country."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.goods_tables import COUNTRIES_DAILY, GOODS_DAILY
from transforms.measures import ALL, UNKNOWN

_PLACE = ("zone", "business_date", "flow")
_DIGITS = {"all": 0, "chapter": 2, "heading": 4}
_KNOWN_CODE = r"^\d{4}"


def released_lines(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """Goods lines of the lists released on the dates, once under their flow and once under `all`; computed.

    Columns: zone, business_date, flow, list (a number), thing (a number: enterprise and article; null: no
    article) and those of schemas.GOODS.
    """
    day = pl.col("released_at").dt.date().alias("business_date")
    lines = (
        lists.filter(pl.col("released_at").dt.date().is_in(list(dates)))
        .select("zone", day, "flow", "ebc_code", "goods")
        .with_row_index("list")
        .explode("goods", empty_as_null=False, keep_nulls=False)
        .unnest("goods")
        # A number is counted several times as fast as a pair of texts, and each line is counted six times.
        .with_columns(
            pl.concat_str("ebc_code", "article", separator="\x1f")
            .cast(pl.Categorical)
            .to_physical()
            .alias("thing")
        )
    )
    both = pl.concat([lines, lines.with_columns(pl.lit(ALL).alias("flow"))])
    return both.collect(engine="in-memory").lazy()


def goods_daily(lines: pl.LazyFrame) -> pl.LazyFrame:
    """metrics.goods_daily of `released_lines`, sorted by grain."""
    known = pl.col("hs").str.contains(_KNOWN_CODE).fill_null(False)
    levels = [
        lines.with_columns(
            pl.lit(level).alias("level"),
            (
                pl.when(known).then(pl.col("hs").str.slice(0, digits)).otherwise(pl.lit(UNKNOWN))
                if digits
                else pl.lit(ALL)
            ).alias("hs"),
        )
        for level, digits in _DIGITS.items()
    ]
    place = [*_PLACE, "level", "hs"]
    figures = pl.concat([_by_code(each, place) for each in levels])
    return figures.select(pl.col(name).cast(dtype) for name, dtype in GOODS_DAILY.schema.items()).sort(
        GOODS_DAILY.grain_ids
    )


def _by_code(lines: pl.LazyFrame, place: list[str]) -> pl.LazyFrame:
    one_unit = (pl.col("unit").n_unique() == 1) & pl.col("unit").is_not_null().all()
    complete = one_unit & pl.col("quantity").is_not_null().all()
    sums = lines.group_by(place).agg(
        *_sums(),
        pl.when(complete).then(pl.col("quantity").sum()).alias("quantity"),
        pl.when(complete).then(pl.col("unit").first()).alias("unit"),
        pl.col("thing").drop_nulls().n_unique().alias("articles"),
        pl.col("country").drop_nulls().n_unique().alias("countries"),
    )
    first = (
        lines.filter(pl.col("country").is_not_null())
        .group_by(*place, pl.col("country").alias("top_country"))
        .agg(pl.col("value_cny").sum().alias("top_country_value_cny"))
        .sort("top_country_value_cny", "top_country", descending=[True, False])
        .unique(place, keep="first", maintain_order=True)
    )
    return sums.join(first, on=place, how="left").with_columns(
        _ratio("top_country_value_cny", "value_cny").alias("top_country_share")
    )


def countries_daily(lines: pl.LazyFrame) -> pl.LazyFrame:
    """metrics.countries_daily of `released_lines`, sorted by grain."""
    place = [*_PLACE, "country"]
    every = pl.concat(
        [
            lines.with_columns(pl.col("country").fill_null(UNKNOWN)),
            lines.with_columns(pl.lit(ALL).alias("country")),
        ]
    )
    figures = every.group_by(place).agg(*_sums())
    flows = lines.group_by(_PLACE).agg(pl.col("value_cny").sum().alias("flow_value_cny"))
    return (
        figures.join(flows, on=_PLACE, how="left")
        .with_columns(_ratio("value_cny", "flow_value_cny").alias("value_share"))
        .select(pl.col(name).cast(dtype) for name, dtype in COUNTRIES_DAILY.schema.items())
        .sort(COUNTRIES_DAILY.grain_ids)
    )


def _sums() -> tuple[pl.Expr, ...]:
    return (
        pl.col("list").n_unique().alias("lists"),
        pl.len().cast(pl.Int64).alias("items"),
        pl.col("value_cny").sum(),
    )


def _ratio(above: str, below: str) -> pl.Expr:
    """A fraction of two amounts; null where there is nothing to divide by."""
    return pl.when(pl.col(below) != 0).then(pl.col(above).cast(pl.Float64) / pl.col(below).cast(pl.Float64))
