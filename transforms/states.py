"""What has become of the lists accepted on a day: each in exactly one outcome, a vanished one marked beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.integrity_tables import STATES_DAILY
from transforms.measures import ALL
from transforms.state import OUTCOME_OF, OUTCOMES


def states_daily(lists: pl.LazyFrame, dates: Sequence[date]) -> pl.LazyFrame:
    """metrics.states_daily of the dates, sorted by grain; no row where no list was accepted.

    The warehouse refuses to publish it where the outcomes do not add up to what it holds as accepted.
    """
    accepted = lists.filter(pl.col("accepted_at").dt.date().is_in(list(dates))).select(
        "zone",
        pl.col("accepted_at").dt.date().alias("business_date"),
        "flow",
        pl.col("state").replace_strict(OUTCOME_OF, default=None, return_dtype=pl.String).alias("outcome"),
        pl.col("vanished_at").is_not_null().alias("vanished"),
    )
    both = pl.concat([accepted, accepted.with_columns(pl.lit(ALL).alias("flow"))])
    counted = both.group_by("zone", "business_date", "flow").agg(
        pl.len().alias("accepted"),
        *((pl.col("outcome") == each).sum().alias(each) for each in OUTCOMES),
        pl.col("vanished").sum(),
    )
    return counted.select(pl.col(name).cast(dtype) for name, dtype in STATES_DAILY.schema.items()).sort(
        STATES_DAILY.grain_ids
    )
