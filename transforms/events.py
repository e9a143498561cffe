"""The statuses of each list in order, and the runs of equal statuses among them."""

from __future__ import annotations

import polars as pl

from transforms.statuses import code, names_missing_document, procedure_order


def ordered_events(receipts: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (list_id, seq): one status of a list, sorted by list and time; `receipts` bear `list_id`.

    The same status at the same time with the same text is one event, however often and in however many
    files it came. Equal times stand in the order of the procedure.
    """
    identity = ("list_id", "status", "at", "info")
    repeated = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in identity)
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    starts = pl.col("list_id").ne_missing(pl.col("list_id").shift())
    return (
        receipts.with_columns(code().alias("code"))
        .with_columns(procedure_order().alias("_order"))
        .sort("list_id", "at", "_order", "status", "info", "file_hash", nulls_last=True)
        .drop("_order")
        .filter(~repeated)
        .with_columns((row - pl.when(starts).then(row).forward_fill() + 1).alias("seq"))
    )


def runs(events: pl.LazyFrame) -> pl.LazyFrame:
    """Grain: the first of consecutive events with the same meaning; `next_at` is when that ended.

    A status repeated at a later time is not a next status. A status 2 that names a missing document and
    one that does not are different. `next_at` is null for the last run of a list.
    """
    meaning = ("list_id", "status", "missing_document")
    starts = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in meaning)
    same_list = pl.col("list_id") == pl.col("list_id").shift(-1)
    return (
        events.with_columns(names_missing_document().alias("missing_document"))
        .filter(starts)
        .with_columns(pl.when(same_list).then(pl.col("at").shift(-1)).alias("next_at"))
    )
