"""The tables of clearance time, column by column: quantiles and shares, and the hours excluded."""

from __future__ import annotations

import polars as pl

from transforms.measures import CLEARANCE_BASES, MEASURES, REASONS, WITHIN_MS
from transforms.metric_model import BREAKDOWN, DATE, ZONE, Column, MetricTable, basis, count, hours, share
from transforms.schemas import TIME

_MEASURE = Column(
    "measure",
    "指标",
    "measure",
    ", ".join(each.id for each in MEASURES),
    "see the method",
    "",
    "",
    pl.String(),
)


def _share(id_: str, zh: str, en: str) -> Column:
    formula = f"fraction of n with a duration of at most {WITHIN_MS[id_]} ms; acceptance basis: F(t)"
    return share(id_, zh, en, "fraction of n", formula, since="2", over_days=(f"n_{id_}", "ended"))


def _share_count(id_: str, zh: str, en: str) -> Column:
    formula = f"of ended, durations of at most {WITHIN_MS[id_]} ms; acceptance basis: null while any is open"
    return count(f"n_{id_}", zh, en, formula, since="2")


_CLEARANCE_GRAIN = (
    ZONE,
    DATE,
    basis(CLEARANCE_BASES, "release: lists released that day; acceptance: lists accepted that day"),
    *BREAKDOWN,
    _MEASURE,
)

CLEARANCE_DAILY = MetricTable(
    "clearance_daily",
    "每日通关时间",
    "daily clearance time",
    _CLEARANCE_GRAIN,
    (
        count(
            "n",
            "样本数",
            "lists measured",
            "durations used: release basis defined and not negative; "
            "acceptance basis also those still running",
        ),
        count(
            "ended",
            "已完结数",
            "durations that ended",
            "of n, those whose end was observed: release basis n; acceptance basis n less those open and those that left "
            "without it (cancelled, returned, closed, rejected)",
            since="2",
        ),
        hours(
            "sum_h",
            "时长合计",
            "hours in all",
            "sum of the durations of ended, 0 where there are none; acceptance basis: null while any list is open",
            since="2",
            over_days="sum",
        ),
        hours(
            "mean_h",
            "平均",
            "mean",
            "sum_h / ended; acceptance basis: null while any list is open",
            since="2",
            over_days=("sum_h", "ended"),
        ),
        hours("median_h", "中位数", "median", "quantile 0.5 (see the quantile rule)"),
        hours("p90_h", "90分位", "90th percentile", "quantile 0.9 (see the quantile rule)"),
        hours("p95_h", "95分位", "95th percentile", "quantile 0.95 (see the quantile rule)"),
        hours("max_h", "最大值", "maximum", "longest; acceptance basis: smallest t with F(t) = 1, else null"),
        _share("within_1m", "1分钟内占比", "share within 1 minute"),
        _share("within_10m", "10分钟内占比", "share within 10 minutes"),
        _share("within_1h", "1小时内占比", "share within 1 hour"),
        _share("within_24h", "24小时内占比", "share within 24 hours"),
        _share_count("within_1m", "1分钟内清单数", "lists within 1 minute"),
        _share_count("within_10m", "10分钟内清单数", "lists within 10 minutes"),
        _share_count("within_1h", "1小时内清单数", "lists within 1 hour"),
        _share_count("within_24h", "24小时内清单数", "lists within 24 hours"),
        count(
            "open",
            "未结清单数",
            "lists still open",
            "release basis: accepted before the end of the day and not "
            "released, rejected, cancelled or returned by then; acceptance basis: open at observed_until",
            over_days="stock",
            stock_where=("basis", "release"),
            since="2",
        ),
        hours(
            "oldest_open_h",
            "最久未结",
            "age of the oldest open list",
            "release basis: end of day - accepted_at; "
            "acceptance basis: observed_until - start of the measure",
        ),
        count("negative", "负时长数", "negative durations", "end before start; not in n"),
        count(
            "undefined", "无法计算数", "undefined durations", "start unknown; release basis: or end unknown"
        ),
        hours(
            "excluded_h",
            "扣除时长",
            "hours excluded",
            "united exclusions cut to the measure, summed over n; "
            "on gross and net rows of customs and overall, else null",
            over_days="sum",
        ),
        Column(
            "observed_until",
            "观察截止",
            "observed until",
            "local time",
            "end of the last business date loaded for the zone (midnight, exclusive)",
            "ledger",
            "",
            TIME,
        ),
    ),
    since="1",
)

EXCLUSIONS_DAILY = MetricTable(
    "exclusions_daily",
    "每日扣除时长",
    "daily hours excluded by reason",
    (
        *_CLEARANCE_GRAIN,
        Column(
            "reason",
            "扣除原因",
            "reason",
            ", ".join(REASONS),
            "why the time is not charged to customs",
            "lists.exclusions",
            "",
            pl.String(),
        ),
    ),
    (
        count("n", "清单数", "lists concerned", "lists of the measure's n with time excluded for the reason"),
        hours(
            "hours",
            "时长",
            "hours",
            "intervals of the one reason united and cut to the measure; reasons may "
            "overlap, so they add up to at least excluded_h",
            over_days="sum",
        ),
    ),
    since="1",
)
