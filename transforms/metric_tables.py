"""The published daily tables, column by column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.measures import CLEARANCE_BASES, MEASURES, REASONS, VOLUME_BASES, WITHIN_MS
from transforms.schemas import TIME, TOTAL


@dataclass(frozen=True)
class Column:
    """One column of a metric table."""

    id: str
    zh: str
    en: str
    unit: str
    formula: str
    source: str
    since: str
    dtype: pl.DataType


@dataclass(frozen=True)
class MetricTable:
    """A daily table: one row a combination of its grain columns."""

    name: str
    zh: str
    en: str
    grain: tuple[Column, ...]
    values: tuple[Column, ...]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Grain columns, then value columns, in table order."""
        return (*self.grain, *self.values)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Polars schema of the table."""
        return {each.id: each.dtype for each in self.columns}

    @property
    def grain_ids(self) -> tuple[str, ...]:
        """Names of the columns that make a row unique (with its vintage)."""
        return tuple(each.id for each in self.grain)


_TEXT, _COUNT, _HOURS, _SHARE = pl.String(), pl.Int64(), pl.Float64(), pl.Float64()


def _basis(values: tuple[str, ...], formula: str) -> Column:
    return Column("basis", "口径", "basis", ", ".join(values), formula, "", "1", _TEXT)


_ZONE = Column("zone", "综试区", "pilot zone", "code", "zone of the list", "lists.zone", "1", _TEXT)
_DATE = Column(
    "business_date", "业务日期", "business date", "date", "calendar day in Asia/Shanghai", "", "1", pl.Date()
)
_BREAKDOWN = (
    Column(
        "flow",
        "进出口",
        "import or export",
        "I, E, all",
        "flow of the list; all: both",
        "lists.flow",
        "1",
        _TEXT,
    ),
    Column(
        "mode",
        "监管方式",
        "supervision mode",
        "code, unknown, all",
        "tradeMode of the list; unknown where empty",
        "lists.mode",
        "1",
        _TEXT,
    ),
    Column(
        "office",
        "申报地海关",
        "customs office",
        "code, unknown, all",
        "customsCode of the list; unknown where empty",
        "lists.office",
        "1",
        _TEXT,
    ),
)
_MEASURE = Column(
    "measure", "指标", "measure", ", ".join(each.id for each in MEASURES), "see the method", "", "1", _TEXT
)

VOLUME_DAILY = MetricTable(
    "volume_daily",
    "每日业务量",
    "daily volume",
    (
        _ZONE,
        _DATE,
        _basis(VOLUME_BASES, "which time dates a list: declared_at, accepted_at or released_at"),
        *_BREAKDOWN,
    ),
    (
        Column("lists", "清单数", "lists", "count", "number of lists", "lists", "1", _COUNT),
        Column(
            "orders",
            "订单数",
            "orders",
            "count",
            "lists with an order document",
            "lists.has_order",
            "1",
            _COUNT,
        ),
        Column("items", "商品项数", "goods lines", "count", "sum of goods lines", "lists.items", "1", _COUNT),
        Column(
            "packages", "件数", "packages", "count", "sum of the stated packNo", "lists.packages", "1", _COUNT
        ),
        Column(
            "value_cny",
            "货值",
            "goods value",
            "CNY",
            "sum of item totals; lists without a known value add nothing",
            "lists.value_cny",
            "1",
            TOTAL,
        ),
        Column("tax_cny", "税款", "tax", "CNY", "sum of tax bills not void", "lists.tax_cny", "1", TOTAL),
        Column(
            "gross_weight_kg",
            "毛重",
            "gross weight",
            "kg",
            "sum of the lists' gross weights",
            "lists.gross_weight_kg",
            "1",
            TOTAL,
        ),
    ),
)


def _hours(id_: str, zh: str, en: str, formula: str) -> Column:
    return Column(id_, zh, en, "h", formula, "lists", "1", _HOURS)


def _share(id_: str, zh: str, en: str) -> Column:
    formula = f"fraction of n with a duration of at most {WITHIN_MS[id_]} ms; acceptance basis: F(t)"
    return Column(id_, zh, en, "fraction of n", formula, "lists", "1", _SHARE)


def _count(id_: str, zh: str, en: str, formula: str) -> Column:
    return Column(id_, zh, en, "count", formula, "lists", "1", _COUNT)


_CLEARANCE_GRAIN = (
    _ZONE,
    _DATE,
    _basis(CLEARANCE_BASES, "release: lists released that day; acceptance: lists accepted that day"),
    *_BREAKDOWN,
    _MEASURE,
)

CLEARANCE_DAILY = MetricTable(
    "clearance_daily",
    "每日通关时间",
    "daily clearance time",
    _CLEARANCE_GRAIN,
    (
        _count(
            "n",
            "样本数",
            "lists measured",
            "durations used: release basis defined and not negative; "
            "acceptance basis also those still running",
        ),
        _hours("mean_h", "平均", "mean", "sum / n; acceptance basis: null while any duration is censored"),
        _hours("median_h", "中位数", "median", "quantile 0.5 (see the quantile rule)"),
        _hours("p90_h", "90分位", "90th percentile", "quantile 0.9 (see the quantile rule)"),
        _hours("p95_h", "95分位", "95th percentile", "quantile 0.95 (see the quantile rule)"),
        _hours(
            "max_h", "最大值", "maximum", "longest; acceptance basis: smallest t with F(t) = 1, else null"
        ),
        _share("within_1m", "1分钟内占比", "share within 1 minute"),
        _share("within_10m", "10分钟内占比", "share within 10 minutes"),
        _share("within_1h", "1小时内占比", "share within 1 hour"),
        _share("within_24h", "24小时内占比", "share within 24 hours"),
        _count(
            "open",
            "未结清单数",
            "lists still open",
            "release basis: accepted before the end of the day and not "
            "released, rejected, cancelled or returned by then; acceptance basis: open at observed_until",
        ),
        _hours(
            "oldest_open_h",
            "最久未结",
            "age of the oldest open list",
            "release basis: end of day - accepted_at; "
            "acceptance basis: observed_until - start of the measure",
        ),
        _count("negative", "负时长数", "negative durations", "end before start; not in n"),
        _count(
            "undefined", "无法计算数", "undefined durations", "start unknown; release basis: or end unknown"
        ),
        _hours(
            "excluded_h",
            "扣除时长",
            "hours excluded",
            "united exclusions cut to the measure, summed over n; "
            "on gross and net rows of customs and overall, else null",
        ),
        Column(
            "observed_until",
            "观察截止",
            "observed until",
            "local time",
            "end of the last business date loaded for the zone (midnight, exclusive)",
            "ledger",
            "1",
            TIME,
        ),
    ),
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
            "1",
            _TEXT,
        ),
    ),
    (
        _count(
            "n", "清单数", "lists concerned", "lists of the measure's n with time excluded for the reason"
        ),
        _hours(
            "hours",
            "时长",
            "hours",
            "intervals of the one reason united and cut to the measure; reasons may "
            "overlap, so they add up to at least excluded_h",
        ),
    ),
)

METRIC_TABLES: dict[str, MetricTable] = {
    each.name: each for each in (VOLUME_DAILY, CLEARANCE_DAILY, EXCLUSIONS_DAILY)
}
