"""The Kaplan-Meier estimate for many cells at once, from sorted durations.

A ladder is a cell's durations in ascending order (at equal durations the ended before the censored) and
the positions of the censored ones. Between two censorings the estimate falls by equal steps, so it is fixed
by its value at each censoring: after the k-th, at position c with n durations in all,

    S_k = S_(k-1) x (n - c) / (n - c_(k-1) - 1),        S_(-1) = 1, c_(-1) = -1

and at a later position i before the next one S(i) = S_k x (n - i - 1) / (n - c - 1). Before the first
censoring the estimate is a plain count and computed as one, without a rounding error.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

#: Guards a comparison of positions, whole numbers, against the rounding of a product.
_EPSILON = 1e-9


def stretches(ladders: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (cell, position): the estimate after each censoring, and -1 for the stretch before the first.

    Columns: n, position, next (position of the next censoring, or n), left (n - position - 1), survival.
    """
    first = ladders.select(
        "cell",
        pl.col("durations").list.len().cast(pl.Int64).alias("n"),
        pl.concat_list(pl.lit(-1, dtype=pl.Int64), pl.col("censored").cast(pl.List(pl.Int64))).alias(
            "position"
        ),
    ).explode("position")
    before = pl.col("position").shift().over("cell")
    factor = (pl.col("n") - pl.col("position")) / (pl.col("n") - before - 1)
    return (
        first.with_columns(
            pl.col("position").shift(-1).over("cell").fill_null(pl.col("n")).alias("next"),
            (pl.col("n") - pl.col("position") - 1).alias("left"),
            pl.when(before.is_null()).then(1.0).otherwise(factor).alias("_factor"),
        )
        .with_columns(pl.col("_factor").cum_prod().over("cell").alias("survival"))
        .drop("_factor")
    )


def reached(found: pl.LazyFrame, name: str, probability: tuple[int, int]) -> pl.LazyFrame:
    """(cell, name): the first position with F at least the probability; no row where there is none."""
    above, below = probability
    counted = (pl.col("n") * above + below - 1) // below - 1
    may_survive = pl.col("left") * ((below - above) / below) / pl.col("survival")
    estimated = pl.col("n") - 1 - (may_survive + _EPSILON).floor().cast(pl.Int64)
    position = pl.when(pl.col("position") < 0).then(counted).otherwise(estimated)
    return (
        found.with_columns(pl.max_horizontal(position, pl.col("position") + 1).alias(name))
        .filter(pl.col(name) < pl.col("next"))
        .group_by("cell")
        .agg(pl.col(name).min())
    )


def share_by(found: pl.LazyFrame, counts: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """(cell, name): F at a time of which `counts` (cell, name) says how many durations it covers."""
    position = pl.col(name) - 1
    survival = (
        pl.when(position > pl.col("position"))
        .then(pl.col("survival") * (pl.col("n") - position - 1) / pl.col("left"))
        .otherwise("survival")
    )
    share = pl.when(pl.col("position") < 0).then(pl.col(name) / pl.col("n")).otherwise(1 - survival)
    return (
        found.join(counts.select("cell", name), on="cell")
        .filter(pl.col("position") <= position)
        .group_by("cell")
        .agg(share.sort_by("position").last().alias(name))
    )


def quantiles(
    ladders: pl.DataFrame, found: pl.LazyFrame, wanted: Mapping[str, tuple[int, int]]
) -> pl.LazyFrame:
    """(cell, one column each): the smallest duration t with F(t) >= p, null if not reached."""
    positions = ladders.lazy().select("cell")
    for name, probability in wanted.items():
        positions = positions.join(
            reached(found, name, probability), on="cell", how="left", maintain_order="left"
        )
    # The long lists stand beside the positions instead of being copied by every join.
    beside = pl.concat([positions, ladders.lazy().select("durations")], how="horizontal", strict=True)
    return beside.select("cell", *(pl.col("durations").list.get(pl.col(name)).alias(name) for name in wanted))
