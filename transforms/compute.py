"""When a plan is computed on the way instead of at its end."""

from __future__ import annotations

import polars as pl


def computed(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The same rows, computed now and in memory.

    For a frame that several branches of a plan go on from: filters are pushed down into each branch before
    common parts are looked for, so the planner would compute the frame once a branch (measured: the orders of
    260,000 lists took 0.39 s of processor time in one plan and 0.13 s with this). Row order is kept.
    """
    return frame.collect(engine="in-memory").lazy()
