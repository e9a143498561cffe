"""Daily declarations: how lists declared on a day went through customs, and why lists were rejected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.cube import known, number, on_days, ratio, shaped, summed
from transforms.metric_model import BREAKDOWN, DATE, ZONE, Column, MetricTable, count, share, text
from transforms.rejections import ERROR, MESSAGE, OTHER, REASONS, SENDING
from transforms.statuses import MESSAGE_REFUSED

#: Share -> numerator, denominator, Chinese and English label.
_SHARES = {
    "early_share": ("early", "arrival_known", "提前申报率", "share declared early"),
    "amended_share": ("amended", "declared", "改单率", "share amended"),
    "rejected_share": ("rejected", "declared", "退单率", "share rejected"),
    "redeclared_share": ("redeclared", "rejected", "重报率", "share declared again"),
    "inspected_share": ("inspected", "accepted", "查验率", "share inspected"),
    "reviewed_share": ("reviewed", "accepted", "人工审核率", "share reviewed by hand"),
}


def _untold(id_: str, zh: str, en: str, why: str) -> Column:
    return count(id_, zh, en, f"always null: {why}", "none", over_days="no")


DECLARATIONS_DAILY = MetricTable(
    "declarations_daily",
    "每日申报",
    "daily declarations",
    (ZONE, DATE, *BREAKDOWN),
    (
        count(
            "declared",
            "申报数",
            "lists declared",
            "lists with declared_at on the day; all others are of these",
        ),
        count("accepted", "入库数", "lists accepted", "with accepted_at, on whatever day"),
        count(
            "arrival_known",
            "已知运抵清单数",
            "lists whose arrival is known",
            "with arrived_at or with status 400; bonded goods lie in the zone and have neither",
        ),
        count(
            "early",
            "提前申报数",
            "lists declared early",
            "of arrival_known, lists with status 400 (waits for the goods) or with declared_at before arrived_at",
        ),
        count(
            "amended",
            "改单数",
            "lists amended",
            "with a version that is a change (appType 2)",
            "lists.amended_at",
        ),
        count(
            "rejected",
            "退单数",
            "lists rejected",
            f"with at least one status 100, 4 or below 0 that is no {MESSAGE} (see rejections_daily)",
            "lists.rejections",
        ),
        count(
            "redeclared",
            "重报数",
            "lists declared again",
            "of rejected, lists declared again after a rejection: a repair (see exclusions) that ended",
            "lists.exclusions",
        ),
        count("inspected", "查验数", "lists inspected", "with accepted_at and status 500"),
        count("reviewed", "人工审核数", "lists reviewed by hand", "with accepted_at and status 300"),
        *(
            share(name, zh, en, f"fraction of {below}", f"{above} / {below}", over_days=(above, below))
            for name, (above, below, zh, en) in _SHARES.items()
        ),
        _untold(
            "two_step",
            "两步申报数",
            "two-step declarations",
            "two-step declaration is a way to lodge a declaration of general cargo; a list (CEB621, CEB603) has no "
            "such field. Base: declared, import",
        ),
        _untold(
            "paperless",
            "无纸化数",
            "paperless declarations",
            "a list has no field for accompanying papers; every list here came as an electronic message, which is "
            "not what the paperless rate counts. Base: declared",
        ),
    ),
)

REJECTIONS_DAILY = MetricTable(
    "rejections_daily",
    "每日退单原因",
    "daily rejections by reason",
    (
        ZONE,
        DATE,
        *BREAKDOWN[:2],
        text(
            "reason",
            "退单原因",
            "reason",
            ", ".join((*REASONS, SENDING, ERROR, OTHER, MESSAGE, "all")),
            "first known phrase of the receipt's text: "
            + "; ".join(f"{reason}: {', '.join(phrases)}" for reason, phrases in REASONS.items())
            + f"; without one {SENDING} (status 4), {ERROR} (below 0) or {OTHER} (100). {MESSAGE}, whatever the text: "
            f"{', '.join(map(str, MESSAGE_REFUSED))} about a list with a 120 and no rejection since; the list stays as "
            "it is",
            "lists.rejections",
        ),
    ),
    (
        count(
            "rejections",
            "退单次数",
            "rejections",
            "statuses 100, 4 or below 0 on the day; one repeated without another status between counts once",
            "lists.rejections",
        ),
        count(
            "first_rejections",
            "首次退单数",
            "first rejections",
            f"of these, the first rejection of their list; no {MESSAGE}",
            "lists.rejections",
        ),
    ),
)
_OVER = ("flow", "mode", "office")


def declarations_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.declarations_daily of the dates, sorted by grain."""
    accepted = pl.col("accepted_at").is_not_null()
    arrival = pl.col("arrived_at").is_not_null() | pl.col("waiting_at").is_not_null()
    early = pl.col("waiting_at").is_not_null() | (pl.col("declared_at") < pl.col("arrived_at"))
    rejected_at = pl.col("rejections").list.eval(pl.element().struct.field("at").filter(_of_the_list()))
    mended = (pl.element().struct.field("reason") == "repair") & pl.element().struct.field(
        "end_at"
    ).is_not_null()
    mended_since = pl.col("exclusions").list.eval(pl.element().struct.field("start_at").filter(mended))
    rejected = rejected_at.list.len() > 0
    # A repair begins with the rejection it follows; one that begins with a cancellation is no answer to it.
    declared_again = rejected_at.list.set_intersection(mended_since).list.len() > 0
    values = [
        pl.len().cast(pl.Int64).alias("declared"),
        number(accepted, "accepted"),
        number(arrival, "arrival_known"),
        number(early, "early"),
        number(pl.col("amended_at").is_not_null(), "amended"),
        number(rejected, "rejected"),
        number(declared_again, "redeclared"),
        number(accepted & pl.col("inspected_at").is_not_null(), "inspected"),
        number(accepted & pl.col("review_at").is_not_null(), "reviewed"),
    ]
    cohort = on_days(lists, "declared_at", dates).pipe(known, "mode", "office")
    return (
        summed(cohort, ("zone", "business_date"), _OVER, values)
        .with_columns(
            *(ratio(above, below).alias(name) for name, (above, below, _, _) in _SHARES.items()),
            *(pl.lit(None, dtype=pl.Int64).alias(name) for name in ("two_step", "paperless")),
        )
        .pipe(shaped, DECLARATIONS_DAILY)
    )


def _of_the_list() -> pl.Expr:
    """A rejection that rejects the list, and not only a message."""
    return pl.element().struct.field("reason") != MESSAGE


def rejections_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.rejections_daily of the dates, sorted by grain."""
    first = pl.col("rejections").list.eval(_of_the_list() & (_of_the_list().cum_sum() == 1))
    events = (
        lists.select("zone", "flow", "mode", "rejections", first.alias("_first"))
        .explode("rejections", "_first", empty_as_null=False, keep_nulls=False)
        .unnest("rejections")
        .pipe(known, "mode")
        .pipe(on_days, "at", dates)
    )
    values = [pl.len().cast(pl.Int64).alias("rejections"), number(pl.col("_first"), "first_rejections")]
    return summed(events, ("zone", "business_date"), ("flow", "mode", "reason"), values).pipe(
        shaped, REJECTIONS_DAILY
    )
