"""Reduction of overall clearance time against the zone's baseline year, with everything it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.metric_model import DATE, ZONE, MetricTable, count, hours, share, text
from transforms.quantiles import in_hours
from transforms.stated import Stated

_BASELINE = "zone file: baseline"

REDUCTION_DAILY = MetricTable(
    "reduction_daily",
    "每日压缩比",
    "daily reduction against the baseline year",
    (ZONE, DATE, text("flow", "进出口", "import or export", "I, E", "flow of the list", "lists.flow")),
    (
        count(
            "n",
            "样本数",
            "lists measured",
            "lists released that day whose arrival is known and not later (overall_gross, release basis)",
        ),
        hours(
            "actual_h",
            "实际时长",
            "hours taken",
            "sum of released_at - arrived_at over n",
            over_days="sum",
        ),
        hours("mean_h", "平均", "mean", "actual_h / n", over_days=("actual_h", "n")),
        text("baseline_year", "基准年", "baseline year", "year", "year of the baseline", _BASELINE),
        hours(
            "baseline_h",
            "基准时长",
            "baseline",
            "mean overall clearance of the flow in baseline_year",
            _BASELINE,
            over_days="last",
        ),
        hours(
            "expected_h", "基准总时长", "hours at the baseline", "n x baseline_h", _BASELINE, over_days="sum"
        ),
        hours("saved_h", "节省时长", "hours saved", "expected_h - actual_h", over_days="sum"),
        share(
            "reduction",
            "压缩比",
            "reduction",
            "fraction of expected_h",
            "saved_h / expected_h = 1 - mean_h / baseline_h; negative where it takes longer than then",
            over_days=("saved_h", "expected_h"),
        ),
    ),
)


def reduction_daily(lists: pl.LazyFrame, dates: Sequence[date], stated: Stated) -> pl.LazyFrame:
    """metrics.reduction_daily of the dates, sorted by grain: a row a flow with lists measured.

    No rows where the zone states no baseline. Durations are summed in whole milliseconds.
    """
    baselines = pl.LazyFrame(
        [
            (flow, str(stated.baseline_year), float(baseline))
            for flow, baseline in (("I", stated.baseline_import_h), ("E", stated.baseline_export_h))
            if baseline is not None and baseline > 0
        ],
        schema={"flow": pl.String(), "baseline_year": pl.String(), "baseline_h": pl.Float64()},
        orient="row",
    )
    taken = (pl.col("released_at") - pl.col("arrived_at")).dt.total_milliseconds()
    return (
        lists.select(
            "zone", "flow", pl.col("released_at").dt.date().alias("business_date"), taken.alias("taken")
        )
        .filter(pl.col("business_date").is_in(list(dates)) & (pl.col("taken") >= 0))
        .group_by("zone", "business_date", "flow")
        .agg(pl.len().cast(pl.Int64).alias("n"), in_hours(pl.col("taken").sum()).alias("actual_h"))
        .join(baselines, on="flow", how="inner")
        .with_columns(
            (pl.col("actual_h") / pl.col("n")).alias("mean_h"),
            (pl.col("n") * pl.col("baseline_h")).alias("expected_h"),
        )
        .with_columns((pl.col("expected_h") - pl.col("actual_h")).alias("saved_h"))
        .with_columns((pl.col("saved_h") / pl.col("expected_h")).alias("reduction"))
        .select(pl.col(name).cast(dtype) for name, dtype in REDUCTION_DAILY.schema.items())
        .sort(REDUCTION_DAILY.grain_ids)
    )
