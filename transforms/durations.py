"""How long each list took for a measure, on each basis. Times and durations are whole milliseconds.

The frames here are the lists of a cohort with their milestones as integers, `row` and `base` (see `rollup`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from transforms.exclusions import cut_total
from transforms.measures import Measure

_EPOCH = datetime(1970, 1, 1)
#: Ways a list can leave without release, besides a rejection for good.
EXITS = ("cancelled_at", "returned_at", "closed_at")


def milliseconds(time: datetime | date) -> int:
    """A local time (or the start of a day) as the integer a milestone column holds."""
    start = time if isinstance(time, datetime) else datetime(time.year, time.month, time.day)
    return (start - _EPOCH) // timedelta(milliseconds=1)


def within_day(column: str, day: date) -> pl.Expr:
    """The time lies in the calendar day."""
    start = milliseconds(day)
    return pl.col(column).is_between(start, milliseconds(day + timedelta(days=1)), closed="left")


def gone_by(time: int) -> pl.Expr:
    """When a list that is not released by `time` had left for good; null where it had not.

    That is the first of cancellation, return, closing and the start of a repair that lasts at `time`.
    """
    return pl.min_horizontal(_past(name, time) for name in (*EXITS, "repair_at"))


def _past(column: str, time: int) -> pl.Expr:
    return pl.when(pl.col(column) < time).then(column)


def with_repair(lists: pl.DataFrame, intervals: pl.DataFrame, time: int) -> pl.DataFrame:
    """Adds `repair_at`, the start of the repair a list is in at `time`, or null."""
    lasting = (
        intervals.filter((pl.col("reason") == "repair") & (pl.col("start") < time) & (pl.col("end") >= time))
        .group_by("row")
        .agg(pl.col("start").min().alias("repair_at"))
    )
    return lists.join(lasting, on="row", how="left")


def still_open(lists: pl.DataFrame, time: int) -> pl.DataFrame:
    """(row, base, age): lists accepted before `time` and neither released nor gone by then.

    The one figure a list enters on days that are none of its own: warehouse.openness says which of them late
    data restates, by what is read here.
    """
    return lists.filter(
        (pl.col("accepted_at") < time) & _past("released_at", time).is_null() & gone_by(time).is_null()
    ).select("row", "base", (time - pl.col("accepted_at")).alias("age"))


def release_spans(cohort: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    """(row, base, from, until, censored, open_age): nothing is censored, an unknown end is no span."""
    return _concerned(cohort, measure).select(
        "row",
        "base",
        pl.col(measure.start).alias("from"),
        pl.col(measure.end).alias("until"),
        pl.lit(False).alias("censored"),
        pl.lit(None, dtype=pl.Int64).alias("open_age"),
    )


def acceptance_spans(cohort: pl.DataFrame, measure: Measure, observed_until: int) -> pl.DataFrame:
    """(row, base, from, until, censored, open_age), as known at `observed_until`.

    A span whose end was not observed is censored: when the list left for good, else at `observed_until`; in
    the latter case it is open and `open_age` its length. A start not yet observed is unknown.
    """
    started, ended = _past(measure.start, observed_until), _past(measure.end, observed_until)
    left = (
        gone_by(observed_until)
        if measure.end == "released_at"
        else pl.min_horizontal(_past(name, observed_until) for name in EXITS[:2])
    )
    last = pl.when(left.is_null()).then(observed_until).otherwise(pl.max_horizontal(left, started))
    is_open = started.is_not_null() & ended.is_null() & left.is_null()
    return _concerned(cohort, measure).select(
        "row",
        "base",
        started.alias("from"),
        pl.when(started.is_not_null()).then(pl.coalesce(ended, last)).alias("until"),
        ended.is_null().alias("censored"),
        pl.when(is_open).then(observed_until - started).alias("open_age"),
    )


def _concerned(cohort: pl.DataFrame, measure: Measure) -> pl.DataFrame:
    """The lists that can have the event: the others stand in no figure of the measure, not even as undefined."""
    wanted = [
        *([pl.col(measure.start).is_not_null()] if measure.hold else []),
        *([pl.col("flow") == measure.flow] if measure.flow else []),
        *([pl.col("mode").is_in(measure.modes)] if measure.modes else []),
    ]
    return cohort.filter(wanted) if wanted else cohort


def with_durations(spans: pl.DataFrame, measure: Measure, blocks: pl.DataFrame) -> pl.DataFrame:
    """Adds `duration`, gross, and `excluded`, what a net measure subtracts; both null where undefined.

    `blocks` are the united exclusions of the rows; a negative span has nothing excluded.
    """
    gross = spans.with_columns((pl.col("until") - pl.col("from")).alias("duration"))
    if not measure.excluded:
        return gross.with_columns(pl.lit(0, dtype=pl.Int64).alias("excluded"))
    concerned = gross.lazy().select("row", "from", "until")
    excluded = cut_total(blocks.lazy(), concerned, ("row",), "row").collect(engine="in-memory")
    return gross.join(excluded, on="row", how="left").with_columns(pl.col("excluded").fill_null(0))


def net(spans: pl.DataFrame) -> pl.DataFrame:
    """Durations less what is excluded from them."""
    return spans.with_columns(pl.col("duration") - pl.col("excluded"))
