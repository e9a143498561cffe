"""Vanished and rewritten records of a day, and what they do to its clearance time.

The figures of record keep both. Beside them stand the figures without the vanished lists, which is what the sources
tell now, and the figures with the release times told first, which is what was told before it was rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.integrity_tables import INTEGRITY_DAILY, MEASURED, RECORDS_DAILY
from transforms.measures import ALL, MEASURES
from transforms.metric_model import MetricTable
from transforms.quantiles import HOUR_MS, interpolated
from transforms.schemas import TIME

#: Columns of the ledger tables that are read.
VANISHED = ("kind", "business_key", "found_at", "reappeared_at")
REWRITTEN = ("kind", "business_key", "field", "old", "new", "guid", "found_at")
#: Receipts that answer lists, and the status that releases them.
_RELEASES = ("CEB622", "CEB604")
_RELEASED = "|800"
SPANS = {each.id: (each.start, each.end) for each in MEASURES if each.id in MEASURED}


def records_daily(vanished: pl.LazyFrame, rewritten: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.integrity_records_daily of the dates: a row for each kind concerned, and 'all'."""
    of_dates = pl.col("business_date").is_in(list(dates))
    gone = vanished.filter(of_dates).select(
        "zone",
        "business_date",
        "kind",
        pl.lit(1).alias("vanished"),
        pl.col("reappeared_at").is_not_null().cast(pl.Int64).alias("reappeared"),
    )
    told = rewritten.filter(of_dates).select(
        "zone",
        "business_date",
        "kind",
        pl.concat_str("kind", "business_key", separator="|").alias("record"),
    )
    both = pl.concat([gone, told], how="diagonal")
    both = pl.concat([both, both.with_columns(pl.lit(ALL).alias("kind"))])
    counted = both.group_by("zone", "business_date", "kind").agg(
        pl.col("vanished").sum(),
        pl.col("reappeared").sum(),
        pl.col("record").drop_nulls().n_unique().alias("rewritten"),
        pl.col("record").count().alias("rewritten_fields"),
    )
    return _as(RECORDS_DAILY, counted)


def first_told(rewritten: pl.LazyFrame) -> pl.LazyFrame:
    """(guid, first_told_at): the release time that was told first, of every release told again.

    What was told several times in one run is noted at one moment: the first of it is what follows from none of it.
    """
    releases = rewritten.filter(
        pl.col("kind").is_in(_RELEASES)
        & (pl.col("field") == "returnTime")
        & pl.col("business_key").str.ends_with(_RELEASED)
    ).filter(pl.col("found_at") == pl.col("found_at").min().over("guid"))
    followed = releases.select("guid", old="new").unique()
    begun = releases.join(followed, on=["guid", "old"], how="anti")
    there_and_back = releases.join(begun, on="guid", how="anti")
    return (
        pl.concat([begun, there_and_back])
        .group_by("guid")
        .agg(pl.col("old").min().str.to_datetime("%Y-%m-%d %H:%M:%S%.f").cast(TIME).alias("first_told_at"))
    )


def integrity_daily(lists: pl.LazyFrame, rewritten: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.integrity_daily of the dates: both measures by flow, sorted by grain."""
    released = (
        lists.filter(pl.col("released_at").dt.date().is_in(list(dates)))
        .select("zone", "flow", "guid", "accepted_at", "arrived_at", "released_at", "vanished_at")
        .join(first_told(rewritten), on="guid", how="left")
        .with_columns(
            pl.col("released_at").dt.date().alias("business_date"),
            pl.coalesce("first_told_at", "released_at").alias("first_told_at"),
            pl.col("first_told_at").is_not_null().alias("rewritten"),
        )
    )
    spans = pl.concat(
        released.select(
            "zone",
            "business_date",
            "flow",
            pl.lit(measure).alias("measure"),
            (pl.col("released_at") - pl.col(start)).dt.total_milliseconds().alias("of_record"),
            (pl.col("first_told_at") - pl.col(start)).dt.total_milliseconds().alias("first_told"),
            pl.col("vanished_at").is_not_null().alias("vanished"),
            "rewritten",
        )
        for measure, (start, _) in SPANS.items()
    ).filter(pl.col("of_record") >= 0)
    both = pl.concat([spans, spans.with_columns(pl.lit(ALL).alias("flow"))])
    kept = pl.col("of_record").filter(~pl.col("vanished"))
    figures = both.group_by("zone", "business_date", "flow", "measure").agg(
        pl.len().alias("n"),
        pl.col("vanished").sum(),
        pl.col("rewritten").sum(),
        pl.col("of_record").sort().alias("_"),
        kept.sort().alias("_without_vanished"),
        pl.col("first_told").sort().alias("_first_told"),
    )
    for name in ("_", "_without_vanished", "_first_told"):
        durations = pl.col("durations")
        figures = figures.with_columns(pl.col(name).alias("durations")).with_columns(
            pl.when(durations.list.len() > 0)
            .then(durations.list.sum() / (durations.list.len().cast(pl.Int64) * HOUR_MS))
            .alias(f"mean{_h(name)}"),
            interpolated(f"median{_h(name)}", (1, 2)),
        )
    return _as(
        INTEGRITY_DAILY,
        figures.with_columns(
            (pl.col("mean_without_vanished_h") - pl.col("mean_h")).alias("vanished_effect_h"),
            (pl.col("mean_h") - pl.col("mean_first_told_h")).alias("rewritten_effect_h"),
        ),
    )


def _h(name: str) -> str:
    return "_h" if name == "_" else f"{name}_h"


def _as(table: MetricTable, figures: pl.LazyFrame) -> pl.LazyFrame:
    return figures.select(pl.col(name).cast(dtype) for name, dtype in table.schema.items()).sort(
        table.grain_ids
    )
