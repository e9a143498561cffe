"""Milestones of a list from its statuses: first time of each, and how long the holds lasted."""

from __future__ import annotations

import polars as pl

from transforms.statuses import MILESTONES, is_error

#: Hold that a list may have -> column with the end of its first one.
HOLDS = {"review_next_at": 300, "waiting_next_at": 400, "inspected_next_at": 500}


def milestones(runs: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """First time of each status, end of the first 300, 400 and 500, first receipt: (list_id, one column) each.

    To be attached: latest first, so that the first in time is the last row of a list and counts.
    """
    latest_first = runs.select("list_id", "code", "at", "next_at").reverse()

    def first(wanted: pl.Expr, time: str, name: str) -> pl.LazyFrame:
        return latest_first.filter(wanted).select("list_id", pl.col(time).alias(name))

    return (
        *(first(pl.col("code").is_in(codes), "at", name) for name, codes in MILESTONES.items()),
        first(is_error(), "at", "error_at"),
        *(first(pl.col("code") == code, "next_at", name) for name, code in HOLDS.items()),
        latest_first.select("list_id", pl.col("at").alias("first_receipt_at")),
    )


def last_runs(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: code and time of the last run, the status a list is in."""
    return runs.filter(pl.col("next_at").is_null()).select(
        "list_id", pl.col("code").alias("last_code"), pl.col("at").alias("last_at")
    )


def numbers(events: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """The preNo and the invtNo that e-port and customs gave, (list_id, one column) each.

    To be attached: in order of time, so that the newest of a list counts.
    """
    return tuple(
        events.filter(pl.col(name).is_not_null()).select("list_id", pl.col(name).alias(f"given_{name}"))
        for name in ("pre_no", "invt_no")
    )
