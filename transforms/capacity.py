"""Capacity: the busiest hour and minute of a day, and the day against what the zone can carry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.measures import ALL, VOLUME_BASES
from transforms.metric_model import BREAKDOWN, DATE, ZONE, Column, MetricTable, basis, count, share
from transforms.stated import Stated

#: Where the peaks come from.
_TIMES = ("declared_at", "released_at")
_BASES = tuple(each for each in VOLUME_BASES if f"{each}_at" in _TIMES)

CAPACITY_DAILY = MetricTable(
    "capacity_daily",
    "每日处理能力",
    "daily capacity and peaks",
    (
        ZONE,
        DATE,
        basis(_BASES, "which time dates a list: declared_at or released_at"),
        BREAKDOWN[0],
    ),
    (
        count("lists", "清单数", "lists", "number of lists"),
        count(
            "day_lists",
            "最高日清单数",
            "lists of the highest day",
            "number of lists; over days: of the day with most",
            over_days="max",
        ),
        share(
            "mean_day_ratio",
            "高峰日与日均之比",
            "highest day to mean day",
            "ratio to the mean day",
            "day_lists / (lists / days); 1 for a single day, null without a list",
            over_days=("max:day_lists", "mean:lists"),
        ),
        Column(
            "peak_hour",
            "高峰小时",
            "peak hour",
            "hour, 0-23",
            "hour with most lists; the first of equals",
            "lists",
            "",
            pl.Int64(),
        ),
        count(
            "peak_hour_lists",
            "高峰小时清单数",
            "lists in the peak hour",
            "lists in that hour",
            over_days="max",
        ),
        share(
            "mean_hour_ratio",
            "高峰小时与时均之比",
            "peak hour to mean hour",
            "ratio to the mean hour",
            "peak_hour_lists / (lists / 24)",
        ),
        Column(
            "peak_minute",
            "高峰分钟",
            "peak minute",
            "HH:MM",
            "minute with most lists; the first of equals",
            "lists",
            "",
            pl.String(),
        ),
        count(
            "peak_minute_lists",
            "高峰分钟清单数",
            "lists in the peak minute",
            "lists in that minute",
            over_days="max",
        ),
        count(
            "capacity_lists",
            "日处理能力",
            "stated capacity",
            "lists a day the zone states it can carry; on rows of both flows, which every day has, else null",
            "zone file: capacity.lists_per_day",
            over_days="sum",
        ),
        share(
            "capacity_share",
            "能力利用率",
            "share of the stated capacity",
            "fraction of capacity_lists",
            "lists / capacity_lists",
            over_days=("lists", "capacity_lists"),
        ),
        count(
            "highest_day_lists",
            "历史最高日",
            "stated highest day",
            "lists of the highest day the zone states; on rows of both flows, else null",
            "zone file: capacity.peak_day_lists",
            over_days="last",
        ),
        share(
            "highest_day_share",
            "与历史最高日之比",
            "share of the stated highest day",
            "fraction of highest_day_lists",
            "lists / highest_day_lists",
            over_days=("max:day_lists", "max:highest_day_lists"),
        ),
        count(
            "capacity_hour_lists",
            "小时处理能力",
            "stated capacity of an hour",
            "lists an hour the zone states it can carry; on rows of both flows, else null",
            "zone file: capacity.lists_per_hour",
            over_days="last",
        ),
        share(
            "peak_hour_share",
            "高峰小时能力利用率",
            "peak hour's share of the stated capacity",
            "fraction of capacity_hour_lists",
            "peak_hour_lists / capacity_hour_lists",
            over_days=("max:peak_hour_lists", "max:capacity_hour_lists"),
        ),
    ),
)


def capacity_daily(lists: pl.LazyFrame, dates: Sequence[date], zone: str, stated: Stated) -> pl.LazyFrame:
    """metrics.capacity_daily of the dates, sorted by grain; a flow without a list with the time has no row.

    Both flows together have one on every date: what the zone could carry counts on a day without a list too.
    """
    known = lists.select("zone", "flow", *_TIMES).collect(engine="in-memory").lazy()
    by_minute = pl.concat(_by_minute(known, each, dates) for each in _BASES)
    cells = pl.concat([by_minute, by_minute.with_columns(pl.lit(ALL).alias("flow"))])
    place = ["zone", "business_date", "basis", "flow"]
    minutes = cells.group_by(*place, "minute").agg(pl.col("lists").sum())
    hours = minutes.group_by(*place, pl.col("minute") // 60).agg(pl.col("lists").sum())
    both, some = pl.col("flow") == ALL, pl.col("lists") > 0
    figures = (
        minutes.group_by(place)
        .agg(pl.col("lists").sum())
        .join(_every_day(zone, dates), on=place, how="full", coalesce=True)
        .join(_peak(minutes, place, "peak_minute"), on=place, how="left")
        .join(_peak(hours.rename({"minute": "hour"}), place, "peak_hour"), on=place, how="left")
        .with_columns(pl.col("lists", "peak_minute_lists", "peak_hour_lists").fill_null(0))
        .with_columns(
            pl.when(both).then(pl.lit(stated.lists_per_day, dtype=pl.Int64)).alias("capacity_lists"),
            pl.when(both).then(pl.lit(stated.peak_day_lists, dtype=pl.Int64)).alias("highest_day_lists"),
            pl.when(both).then(pl.lit(stated.lists_per_hour, dtype=pl.Int64)).alias("capacity_hour_lists"),
            pl.col("lists").alias("day_lists"),
            pl.when(some).then(pl.lit(1.0)).alias("mean_day_ratio"),
            pl.when(some).then(pl.col("peak_hour_lists") * 24 / pl.col("lists")).alias("mean_hour_ratio"),
            _clock(pl.col("peak_minute")).alias("peak_minute"),
        )
        .with_columns(
            (pl.col("lists") / pl.col("capacity_lists")).alias("capacity_share"),
            (pl.col("lists") / pl.col("highest_day_lists")).alias("highest_day_share"),
            (pl.col("peak_hour_lists") / pl.col("capacity_hour_lists")).alias("peak_hour_share"),
        )
    )
    return figures.select(pl.col(name).cast(dtype) for name, dtype in CAPACITY_DAILY.schema.items()).sort(
        CAPACITY_DAILY.grain_ids
    )


def _every_day(zone: str, dates: Sequence[date]) -> pl.LazyFrame:
    """The places of both flows together that are there with or without lists."""
    return pl.LazyFrame(
        [(zone, day, basis, ALL) for day in sorted(set(dates)) for basis in _BASES],
        schema=dict.fromkeys(("zone", "business_date", "basis", "flow"), pl.String())
        | {"business_date": pl.Date()},
        orient="row",
    )


def _by_minute(lists: pl.LazyFrame, basis: str, dates: Sequence[date]) -> pl.LazyFrame:
    """(zone, flow, business_date, basis, minute of the day, lists)."""
    time = pl.col(f"{basis}_at")
    return (
        lists.filter(time.dt.date().is_in(list(dates)))
        .group_by(
            "zone",
            "flow",
            time.dt.date().alias("business_date"),
            (time.dt.hour().cast(pl.Int64) * 60 + time.dt.minute()).alias("minute"),
        )
        .agg(pl.len().cast(pl.Int64).alias("lists"))
        .with_columns(pl.lit(basis).alias("basis"))
    )


def _peak(counts: pl.LazyFrame, place: Sequence[str], name: str) -> pl.LazyFrame:
    """By place the unit with most lists, the first of equals, as `name`, and how many as `<name>_lists`."""
    unit = name.removeprefix("peak_")
    return (
        counts.sort("lists", unit, descending=[True, False])
        .group_by(place, maintain_order=True)
        .agg(pl.col(unit).first().alias(name), pl.col("lists").first().alias(f"{name}_lists"))
    )


def _clock(minute: pl.Expr) -> pl.Expr:
    hour, rest = (minute // 60).cast(pl.String), (minute % 60).cast(pl.String)
    return pl.concat_str(hour.str.zfill(2), pl.lit(":"), rest.str.zfill(2))
