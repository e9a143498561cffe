"""Comparing two values of which either may be missing or masked: the same, different, or not comparable."""

from __future__ import annotations

import polars as pl

from sources.contracts import MASKED


def comparable(*columns: str) -> pl.Expr:
    """All values are there and none was masked at the source."""
    return pl.all_horizontal(pl.col(each).ne_missing(MASKED) & pl.col(each).is_not_null() for each in columns)


def differ(left: str, right: str) -> pl.Expr:
    """Both can be compared and are different; what is masked is never different."""
    return comparable(left, right) & pl.col(left).ne_missing(pl.col(right))


def stated_differ(left: str, right: str) -> pl.Expr:
    """Both are stated and different; for values that are never masked."""
    return (pl.col(left) != pl.col(right)).fill_null(False)
