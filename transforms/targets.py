"""Yearly targets: what each day adds to the measures a zone may set targets for, and the pace they are at.

Only what a day adds is published day by day. The year to date, the pace and the projections are told by
the view metrics.targets_pace over the newest vintages: when an earlier day of the year is restated, every
later pace follows, and no later day needs a vintage for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.metric_model import DATE, ZONE, Column, MetricTable, count, text
from transforms.schemas import TOTAL
from transforms.stated import Stated

#: The measure that counts firsts: what is first depends on where the record begins.
FIRSTS = "enterprises"
AT_LEAST, AT_MOST = "at least", "at most"
#: Measure -> (how it is held against its target, its unit). The names are those of zones/*.toml.
MEASURES = {
    "lists": (AT_LEAST, "lists"),
    "value_cny": (AT_LEAST, "CNY"),
    "import_h": (AT_MOST, "h"),
    "export_h": (AT_MOST, "h"),
    FIRSTS: (AT_LEAST, "enterprises"),
}
_MEANS = {"import_h": "I", "export_h": "E"}
_HOUR_MS = 3_600_000


def _amount(id_: str, zh: str, en: str, formula: str, source: str = "", over_days: str = "no") -> Column:
    return Column(id_, zh, en, "unit of the measure", formula, source, "", TOTAL, over_days)


_GRAIN = (
    ZONE,
    DATE,
    text("measure", "指标", "measure", ", ".join(MEASURES), "what the target is set for", ""),
)
_AIM = text("aim", "方向", "aim", f"{AT_LEAST}, {AT_MOST}", "whether the target is a floor or a ceiling", "")
_TARGET = _amount(
    "target",
    "年度目标",
    "target of the year",
    "target of the date's year; null where the zone sets none",
    "zone file: targets",
    over_days="last",
)

TARGETS_DAILY = MetricTable(
    "targets_daily",
    "每日目标贡献",
    "what a day adds to the yearly targets",
    _GRAIN,
    (
        _AIM,
        _TARGET,
        _amount(
            "numerator",
            "分子",
            "numerator",
            "lists, value_cny: of the lists released that day; import_h, export_h: hours from arrival to release of "
            "the flow's lists released that day, summed (defined and not negative; to 5 decimals); enterprises: "
            "e-commerce enterprises whose first declared list is of that day: on the first days of a record nearly all there "
            "are (targets_pace.known_since)",
            "lists",
            over_days="sum",
        ),
        count("denominator", "分母", "denominator", "import_h, export_h: lists in the sum; else null"),
    ),
)

_RUN_IN = "enterprises: null in the year of known_since, whose first days are no pace"

#: A view over TARGETS_DAILY (warehouse/pace.py), one row a published day.
TARGETS_PACE = MetricTable(
    "targets_pace",
    "年度目标进度",
    "pace against the yearly targets",
    _GRAIN,
    (
        _AIM,
        _TARGET,
        Column(
            "known_since",
            "记录起始日",
            "record since",
            "date",
            "first published day of the zone: what was there before it is new on it",
            TARGETS_DAILY.name,
            "",
            pl.Date(),
        ),
        count(
            "days_elapsed",
            "已过天数",
            "days elapsed",
            "1 January to the date, both included",
            "business_date",
            over_days="last",
        ),
        count(
            "days_in_year", "全年天数", "days in the year", "365 or 366", "business_date", over_days="last"
        ),
        count(
            "days_covered",
            "已发布天数",
            "days covered",
            "of the days elapsed those that are published; the pace and the linear projection are of these",
            TARGETS_DAILY.name,
            over_days="last",
        ),
        _amount(
            "to_date_numerator",
            "累计分子",
            "numerator to date",
            "sum of numerator over the days covered",
            TARGETS_DAILY.name,
            over_days="last",
        ),
        count(
            "to_date_denominator",
            "累计分母",
            "denominator to date",
            "sum of denominator over the days covered",
            TARGETS_DAILY.name,
            over_days="last",
        ),
        _amount(
            "to_date",
            "年初至今",
            "year to date",
            "to_date_numerator; import_h, export_h: to_date_numerator / to_date_denominator",
        ),
        _amount(
            "required",
            "应达进度",
            "required of the days covered",
            "target x days_covered / days_in_year: what the days covered have to bring, as only they are in to_date; "
            "import_h, export_h: target",
        ),
        Column(
            "pace_ratio",
            "进度比",
            "ratio to the required pace",
            "ratio",
            f"to_date / required: at least 1 is on pace for a floor, at most 1 for a ceiling; {_RUN_IN}",
            "",
            "",
            pl.Float64(),
        ),
        _amount(
            "projection_linear",
            "线性推算",
            "projection, linear",
            "to_date x days_in_year / days_covered: every day of the year, those elapsed and not published too, as the mean "
            f"day covered; import_h, export_h: to_date; {_RUN_IN}",
        ),
        _amount(
            "same_days",
            "同日累计",
            "year to date on the days compared",
            "numerator over the days covered whose calendar day is also published of the year before; 29 February "
            "is not compared; null for import_h, export_h",
        ),
        _amount(
            "same_days_before",
            "上年同日累计",
            "the same days of the year before",
            "numerator of the year before over these calendar days",
        ),
        _amount(
            "projection_growth",
            "同比推算",
            "projection by growth",
            "numerator of the whole year before, without a 29 February, x same_days / same_days_before; in a leap year and "
            "29 February: its numerator once it is covered, else 1 / 365 of this; null unless every day of the year before "
            "is published, for import_h, export_h, and for enterprises where known_since is in the year before or this one",
        ),
    ),
)


def targets_daily(
    lists: pl.LazyFrame, firsts: pl.LazyFrame, dates: Sequence[date], zone: str, stated: Stated
) -> pl.LazyFrame:
    """metrics.targets_daily: a row a date and measure, also where nothing was released, sorted by grain.

    `firsts`: rows of core.enterprises first seen on the dates.
    """
    released = lists.with_columns(pl.col("released_at").dt.date().alias("business_date")).filter(
        pl.col("business_date").is_in(list(dates))
    )
    found = pl.concat(
        [
            _row(released, "lists", pl.len()),
            _row(released, "value_cny", pl.col("value_cny").sum()),
            *(_mean(released, measure, flow) for measure, flow in _MEANS.items()),
            _row(firsts.filter(pl.col("role") == "ebc"), FIRSTS, pl.len()),
        ]
    )
    wanted = pl.LazyFrame(
        [
            (zone, day, measure, aim, _target(stated, day, measure))
            for day in sorted(set(dates))
            for measure, (aim, _) in MEASURES.items()
        ],
        schema={
            name: TARGETS_DAILY.schema[name] for name in ("zone", "business_date", "measure", "aim", "target")
        },
        orient="row",
    )
    return (
        wanted.join(found, on=["business_date", "measure"], how="left")
        .with_columns(
            pl.col("numerator").fill_null(0),
            pl.when(pl.col("measure").is_in(list(_MEANS))).then(pl.col("denominator").fill_null(0)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in TARGETS_DAILY.schema.items())
        .sort(TARGETS_DAILY.grain_ids)
    )


def _target(stated: Stated, day: date, measure: str) -> object:
    return next(
        (each.value for each in stated.targets if (each.year, each.measure) == (day.year, measure)), None
    )


def _row(rows: pl.LazyFrame, measure: str, numerator: pl.Expr) -> pl.LazyFrame:
    """(business_date, measure, numerator, denominator)."""
    return rows.group_by("business_date").agg(
        pl.lit(measure).first().alias("measure"),
        numerator.cast(TOTAL).alias("numerator"),
        pl.lit(None, dtype=pl.Int64).first().alias("denominator"),
    )


def _mean(released: pl.LazyFrame, measure: str, flow: str) -> pl.LazyFrame:
    took = (
        pl.col("released_at").cast(pl.Datetime("ms")).to_physical()
        - pl.col("arrived_at").cast(pl.Datetime("ms")).to_physical()
    )
    return (
        released.filter((pl.col("flow") == flow) & (took >= 0))
        .group_by("business_date")
        .agg(
            pl.lit(measure).first().alias("measure"),
            (took.sum() / _HOUR_MS).round(5).cast(TOTAL).alias("numerator"),
            pl.len().cast(pl.Int64).alias("denominator"),
        )
    )
