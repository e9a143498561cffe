"""The Kaplan-Meier estimate for many cells at once, from sorted durations.

A ladder is a cell's durations in ascending order (at equal durations the ended before the censored) and
the positions of the censored ones. Between two runs of censorings the estimate falls by equal steps, so it
is fixed by its value at each run: with n durations in all, at the k-th run, from position s to position e,

    S_k = S_(k-1) x (n - s_k) / (n - e_(k-1) - 1),        S_(-1) = 1, e_(-1) = -1

and at a later position i before the next run S(i) = S_k x (n - i - 1) / (n - e_k - 1). Before the first
censoring the estimate is a plain count and computed as one, without a rounding error.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

#: Guards a comparison of positions, whole numbers, against the rounding of a product.
_EPSILON = 1e-9


def stretches(ladders: pl.LazyFrame) -> pl.LazyFrame:
    """Grain (cell, position): a run of censorings and the steps after it; -1 before the first run.

    Columns: n, start and position (first and last of the run), next (start of the next run, or n), left
    (n - position - 1), survival (S at the run).
    """
    n = pl.col("durations").list.len().cast(pl.Int64).alias("n")
    censored = pl.col("censored").cast(pl.List(pl.Int64))
    before_any = ladders.select(
        "cell",
        n,
        pl.lit(-1, dtype=pl.Int64).alias("start"),
        pl.lit(-1, dtype=pl.Int64).alias("position"),
        pl.coalesce(censored.list.first(), n).alias("next"),
        n.alias("left"),
        pl.lit(1.0).alias("survival"),
    )
    positions = ladders.select("cell", n, censored.alias("position")).explode(
        "position", empty_as_null=False, keep_nulls=False
    )
    follows = _same(1) & (pl.col("position").shift(1) + 1 == pl.col("position"))
    followed = _same(-1) & (pl.col("position").shift(-1) - 1 == pl.col("position"))
    starts = positions.filter(~follows.fill_null(False)).select(pl.col("position").alias("start"))
    ends = positions.filter(~followed.fill_null(False))
    last_end = pl.when(_same(1)).then(pl.col("position").shift(1)).otherwise(-1)
    runs = (
        pl.concat([starts, ends], how="horizontal")
        .with_columns(
            pl.when(_same(-1)).then(pl.col("start").shift(-1)).otherwise("n").alias("next"),
            (pl.col("n") - pl.col("position") - 1).alias("left"),
            ((pl.col("n") - pl.col("start")) / (pl.col("n") - last_end - 1)).alias("_factor"),
        )
        .with_columns(pl.col("_factor").cum_prod().over("cell").alias("survival"))
    )
    return pl.concat([before_any, runs.select("cell", "n", "start", "position", "next", "left", "survival")])


def _same(rows: int) -> pl.Expr:
    """Whether the row so many rows before (after, if negative) is of the same cell."""
    return pl.col("cell") == pl.col("cell").shift(rows)


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
    return pl.when((pl.col("start") <= last) & (last < pl.col("next"))).then(share)


def estimates(
    ladders: pl.DataFrame, covered: pl.LazyFrame, quantiles: Mapping[str, tuple[int, int]]
) -> pl.LazyFrame:
    """By cell: quantiles (smallest duration t with F(t) >= p, null if not reached), shares F(t).

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
