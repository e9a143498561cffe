"""The limits of retail import (财关税〔2016〕18号, 〔2018〕49号): dated values in CNY, declared once."""

from __future__ import annotations

from datetime import date

import polars as pl

from transforms.schemas import MONEY

#: Highest value of one purchase, from a date on.
SINGLE = ((date(2019, 1, 1), 5_000), (date(2016, 4, 8), 2_000))
#: Highest value of a buyer's purchases in a calendar year, from a date on.
ANNUAL = ((date(2019, 1, 1), 26_000), (date(2016, 4, 8), 20_000))


def in_force(limits: tuple[tuple[date, int], ...], day: pl.Expr) -> pl.Expr:
    """The limit of a day, newest first; null before the first and without a day."""
    return pl.coalesce(pl.when(day >= since).then(pl.lit(value).cast(MONEY)) for since, value in limits)
