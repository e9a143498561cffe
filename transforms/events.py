"""The statuses of each list in order, and the runs of equal statuses among them."""

from __future__ import annotations

import polars as pl

from transforms.compute import computed
from transforms.schemas import TIME
from transforms.statuses import (
    ACCEPTED,
    code,
    is_rejection,
    names_missing_document,
    procedure_order,
    refuses_message,
)


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
        _sorted(receipts.with_columns(code().alias("code")))
        .filter(~repeated)
        .with_columns((row - pl.when(starts).then(row).forward_fill() + 1).alias("seq"))
    )


_TEXTS = ("status", "info", "file_hash", "pre_no", "invt_no")


def _sorted(receipts: pl.LazyFrame) -> pl.LazyFrame:
    """Sort by list, time and procedure, then by the texts; computed here.

    Texts are six times as slow to sort by as numbers and nearly never decide, so the three numbers are
    packed into one, and only the rows it leaves tied are sorted by the texts.
    """
    place = pl.col("list_id").cast(pl.Int128) * 2**50 + pl.col("at").cast(TIME).to_physical()
    rows = receipts.with_columns((place * 2**32 + procedure_order()).alias("_place")).collect(
        engine="in-memory"
    )
    order = rows["_place"].arg_sort()
    places = rows["_place"].gather(order)
    same = (places == places.shift()).fill_null(False)
    tied = (same | same.shift(-1, fill_value=False)).arg_true()
    if len(tied):
        several = rows.select("_place", *_TEXTS)[order[tied]]
        settled = several.select(pl.arg_sort_by("_place", *_TEXTS)).to_series()
        order = order.scatter(tied, order[tied][settled])
    return rows.drop("_place")[order].lazy()


def refused_messages(events: pl.LazyFrame) -> pl.LazyFrame:
    """The events that refuse only a message: the list stands accepted, its last 120 not followed by a rejection.

    `repeated`: the same status came just before, without another in between.
    """
    concerned = events.filter(refuses_message()).select("list_id").unique()
    stands = (
        pl.when(pl.col("code") == ACCEPTED).then(True).when(is_rejection() & ~refuses_message()).then(False)
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift()) for name in ("list_id", "status"))
    return (
        events.join(concerned, on="list_id", how="semi", maintain_order="left")
        .with_columns(same.fill_null(value=False).alias("repeated"))
        .filter(refuses_message() & stands.forward_fill().over("list_id").fill_null(False))
        .pipe(computed)
    )


def without(events: pl.LazyFrame, others: pl.LazyFrame) -> pl.LazyFrame:
    """The events that are not among the others, in their order."""
    return events.join(
        others.select("list_id", "seq"), on=["list_id", "seq"], how="anti", maintain_order="left"
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
