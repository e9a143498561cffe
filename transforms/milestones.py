"""Milestones of a list from its statuses: first time of each, and how long the holds lasted."""

from __future__ import annotations

import polars as pl

from transforms.statuses import MILESTONES, is_error

#: Hold that a list may have -> column with the end of its first one.
HOLDS = {"review_next_at": 300, "waiting_next_at": 400, "inspected_next_at": 500}


def milestones(runs: pl.LazyFrame) -> tuple[pl.LazyFrame, ...]:
    """Frames of grain list_id: first time of each status, end of the first 300, 400 and 500, first receipt.

    Runs of a list end in order, so the end of the first run of a status is the smallest.
    """
    narrow = runs.select("list_id", "code", "at", "next_at")
    return (
        *(
            _smallest(narrow.filter(pl.col("code").is_in(codes)), "at", name)
            for name, codes in MILESTONES.items()
        ),
        _smallest(narrow.filter(is_error()), "at", "error_at"),
        *(_smallest(narrow.filter(pl.col("code") == code), "next_at", name) for name, code in HOLDS.items()),
        _smallest(narrow, "at", "first_receipt_at"),
    )


def last_runs(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: code and time of the last run, the status a list is in."""
    return runs.filter(pl.col("next_at").is_null()).select(
        "list_id", pl.col("code").alias("last_code"), pl.col("at").alias("last_at")
    )


def numbers(events: pl.LazyFrame) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Frames of grain list_id: the newest preNo and the newest invtNo that e-port and customs gave."""
    given_pre_no, given_invt_no = (
        events.filter(pl.col(name).is_not_null())
        .unique("list_id", keep="last", maintain_order=True)
        .select("list_id", pl.col(name).alias(f"given_{name}"))
        for name in ("pre_no", "invt_no")
    )
    return given_pre_no, given_invt_no


def _smallest(runs: pl.LazyFrame, time: str, name: str) -> pl.LazyFrame:
    return runs.group_by("list_id").agg(pl.col(time).min().alias(name))
