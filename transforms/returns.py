"""Daily cancellations and returns: asked for, granted, refused, within their windows, and their rates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.cube import known, number, on_days, ratio, shaped, summed, timed, timing
from transforms.metric_model import BREAKDOWN, DATE, ZONE, MetricTable, basis, count, money, share, text
from transforms.schemas import TOTAL

#: Days from the release within which an import return is asked for, and the goods are back in the zone.
ASK_DAYS, BACK_DAYS = 30, 45
#: First granted cancellation of a list, or its deletion.
_GRANTED = "_cancel_granted_at"
#: request -> basis -> column of core.lists.
_TIMES = {
    "cancellation": {"asked": "cancel_asked_at", "granted": _GRANTED, "refused": "cancel_refused_at"},
    "return": {"asked": "return_asked_at", "granted": "returned_at", "refused": "return_refused_at"},
}
_TAX = "tax of the bills that are not void; customs voids the bill of a return in time"

RETURNS_DAILY = MetricTable(
    "returns_daily",
    "每日撤单与退货",
    "daily cancellations and returns",
    (
        ZONE,
        DATE,
        text(
            "request",
            "申请类型",
            "request",
            ", ".join(_TIMES),
            "cancellation: CEB623, CEB605; return: CEB625 (imports; CEB has no request for export returns)",
        ),
        basis(
            ("asked", "granted", "refused"),
            "the day of: asked: the list's first request (appTime); granted: the first receipt 399, 800 or 899 of "
            "a request, also where the list was declared again since, or a deletion of the list; returned_at (a granted "
            "request, or status 700 of the list); refused: "
            "first receipt 100 or below 0 of a request that was never granted",
        ),
        *BREAKDOWN,
    ),
    (
        count("lists", "清单数", "lists", "lists with that time on the day"),
        money(
            "value_cny",
            "清单货值",
            "value of the lists",
            "sum of the lists' whole values, also where goods came back in part",
        ),
        money("tax_cny", "税款", "tax", f"sum of tax_cny of the lists: {_TAX}", "lists.tax_cny"),
        count(
            "windowed",
            "适用期限清单数",
            "lists with a window",
            "returns, with released_at known: import on the bases asked and granted, export on granted",
        ),
        count(
            "in_window",
            "期限内清单数",
            "lists within the window",
            f"of windowed. asked, import: at most {ASK_DAYS} calendar days after the day of release; granted, import: "
            f"at most {BACK_DAYS}, which is of the grant: no document says when the goods were back in the zone; "
            "granted, export: at most 1 year",
        ),
        share(
            "in_window_share",
            "期限内占比",
            "share within the window",
            "fraction of windowed",
            "in_window / windowed",
            over_days=("in_window", "windowed"),
        ),
        *timing(),
    ),
)
RETURN_RATES_DAILY = MetricTable(
    "return_rates_daily",
    "每日撤单率与退货率",
    "daily rates of cancellation and return",
    (ZONE, DATE, *BREAKDOWN),
    (
        count("declared", "申报数", "lists declared", "lists with declared_at on the day"),
        count(
            "cancelled", "撤单数", "lists cancelled", "of declared, lists with cancelled_at, on whatever day"
        ),
        share(
            "cancelled_share",
            "撤单率",
            "share cancelled",
            "fraction of declared",
            "cancelled / declared",
            over_days=("cancelled", "declared"),
        ),
        count("released", "放行数", "lists released", "lists with released_at on the day"),
        count(
            "return_asked",
            "申请退货数",
            "lists asked back",
            "of released, lists with return_asked_at, on whatever day",
        ),
        count("returned", "退货数", "lists returned", "of released, lists with returned_at, on whatever day"),
        share(
            "returned_share",
            "退货率",
            "share returned",
            "fraction of released",
            "returned / released",
            over_days=("returned", "released"),
        ),
        money("released_cny", "放行货值", "value released", "sum of the values of released"),
        money(
            "returned_cny",
            "退货清单货值",
            "value of the lists returned",
            "sum of the whole values of the lists of returned, also of those of which goods came back in part: no less "
            "than the value of the goods returned",
        ),
    ),
)
_OVER = ("flow", "mode", "office")
_EVENT = ("zone", "business_date", "request", "basis")
_TIMING = ("n", "total_h", "mean_h", "median_h", "p90_h", "negative", "undefined")


def returns_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.returns_daily of the dates, sorted by grain. Times are from the request to its answer."""
    granted = pl.min_horizontal("cancel_granted_at", "cancelled_at").alias(_GRANTED)
    plain = known(lists, "mode", "office").with_columns(granted)
    events = pl.concat(
        on_days(plain, time, dates).select(
            "zone",
            "business_date",
            *_OVER,
            "value_cny",
            "tax_cny",
            pl.lit(request).alias("request"),
            pl.lit(name).alias("basis"),
            (pl.col(time) - pl.col(times["asked"])).dt.total_milliseconds().alias("duration"),
            _in_window(request, name, time).alias("_in_window"),
        )
        for request, times in _TIMES.items()
        for name, time in times.items()
    )
    values = [
        pl.len().cast(pl.Int64).alias("lists"),
        pl.col("value_cny", "tax_cny").sum().cast(TOTAL),
        number(pl.col("_in_window").is_not_null(), "windowed"),
        number(pl.col("_in_window"), "in_window"),
    ]
    answered = timed(events.filter(pl.col("basis") != "asked"), _EVENT, _OVER).select(
        *_EVENT, *_OVER, *_TIMING
    )
    return (
        summed(events, _EVENT, _OVER, values)
        .join(answered, on=[*_EVENT, *_OVER], how="left")
        .with_columns(ratio("in_window", "windowed").alias("in_window_share"))
        .pipe(shaped, RETURNS_DAILY)
    )


def _in_window(request: str, name: str, time: str) -> pl.Expr:
    """Whether a list keeps the window; null where none applies or the release is not known."""
    if request == "cancellation" or name == "refused":
        return pl.lit(None, dtype=pl.Boolean)
    released, then = pl.col("released_at").dt.date(), pl.col(time).dt.date()
    within = then <= _last_day(ASK_DAYS if name == "asked" else BACK_DAYS)
    export = then <= released.dt.offset_by("1y") if name == "granted" else None
    return pl.when(pl.col("flow") == "I").then(within).otherwise(export)


def back_in_time() -> pl.Expr:
    """Whether the goods of an import list came back in time: granted at most BACK_DAYS days after the release."""
    return (pl.col("returned_at").dt.date() <= _last_day(BACK_DAYS)).fill_null(False)


def _last_day(days: int) -> pl.Expr:
    return pl.col("released_at").dt.date().dt.offset_by(f"{days}d")


def return_rates_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.return_rates_daily of the dates, sorted by grain: cohorts of the declared and of the released."""
    plain = known(lists, "mode", "office")
    columns = ("zone", "business_date", *_OVER, "cancelled_at", "return_asked_at", "returned_at", "value_cny")
    cohorts = pl.concat(
        on_days(plain, f"{cohort}_at", dates).select(*columns, pl.lit(cohort).alias("_cohort"))
        for cohort in ("declared", "released")
    )
    declared, released = pl.col("_cohort") == "declared", pl.col("_cohort") == "released"
    returned = released & pl.col("returned_at").is_not_null()
    values = [
        number(declared, "declared"),
        number(declared & pl.col("cancelled_at").is_not_null(), "cancelled"),
        number(released, "released"),
        number(released & pl.col("return_asked_at").is_not_null(), "return_asked"),
        number(returned, "returned"),
        pl.when(released).then("value_cny").sum().cast(TOTAL).alias("released_cny"),
        pl.when(returned).then("value_cny").sum().cast(TOTAL).alias("returned_cny"),
    ]
    return (
        summed(cohorts, ("zone", "business_date"), _OVER, values)
        .with_columns(
            ratio("cancelled", "declared").alias("cancelled_share"),
            ratio("returned", "released").alias("returned_share"),
        )
        .pipe(shaped, RETURN_RATES_DAILY)
    )
