"""Milestones of a list from its statuses: first time of each, and how long the holds lasted."""

from __future__ import annotations

import polars as pl

from transforms.statuses import MILESTONES, is_error

#: Hold that a list may have -> column with the end of its first one.
HOLDS = {"review_next_at": 300, "waiting_next_at": 400, "inspected_next_at": 500}


def milestones(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: first time of each status, next other status after the first 300, 400 and 500.

    `last_*` describe the last run, `first_receipt_at` the first. Runs of a list end in order, so the end
    of the first run of a status is the smallest.
    """
    return runs.group_by("list_id").agg(
        *(_first(pl.col("code").is_in(codes)).alias(name) for name, codes in MILESTONES.items()),
        _first(is_error()).alias("error_at"),
        *(pl.col("next_at").filter(pl.col("code") == code).min().alias(name) for name, code in HOLDS.items()),
        pl.col("at").min().alias("first_receipt_at"),
    )


def last_runs(runs: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: code and time of the last run, the status a list is in."""
    return runs.filter(pl.col("next_at").is_null()).select(
        "list_id", pl.col("code").alias("last_code"), pl.col("at").alias("last_at")
    )


def numbers(events: pl.LazyFrame) -> pl.LazyFrame:
    """Grain list_id: the newest preNo and invtNo that e-port and customs gave in receipts."""

    def newest(name: str) -> pl.LazyFrame:
        return (
            events.filter(pl.col(name).is_not_null())
            .unique("list_id", keep="last", maintain_order=True)
            .select("list_id", pl.col(name).alias(f"given_{name}"))
        )

    return newest("pre_no").join(newest("invt_no"), on="list_id", how="full", coalesce=True)


def _first(wanted: pl.Expr) -> pl.Expr:
    return pl.col("at").filter(wanted).min()
