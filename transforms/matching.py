"""Match rows to lists by the first of several keys that names exactly one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl


@dataclass(frozen=True)
class Step:
    """Try `key`, columns of the rows to match, against the same columns of `known`."""

    key: tuple[str, ...]
    known: pl.LazyFrame


def naming_one(known: pl.LazyFrame, key: Sequence[str]) -> pl.LazyFrame:
    """(key, list_id) for the keys that name exactly one list; an ambiguous key names none."""
    return (
        known.select(*key, "list_id")
        .drop_nulls()
        .group_by(*key)
        .agg(pl.col("list_id").min(), pl.col("list_id").max().alias("_last"))
        .filter(pl.col("list_id") == pl.col("_last"))
        .drop("_last")
    )


class Matched(NamedTuple):
    """Rows that found their list, with `list_id`, and the rows left over."""

    found: pl.LazyFrame
    rest: pl.LazyFrame


def first_match(frame: pl.LazyFrame, *steps: Step) -> Matched:
    """Each row by the first step that matches it.

    Nearly every row matches at the first step, so what is left over is computed before the next one.
    """
    found: list[pl.LazyFrame] = []
    rest = frame
    for step in steps:
        known = naming_one(step.known, step.key)
        joined = rest.join(known, on=list(step.key), how="left").collect(engine="in-memory")
        found.append(joined.lazy().filter(pl.col("list_id").is_not_null()))
        rest = joined.lazy().filter(pl.col("list_id").is_null()).drop("list_id")
        if not joined["list_id"].has_nulls():
            break
    return Matched(pl.concat(found), rest)


def attached(lists: pl.LazyFrame, *parts: pl.LazyFrame) -> pl.LazyFrame:
    """Lists with the columns of `parts`; of several rows a `list_id` the last counts. Computed here.

    `lists` are all lists in order of `list_id`, which is then the row a part's row belongs to: placing it
    there costs a fraction of a join, of which some thirty would be needed.
    """
    whole, *computed = pl.collect_all([lists, *parts], engine="in-memory")
    nowhere = pl.Series("place", [None], dtype=pl.UInt32).new_from_index(0, whole.height)
    columns = [whole]
    for part in computed:
        rows = pl.int_range(part.height, dtype=pl.UInt32, eager=True)
        place = nowhere.clone().scatter(part["list_id"], rows)
        columns.append(part.drop("list_id").select(pl.all().gather(place)))
    return pl.concat(columns, how="horizontal").lazy()


def is_empty(frame: pl.LazyFrame) -> bool:
    """Whether a frame that is already computed has no row."""
    return frame.limit(1).collect().is_empty()
