"""Daily tax: bills made, summarised and void by kind of tax, and the bills against the 70 % rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from transforms.cube import known, number, on_days, ratio, shaped, summed
from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, basis, count, money, share
from transforms.schemas import MONEY, TOTAL

#: basis -> column of core.lists with the bills, and their time.
_BASES = {
    "assessed": ("tax_bills", "assessed_at"),
    "summarised": ("tax_summaries", "at"),
    "void": ("tax_bills", "void_at"),
}
_TAXES = ("customs_tax_cny", "value_added_tax_cny", "consumption_tax_cny")
_SOURCE = "tax_bills, tax_bill_statuses"
#: How far a goods line may lie from the rule by rounding alone (rule A8).
_FEN = Decimal("0.01")

TAX_DAILY = MetricTable(
    "tax_daily",
    "每日税款",
    "daily tax",
    (
        ZONE,
        DATE,
        basis(
            tuple(_BASES),
            "assessed: the bill was first made (earliest returnTime of CEB816); summarised: first status 2 of "
            "CEB816 or CEB818; void: first status 3, where the newest status is 3. A bill counts on each of "
            "its days, whatever became of it later",
        ),
        *BREAKDOWN,
    ),
    (
        count("bills", "税单数", "tax bills", "bills of lists; import only", _SOURCE),
        money("customs_tax_cny", "关税", "customs duty", "sum of customsTax of the newest versions", _SOURCE),
        money("value_added_tax_cny", "增值税", "VAT", "sum of valueAddedTax of the newest versions", _SOURCE),
        money(
            "consumption_tax_cny",
            "消费税",
            "consumption tax",
            "sum of consumptionTax of the newest versions",
            _SOURCE,
        ),
        money("tax_cny", "税款合计", "all tax", "duty + VAT + consumption tax", _SOURCE),
    ),
)

_RULE = (
    "70 % rule (A6), by goods line: (0.7 x taxPrice + consumptionTax) x VAT rate + consumptionTax; of the two VAT "
    "rates in force when the bill was made the one nearer to the VAT stated, since no document says which one an "
    "article has"
)
TAX_FORMULA_DAILY = MetricTable(
    "tax_formula_daily",
    "每日税款与70%公式比较",
    "daily tax against the 70 % rule",
    (ZONE, DATE, *BREAKDOWN),
    (
        count("bills", "税单数", "tax bills", "bills first made on the day, void ones too", _SOURCE),
        count(
            "undecided",
            "无法比较数",
            "bills not compared",
            "of these, bills without goods lines, with a line that states duty or no amounts, or of a day before "
            "the first known VAT rate",
            _SOURCE,
        ),
        count("compared", "比较数", "bills compared", "bills - undecided", _SOURCE),
        money("dutiable_cny", "完税价格", "dutiable value", "sum of taxPrice over compared", _SOURCE),
        money(
            "stated_cny",
            "实征税款",
            "tax stated",
            "sum of duty, VAT and consumption tax over compared",
            _SOURCE,
        ),
        money("expected_cny", "应征税款", "tax expected", f"sum over compared. {_RULE}", _SOURCE),
        money("difference_cny", "差额", "difference", "stated_cny - expected_cny", _SOURCE),
        count(
            "above",
            "高于公式数",
            "bills above the rule",
            "of compared, bills whose tax lies above the expected by more than 0.01 CNY a goods line",
            _SOURCE,
        ),
        count(
            "below",
            "低于公式数",
            "bills below the rule",
            "of compared, bills whose tax lies below the expected by more than 0.01 CNY a goods line",
            _SOURCE,
        ),
        share(
            "effective_rate",
            "综合税率",
            "effective rate",
            "fraction of dutiable_cny",
            "stated_cny / dutiable_cny",
            _SOURCE,
            over_days=("stated_cny", "dutiable_cny"),
        ),
    ),
)
_OVER = ("flow", "mode", "office")


def _bills(lists: pl.LazyFrame, column: str = "tax_bills") -> pl.LazyFrame:
    """Grain: a tax bill, with the place of its list."""
    return (
        lists.select("zone", *_OVER, column)
        .explode(column, empty_as_null=False, keep_nulls=False)
        .unnest(column)
        .pipe(known, "mode", "office")
        .with_columns(pl.sum_horizontal(_TAXES).alias("tax_cny"))
    )


def tax_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.tax_daily of the dates, sorted by grain."""
    events = pl.concat(
        on_days(_bills(lists, column), time, dates).select(
            "zone", "business_date", *_OVER, *_TAXES, "tax_cny", pl.lit(name).alias("basis")
        )
        for name, (column, time) in _BASES.items()
    )
    values = [pl.len().cast(pl.Int64).alias("bills"), pl.col(*_TAXES, "tax_cny").sum().cast(TOTAL)]
    return summed(events, ("zone", "business_date", "basis"), _OVER, values).pipe(shaped, TAX_DAILY)


def tax_formula_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.tax_formula_daily of the dates, sorted by grain."""
    decided = pl.col("expected_cny").is_not_null()
    off = (pl.col("tax_cny") - pl.col("expected_cny")).cast(MONEY)
    slack = (pl.col("items").cast(MONEY) * pl.lit(_FEN).cast(MONEY)).cast(MONEY)
    values = [
        pl.len().cast(pl.Int64).alias("bills"),
        number(~decided, "undecided"),
        number(decided, "compared"),
        *(
            pl.when(decided).then(name).sum().cast(TOTAL).alias(as_)
            for name, as_ in (
                ("dutiable_cny", "dutiable_cny"),
                ("tax_cny", "stated_cny"),
                ("expected_cny", "expected_cny"),
            )
        ),
        number(off > slack, "above"),
        number(-off > slack, "below"),
    ]
    return (
        summed(on_days(_bills(lists), "assessed_at", dates), ("zone", "business_date"), _OVER, values)
        .with_columns(
            (pl.col("stated_cny") - pl.col("expected_cny")).alias("difference_cny"),
            ratio("stated_cny", "dutiable_cny").alias("effective_rate"),
        )
        .pipe(shaped, TAX_FORMULA_DAILY)
    )
