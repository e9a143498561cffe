"""Which limit of retail import is in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from transforms.schemas import MONEY


def in_force(limits: Sequence[tuple[str, int]], day: pl.Expr) -> pl.Expr:
    """The limit of a day in CNY, newest first; null before the first and without a day."""
    return pl.coalesce(
        pl.when(day >= date.fromisoformat(since)).then(pl.lit(value).cast(MONEY)) for since, value in limits
    )
