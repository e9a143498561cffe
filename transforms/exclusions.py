"""Times not charged to customs: intervals from statuses and versions, united, cut and added up.

An interval is (reason, start_at, end_at); end_at null means it has not ended yet.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from transforms.schemas import EXCLUSION, TIME
from transforms.statuses import DECLARED, SUSPENDED, WAITING, is_rejection

#: Stands for an end that is not known: later than any time of a document.
FOREVER_MS = 9_000_000_000_000_000
_INTERVAL = ("list_id", "reason", "start_at", "end_at")


def intervals(runs: pl.LazyFrame, redeclarations: pl.LazyFrame, withdrawals: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (list_id, reason, start_at): every exclusion of every list, as it was, not united.

    A list that was cancelled and declared again lay with its enterprise in between, as after a rejection; a
    cancellation in force (without an end) is no wait.
    """
    return pl.concat(
        [
            withdrawals.filter(pl.col("end_at").is_not_null()).select(
                "list_id", pl.lit("repair").alias("reason"), "start_at", "end_at"
            ),
            _until_next(runs, pl.col("code") == WAITING, "arrival"),
            _until_next(runs, pl.col("code") == SUSPENDED, "suspended"),
            _until_next(runs, pl.col("missing_document"), "document"),
            _repairs(runs, redeclarations),
        ]
    )


def _until_next(runs: pl.LazyFrame, wanted: pl.Expr, reason: str) -> pl.LazyFrame:
    return runs.filter(wanted).select(
        "list_id",
        pl.lit(reason).alias("reason"),
        pl.col("at").alias("start_at"),
        pl.col("next_at").alias("end_at"),
    )


def _repairs(runs: pl.LazyFrame, redeclarations: pl.LazyFrame) -> pl.LazyFrame:
    """From a rejection to the next declaration of the list.

    That is the next status 2 or the next version of the list, whichever comes first. Where neither was
    received, a later status that only a declared list can have shows that it was declared.
    """
    rejections = runs.filter(is_rejection()).select("list_id", "seq", "at")
    concerned = rejections.select("list_id").unique()
    statuses = (
        runs.filter(pl.col("code").is_in(DECLARED))
        .join(concerned, on="list_id", how="semi")
        .select("list_id", pl.col("seq").alias("_seq"), pl.col("at").alias("_at"))
    )
    versions = redeclarations.join(concerned, on="list_id", how="semi").select(
        "list_id", pl.lit(None, dtype=pl.Int64).alias("_seq"), pl.col("at").alias("_at")
    )
    later = (
        pl.when(pl.col("_seq").is_null())
        .then(pl.col("_at") > pl.col("at"))
        .otherwise(pl.col("_seq") > pl.col("seq"))
    )
    return (
        rejections.join(pl.concat([statuses, versions]), on="list_id", how="left")
        .group_by("list_id", "seq", "at")
        .agg(pl.col("_at").filter(later).min().alias("end_at"))
        .select("list_id", pl.lit("repair").alias("reason"), pl.col("at").alias("start_at"), pl.col("end_at"))
    )


def as_lists(found: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: the intervals as one value, in order of start, reason and end."""
    return (
        found.unique()
        .sort(*_INTERVAL[:1], "start_at", "reason", "end_at", nulls_last=True)
        .group_by("list_id", maintain_order=True)
        .agg(pl.struct("reason", "start_at", "end_at").cast(EXCLUSION).alias("exclusions"))
    )


def spread(lists: pl.LazyFrame, row: str) -> pl.LazyFrame:
    """Intervals of core.lists rows in ms: (row, reason, start, end), end FOREVER_MS if unfinished."""
    return (
        lists.filter(pl.col("exclusions").list.len() > 0)
        .select(row, "exclusions")
        .explode("exclusions")
        .unnest("exclusions")
        .select(
            row,
            "reason",
            pl.col("start_at").cast(TIME).to_physical().alias("start"),
            pl.col("end_at").cast(TIME).to_physical().fill_null(FOREVER_MS).alias("end"),
        )
    )


def united(found: pl.LazyFrame, by: Sequence[str]) -> pl.LazyFrame:
    """Intervals (by, start, end) without overlaps: overlapping or touching ones of one `by` become one."""
    new_group = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in by)
    # The latest end so far within the group; a start beyond it opens a new block.
    reached = pl.col("end").cum_max().shift().over(by)
    block = (new_group | (pl.col("start") > pl.col("_reached"))).fill_null(True).cum_sum()
    return (
        found.filter(pl.col("end") > pl.col("start"))
        .sort(*by, "start", "end")
        .with_columns(reached.alias("_reached"))
        .group_by(*by, block.alias("_block"))
        .agg(pl.col("start").min(), pl.col("end").max())
        .drop("_block")
        .sort(*by, "start")
    )


def cut_total(blocks: pl.LazyFrame, spans: pl.LazyFrame, by: Sequence[str], row: str) -> pl.LazyFrame:
    """Milliseconds of the united `blocks` inside the span (row, from, until) of their row, added up.

    Grain `by` (which contains `row`), only rows with more than nothing: column `excluded`.
    """
    overlap = pl.min_horizontal("end", "until") - pl.max_horizontal("start", "from")
    return (
        blocks.join(spans, on=row, how="inner")
        .with_columns(overlap.clip(lower_bound=0).alias("excluded"))
        .group_by(*by)
        .agg(pl.col("excluded").sum())
        .filter(pl.col("excluded") > 0)
    )
