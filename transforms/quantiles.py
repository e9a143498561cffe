"""Sorted durations by cell, and linear-interpolated quantiles of them in hours."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from transforms.rollup import Cells

HOUR_MS = 3_600_000


def in_hours(milliseconds: pl.Expr, parts: int = 1) -> pl.Expr:
    """Milliseconds (or `parts`-ths of one) in hours, correctly rounded.

    Polars divides by a single number by multiplying with its reciprocal: 14,400,000 ms / 3,600,000 gives
    3.9999999999999996 h. Between two columns it divides, so the divisor is made a column.
    """
    return milliseconds / (milliseconds * 0 + parts * HOUR_MS)


def ladders(spans: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    """(cell, durations, censored): durations ascending, positions of the censored ones among them.

    Sorted once; each subset of the breakdown then only deals the sorted rows out to its cells. `cell` is that
    of the row's `group` (see `Cells.of_group`).
    """
    ordered = spans.sort("duration", "censored")
    base = ordered["base"]
    dealt = [
        ordered.lazy()
        .with_columns(of_base.gather(base).alias("cell"))
        .select(cells.of_group().alias("cell"), "duration", "censored")
        .group_by("cell", maintain_order=True)
        .agg(pl.col("duration").alias("durations"), pl.col("censored").arg_true())
        for of_base in cells.of_base
    ]
    return pl.concat(pl.collect_all(dealt, engine="in-memory"))


def interpolated(name: str, probability: tuple[int, int], longer: str | None = None) -> pl.Expr:
    """The quantile of a list of whole milliseconds, in hours: at position (n - 1) x p, linear in between.

    With p = a / b and (n - 1) x a = b x k + r this is (b x d[k] + r x (d[k + 1] - d[k])) / b: whole numbers
    up to the one division at the end. `longer` names a column with the number of further durations, each
    longer than all of the list: the quantile is null where it falls among them.
    """
    above, below = probability
    known = pl.col("durations").list.len().cast(pl.Int64)
    place = (known + (pl.col(longer) if longer else 0) - 1) * above
    lower = pl.col("durations").list.get(place // below, null_on_oob=True)
    upper = pl.col("durations").list.get(place // below + 1, null_on_oob=True)
    rest = pl.when(place % below == 0).then(0).otherwise((place % below) * (upper - lower))
    return in_hours(lower * below + rest, below).alias(name)


def linear_quantiles(sorted_: pl.DataFrame, wanted: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """(cell, one column each) in hours."""
    return sorted_.select("cell", *(interpolated(name, probability) for name, probability in wanted.items()))
