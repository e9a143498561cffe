"""The tables of the integrity of the record: states, vanished and rewritten records, their effect, bunching."""

from __future__ import annotations

import polars as pl

from transforms.metric_model import BREAKDOWN, DATE, ZONE, Column, MetricTable, count, hours, share, text
from transforms.state import OUTCOMES

#: Measures whose figures are shown with and without, and tested at the thresholds.
MEASURED = ("customs_gross", "overall_gross")
_MEASURE = text(
    "measure", "指标", "measure", ", ".join(MEASURED), "see the method of clearance time", "lists"
)

_OUTCOME_NAMES = {
    "released": ("已放行", "released", "state released or closed"),
    "open": ("未结", "open", "state declared, accepted, waiting, inspected or suspended"),
    "cancelled": ("已撤销", "cancelled", "state cancelled"),
    "rejected": ("退单", "rejected", "state rejected"),
    "returned": ("已退货", "returned", "state returned"),
}

STATES_DAILY = MetricTable(
    "states_daily",
    "每日清单状态",
    "states of the lists accepted on a day",
    (ZONE, DATE, BREAKDOWN[0]),
    (
        count("accepted", "已受理清单数", "lists accepted", "lists with accepted_at on the day"),
        *(
            count(name, zh, en, f"of accepted: {formula}", "lists.state")
            for name, (zh, en, formula) in ((each, _OUTCOME_NAMES[each]) for each in OUTCOMES)
        ),
        count(
            "vanished",
            "消失清单数",
            "marked vanished",
            "of accepted, whatever the state: a later version of the file lacks the list",
            "lists.vanished_at",
        ),
    ),
)

RECORDS_DAILY = MetricTable(
    "integrity_records_daily",
    "每日消失与改写记录",
    "vanished and rewritten records of a day",
    (
        ZONE,
        DATE,
        text(
            "kind", "单证类型", "document kind", "kind, all", "kind of the record; all: every kind", "ledger"
        ),
    ),
    (
        count(
            "vanished",
            "消失记录数",
            "vanished records",
            "records of the day in ledger.vanished, also those told again since",
            "ledger.vanished",
        ),
        count(
            "reappeared",
            "再现记录数",
            "vanished and told again",
            "of vanished, those with reappeared_at",
            "ledger.vanished.reappeared_at",
        ),
        count(
            "rewritten",
            "改写记录数",
            "rewritten records",
            "distinct business_key of the day in ledger.rewritten",
            "ledger.rewritten",
        ),
        count(
            "rewritten_fields",
            "改写字段数",
            "rewritten fields",
            "rows of the day in ledger.rewritten",
            "ledger.rewritten",
        ),
    ),
)

INTEGRITY_DAILY = MetricTable(
    "integrity_daily",
    "每日记录完整性对通关时间的影响",
    "effect of vanished and rewritten records on clearance time",
    (ZONE, DATE, BREAKDOWN[0], _MEASURE),
    (
        count(
            "n", "样本数", "lists measured", "release basis: lists released that day, duration not negative"
        ),
        hours("mean_h", "平均", "mean of record", "sum / n, as in clearance_daily"),
        hours("median_h", "中位数", "median of record", "quantile 0.5, as in clearance_daily"),
        count(
            "vanished",
            "消失清单数",
            "vanished among them",
            "of n, lists with vanished_at",
            "lists.vanished_at",
        ),
        hours(
            "mean_without_vanished_h",
            "剔除消失后平均",
            "mean without the vanished",
            "mean of the n - vanished other lists: what the sources tell now",
        ),
        hours(
            "median_without_vanished_h",
            "剔除消失后中位数",
            "median without the vanished",
            "quantile 0.5 of them",
        ),
        hours(
            "vanished_effect_h",
            "消失的影响",
            "effect of vanishing",
            "mean_without_vanished_h - mean_h: below 0 what vanished was slow",
        ),
        count(
            "rewritten",
            "改写清单数",
            "rewritten among them",
            "of n, lists whose release was told again with another time",
            "ledger.rewritten",
        ),
        hours(
            "mean_first_told_h",
            "按首报时间平均",
            "mean as first told",
            "mean of the same n lists with the release time that was told first",
            "ledger.rewritten.old",
        ),
        hours("median_first_told_h", "按首报时间中位数", "median as first told", "quantile 0.5 of them"),
        hours(
            "rewritten_effect_h",
            "改写的影响",
            "effect of rewriting",
            "mean_h - mean_first_told_h: below 0 rewriting made the figure faster",
        ),
    ),
)

BUNCHING_DAILY = MetricTable(
    "bunching_daily",
    "考核阈值聚集检验",
    "bunching at the assessment thresholds",
    (
        ZONE,
        DATE,
        BREAKDOWN[0],
        _MEASURE,
        Column(
            "threshold_h",
            "考核阈值",
            "threshold",
            "h",
            "duration at which the zone is assessed",
            "zone file: thresholds_h",
            "",
            pl.Float64(),
        ),
    ),
    (
        hours("window_h", "窗宽", "window", "threshold_h / 24"),
        count("below", "阈下数", "just below", "threshold - window < duration <= threshold"),
        count("above", "阈上数", "just above", "threshold < duration <= threshold + window"),
        count("n", "窗内数", "in both windows", "below + above"),
        share(
            "below_share",
            "阈下占比",
            "share just below",
            "fraction of n",
            "below / n",
            over_days=("below", "n"),
        ),
        count(
            "outer_below",
            "外窗阈下数",
            "next window below",
            "threshold - 2 x window < duration <= threshold - window",
        ),
        count(
            "outer_above",
            "外窗阈上数",
            "next window above",
            "threshold + window < duration <= threshold + 2 x window",
        ),
        share(
            "expected_share",
            "预期阈下占比",
            "share expected without bunching",
            "fraction of n",
            "1 / (1 + (outer_above / outer_below)^(1/3)), 0.5 added to each outer count",
        ),
        share(
            "p_value",
            "p值",
            "p value",
            "probability",
            "chance of at least `below` of n at the upper limit of the expected share; null: too few",
        ),
        share(
            "power",
            "检验功效",
            "power",
            "probability",
            "chance to be found where 10 % of the lists just above were moved below; null: too few",
        ),
        text(
            "verdict",
            "结论",
            "verdict",
            "bunched, none found, weak, too few",
            "bunched: p_value < 0.001; too few: n or the outer windows below 100; weak: not found and power < 0.8",
        ),
    ),
)
