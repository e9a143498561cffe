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


def _position(probability: tuple[int, int]) -> pl.Expr:
    """First position of the stretch at which F is at least the probability; null where that is not in it."""
    above, below = probability
    counted = (pl.col("n") * above + below - 1) // below - 1
    may_survive = pl.col("left") * ((below - above) / below) / pl.col("survival")
    estimated = pl.col("n") - 1 - (may_survive + _EPSILON).floor().cast(pl.Int64)
    first = pl.max_horizontal(
        pl.when(pl.col("position") < 0).then(counted).otherwise(estimated), pl.col("position") + 1
    )
    return pl.when(first < pl.col("next")).then(first)


def _share(covered: pl.Expr) -> pl.Expr:
    """F after the first `covered` durations of the cell; null where their last is not in the stretch."""
    last = covered - 1
    survival = pl.col("survival") * (pl.col("n") - covered) / pl.col("left")
    share = (
        pl.when(pl.col("position") < 0)
        .then(covered / pl.col("n"))
        .otherwise(1 - pl.when(last > pl.col("position")).then(survival).otherwise("survival"))
    )
    return pl.when((pl.col("position") <= last) & (last < pl.col("next"))).then(share)


def estimates(
    ladders: pl.DataFrame, covered: pl.LazyFrame, quantiles: Mapping[str, tuple[int, int]]
) -> pl.LazyFrame:
    """By cell: quantiles (the smallest duration t with F(t) >= p, null if not reached) and shares F(t).

    `covered`: cell and, for each share, how many of the cell's durations are at most its t.
    """
    shares = [name for name in covered.collect_schema().names() if name != "cell"]
    found = (
        stretches(ladders.lazy())
        .join(covered, on="cell", how="left")
        .group_by("cell")
        .agg(
            *(_position(probability).min().alias(name) for name, probability in quantiles.items()),
            *(_share(pl.col(name)).max().alias(name) for name in shares),
        )
    )
    narrow = ladders.lazy().select("cell").join(found, on="cell", how="left", maintain_order="left")
    # The long lists stand beside the positions instead of being copied by a join.
    beside = pl.concat([narrow, ladders.lazy().select("durations")], how="horizontal")
    return beside.with_columns(
        pl.col("durations").list.get(pl.col(name)).alias(name) for name in quantiles
    ).drop("durations")
